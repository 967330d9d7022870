"""Try the packaged program as a stranger's machine has it: a fresh Debian without Python, project or network.

    sudo .venv/bin/python packaging/smoke.py [--keep FOLDER]
    .venv/bin/python packaging/smoke.py --here [--build]

Installs the newest .deb of out/package in a new root (debootstrap), then, as somebody who is no administrator and with
only loopback up: window, starter on the embedded model, a call in a dialect of litellm's with tokens and price, keys, a
run killed and resumed, a file saved, the archive with its install script; looks where files were written, and removes
the package again. Prints what each took; ends with 0 when all went well. FOLDER keeps the root for next time.
`--here` tries the folder in out/package where it lies, without an installed package and without the keyboard;
`--build` makes it first, and says so and ends with 0 where this machine can't.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tried_here import MOST_DOWNLOAD, MOST_INSTALLED, Here
from tried_machine import HOME, SOMEBODY, Machine, wanted

ROOT = Path(__file__).resolve().parent.parent
BUILT = Path("out/package")
INSIDE = "--inside"
APART = "--apart"
ROOM = 3_000_000_000  # bytes that a build takes on the disk


def main() -> int:
    parser = argparse.ArgumentParser(description="Try the packaged program in a fresh Debian.")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--build", action="store_true")
    parser.add_argument(INSIDE, type=Path)
    parser.add_argument(APART, action="store_true")
    asked = parser.parse_args()
    os.chdir(ROOT)
    if asked.build and (reason := not_built()):
        print(f"smoke run: skipped, {reason}")
        return 0
    if asked.here:
        return here(apart=asked.apart)
    if asked.inside:
        return inside(asked.inside)
    folder = (asked.keep or Path(tempfile.mkdtemp())).resolve()
    root = folder / "root"
    try:
        install(newest("*.deb"), newest("*.tar.xz"), folder, root)
        # A network of its own in which nothing but loopback is up, and mounts that end with it.
        apart = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
        status = subprocess.run([*apart, sys.executable, __file__, INSIDE, str(root)], check=False).returncode
        if status == 0:
            remove(root)
        return status
    finally:
        if not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)


def not_built() -> str:
    """Builds what can be tried; why not, where this machine can't."""
    if sys.platform.startswith("linux"):
        missing = [
            tool for tool in ("objdump", "objcopy", "strip", "xz", "dpkg-query") if not shutil.which(tool)
        ]
        if missing:
            return f"no {', '.join(missing)} here: apt-get install binutils xz-utils"
    if sys.platform == "win32":
        from windows.installer import makensis

        try:
            makensis()
        except FileNotFoundError as error:
            return str(error)
    if shutil.disk_usage(ROOT).free < ROOM:
        return f"less than {ROOM / 1e9:.0f} GB free"
    import bundle

    try:
        bundle.timed("environment", bundle.environment)
    except (subprocess.CalledProcessError, OSError) as error:
        return f"what builds it could not be fetched: {error}"
    bundle.build(for_trying=True)
    return ""


def here(*, apart: bool) -> int:
    """Tries what lies in out/package, without a network where this machine can take it away from a process."""
    alone = ["unshare", "--net", *([] if os.name == "nt" or os.geteuid() == 0 else ["--map-root-user"])]
    if not apart and shutil.which("unshare") and can([*alone, "true"]):
        return subprocess.run([*alone, sys.executable, __file__, "--here", APART], check=False).returncode
    if apart:
        loopback_up()
    print(f"network: {'only loopback' if apart else 'as it is, it can not be taken away here'}", flush=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        try_out(Here(BUILT.resolve(), Path(folder).resolve()))
    return 0


def can(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def loopback_up() -> None:
    """Without the program `ip`, which small machines don't have."""
    import fcntl
    import socket
    import struct

    set_flags, up_and_running = 0x8914, 0x41
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        fcntl.ioctl(asked, set_flags, struct.pack("16sh14x", b"lo", up_and_running))


def newest(names: str) -> Path:
    return max(BUILT.glob(names), key=lambda path: path.stat().st_mtime)


def install(package: Path, archive: Path, folder: Path, root: Path) -> None:
    """A fresh Debian with the package in it and the archive unpacked, and nothing that could run Python."""
    untouched = folder / "untouched"
    if not untouched.is_dir():
        quietly(["debootstrap", "--variant=minbase", "bookworm", f"{untouched}.part"])
        Path(f"{untouched}.part").rename(untouched)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", str(untouched), str(root)], check=True)
    for name in ("resolv.conf", "hosts"):
        shutil.copyfile(f"/etc/{name}", root / "etc" / name)
    shutil.copyfile(package, root / "root/baton.deb")
    begun = time.monotonic()
    chroot(root, "apt-get", "-qq", "update")
    chroot(root, "apt-get", "-qq", "install", "--yes", "--no-install-recommends", "/root/baton.deb")
    megabytes = sum(p.lstat().st_size for p in (root / "usr/lib/baton").rglob("*") if not p.is_dir()) / 1e6
    download = package.stat().st_size / 1e6
    said("installed", begun, f"{megabytes:.0f} MB from a download of {download:.0f} MB")
    wanted(megabytes <= MOST_INSTALLED and download <= MOST_DOWNLOAD, "it is larger than it may be")
    wanted(not any((root / "usr/bin").glob("python3*")), "there is a Python in the root")
    chroot(root, "useradd", f"--uid={SOMEBODY}", "--create-home", f"--home-dir={HOME}", "somebody")
    quietly(["tar", "--extract", f"--file={archive}", f"--directory={root}{HOME}"])


def remove(root: Path) -> None:
    """Takes the package away again; what a person made stays."""
    begun = time.monotonic()
    chroot(root, "dpkg", "--remove", "baton")
    wanted(not (root / "usr/lib/baton").exists(), "the program's folder is still there")
    wanted((root / HOME[1:] / "saved.baton.json").is_file(), "the person's file went with it")
    said("removed", begun, "the person's files are still there")


def inside(root: Path) -> int:
    """What happens without a network: each piece in turn."""
    loopback_up()
    for kind, place in (("proc", "proc"), ("tmpfs", "dev/shm")):
        (root / place).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, str(root / place)], check=True)
    try_out(Machine(root))
    return 0


def try_out(machine: Machine) -> None:
    """Each piece in turn, with what came out and how long it took."""
    for name, piece in machine.pieces().items():
        begun = time.monotonic()
        said(name, begun, piece())


def said(what: str, begun: float, came_out: str) -> None:
    print(f"{what}: {came_out} ({time.monotonic() - begun:.1f} s)", flush=True)


def chroot(root: Path, *command: str) -> None:
    quietly(["chroot", str(root), "env", "DEBIAN_FRONTEND=noninteractive", *command])


def quietly(command: list[str]) -> None:
    """Runs a program whose output matters only where it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    wanted(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())

"""Build what people install on this system from this checkout, into out/package, and say how long and how large.

An environment of its own (`.venv-package`, from packaging/package.lock) holds what the program needs and the tools that
build it, so nothing of the tests can get in.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

from bootstrap import ROOT, install, run
from fetch_uv import child_environment, uv_ready

ENVIRONMENT = Path(".venv-package")
LOCK = "packaging/package.lock"
SPEC = "packaging/pyinstaller.spec"
OUT = Path("out/package")
FOLDER = OUT / "baton"
WORK = Path("out/package-work")
NOTICE = WORK / "NOTICE"  # where the recipe looks for it
ICONS = WORK / "icons"
PARTS = OUT / "baton-parts.cdx.json"
MB = 1_000_000


def main() -> int:
    os.chdir(ROOT)
    timed("environment", environment)
    build()
    return 0


def build(*, for_trying: bool = False) -> None:
    """Everything; `for_trying`: what the smoke run needs, of several packages around the program only the last."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    WORK.mkdir(exist_ok=True)
    timed("licences", licences)
    timed("icons", lambda: run([python(), "packaging/icons.py", str(ICONS)], dict(os.environ)))
    timed("program", program)
    print(f"  {FOLDER}: {size_of(FOLDER) / MB:.0f} MB")
    makers = list(installers().items())
    for name, make in makers[-1:] if for_trying else makers:
        timed(name, make)
    for made in sorted(path for path in OUT.iterdir() if path.is_file()):
        print(f"  {made}: {made.stat().st_size / MB:.0f} MB, SHA-256 {digest_of(made)}", flush=True)


def timed(name: str, work: Callable[[], object]) -> None:
    """Do one piece of the work and say how long it took."""
    begun = time.monotonic()
    work()
    print(f"{name}: {time.monotonic() - begun:.0f} s", flush=True)


def python() -> str:
    """The interpreter of the environment that builds."""
    return str(ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))


def environment() -> None:
    """Make or bring up to date the environment that builds."""
    variables = child_environment()
    uv = uv_ready(variables)
    if not Path(python()).is_file():
        run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)], variables)
    install(uv, variables, python(), LOCK)


def licences() -> None:
    """Collect the licences of all parts, and list the parts; stops where one may not be in the program."""
    dated = {**child_environment(), "SOURCE_DATE_EPOCH": commit_time()}
    run([python(), "packaging/parts.py", str(NOTICE), str(PARTS)], dated)


def program() -> None:
    """Make the one folder that holds everything."""
    where = ["--distpath", str(OUT), "--workpath", str(WORK), "--noconfirm", "--log-level", "WARN"]
    # The same names in the same order each time: two builds of one commit can be compared.
    # litellm is imported to be looked through, and would ask the network for newer prices.
    fixed = {
        **child_environment(),
        "PYTHONHASHSEED": "1",
        "SOURCE_DATE_EPOCH": commit_time(),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    run([python(), "-m", "PyInstaller", *where, SPEC], fixed)


def installers() -> dict[str, Callable[[], object]]:
    """What this system's people are used to, by name."""
    if sys.platform == "win32":
        from windows.installer import make_installer

        return {"installer": lambda: make_installer(FOLDER, OUT, ICONS / "baton.ico", version())}
    if sys.platform == "darwin":
        from macos.disk_image import make_disk_image

        return {
            "disk image": lambda: make_disk_image(OUT / "Baton.app", OUT, ICONS / "baton.icns", version())
        }
    from linux.archive import make_archive
    from linux.debian_package import make_debian_package

    return {
        "Debian package": lambda: make_debian_package(FOLDER, ICONS, OUT, version(), commit_time()),
        "archive": lambda: make_archive(FOLDER, ICONS, OUT, commit_time()),
    }


def version() -> str:
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def commit_time() -> str:
    """When the checked out commit was made, in seconds; now, outside of a checkout."""
    asked = subprocess.run(["git", "log", "-1", "--format=%ct"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or str(int(time.time()))


def size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    sys.exit(main())

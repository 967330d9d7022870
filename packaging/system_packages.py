"""Find the system's libraries and programs that Baton needs, install the missing ones, or name them in one line.

Called as `system_packages.py PURPOSE`, where PURPOSE is `run` (the embedded model),
`picture` (drawing without a screen), `window`, `tests` or `package`; each includes the ones before it. Ends with 0 when
all are there. Only Linux has something to do: on macOS Qt's wheels need nothing more.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

# What must be there -> the package that holds it in Debian and Ubuntu. Newer releases call some of them by
# another name (libglib2.0-0t64) that provides the old one, so apt finds those by the old name as well.
RUN = {
    "libgomp.so.1": "libgomp1",
}
PICTURE = {
    **RUN,
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOW = {
    **PICTURE,
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
TESTS = {
    **WINDOW,
    "Xvfb": "xvfb",
    "openbox": "openbox",
    "xdotool": "xdotool",
    "NotoSansCJK-Regular.ttc": "fonts-noto-cjk",
    "makensis": "nsis",
    "gio": "libglib2.0-bin",
    "update-mime-database": "shared-mime-info",
    "update-desktop-database": "desktop-file-utils",
}
PACKAGE = {
    **TESTS,
    "objdump": "binutils",
    "xz": "xz-utils",
    "strace": "strace",
}
PURPOSES = {
    "run": ("run a model on this machine", RUN),
    "picture": ("draw a picture of the canvas", PICTURE),
    "window": ("open the window", WINDOW),
    "tests": ("run the tests that need a screen", TESTS),
    "package": ("build the package and try all of it", PACKAGE),
}


def main(purpose: str) -> int:
    to_what_end, needs = PURPOSES[purpose]
    if not sys.platform.startswith("linux"):
        return 0
    missing = [need for need in needs if not is_there(need)]
    if not missing or install([needs[need] for need in missing]):
        return 0
    if shutil.which("apt-get"):
        how = "sudo apt-get install " + " ".join(needs[need] for need in missing)
    else:
        how = "install " + ", ".join(missing) + " from your system's packages"
    print(f"To {to_what_end}: {how}", file=sys.stderr)
    return 1


def is_there(need: str) -> bool:
    if need.endswith(".ttc"):
        return any(Path("/usr/share/fonts").rglob(need))
    if ".so." not in need:
        return shutil.which(need) is not None
    try:
        ctypes.CDLL(need)
    except OSError:
        return False
    return True


def install(packages: list[str]) -> bool:
    """Install Debian packages; False where this machine or this person can't, or where it fails."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print("Installing system packages: " + " ".join(packages), flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt_get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=120"]
    subprocess.run([*apt_get, "update"], env=environment, check=False)
    command = [*apt_get, "install", "--yes", "--no-install-recommends", *packages]
    return subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

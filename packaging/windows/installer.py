"""The installer for Windows: the program's folder in one file, made by makensis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import icons
from windows.version_block import four_numbers

RECIPE = Path(__file__).resolve().parent / "installer.nsi"
USUAL_PLACE = Path("NSIS/makensis.exe")  # below Program Files, where its own installer puts it


def make_installer(folder: Path, out: Path, icon: Path, version: str) -> Path:
    """Gives the installer's path; its picture lies beside the icon. Raises FileNotFoundError without makensis, and
    subprocess.CalledProcessError.
    """
    made = (out / f"baton-{version}-windows-x64.exe").resolve()
    given = {
        "VERSION": version,
        "NUMBERS": ".".join(map(str, four_numbers(version))),
        "PAYLOAD": str(folder.resolve()),
        "ICON": str(icon.resolve()),
        "SIDE": str(icon.resolve().with_name(icons.SIDE)),
        "OUT": str(made),
        # The makensis of Debian can make an installer of 64 bits, Windows' own runs everywhere with 32.
        **({} if sys.platform == "win32" else {"TARGET": "amd64-unicode"}),
    }
    defined = [f"-D{name}={value}" for name, value in given.items()]
    subprocess.run([makensis(), "-V2", "-WX", "-INPUTCHARSET", "UTF8", *defined, str(RECIPE)], check=True)
    return made


def makensis() -> str:
    found = shutil.which("makensis")
    if found is None and sys.platform == "win32":
        below = Path(os.environ.get("PROGRAMFILES(X86)", "C:/Program Files (x86)"))
        found = str(below / USUAL_PLACE) if (below / USUAL_PLACE).is_file() else None
    if found is None:
        raise FileNotFoundError("makensis is not installed: it comes with NSIS 3")
    return found

"""The .deb: the program's folder under /usr/lib, its name in the path, its entry in the menus, its file type."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from linux.menu_entry import copy, put_menu_entry

# What the folder doesn't bring along: the C library, graphics drivers and fonts belong to the system.
NEEDS = (
    *("libc6 (>= 2.36)", "libegl1", "libgl1", "libfontconfig1"),
    *("libxcb-cursor0", "libxkbcommon-x11-0", "libdbus-1-3"),
)
RECOMMENDS = ("fonts-noto-cjk", "gnome-keyring | kwalletmanager")


def make_debian_package(folder: Path, icons: Path, out: Path, version: str, made_at: str) -> Path:
    """Gives the package's path; `made_at` in seconds is when everything in it was made.

    Raises subprocess.CalledProcessError, and FileNotFoundError without dpkg-deb.
    """
    root = out / "deb"
    shutil.rmtree(root, ignore_errors=True)
    program = root / "usr/lib/baton"
    shutil.copytree(folder, program, symlinks=True)
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/baton").symlink_to("../lib/baton/baton")
    put_menu_entry(root / "usr/share", icons)
    copy(next(program.rglob("NOTICE")), root / "usr/share/doc/baton/copyright")
    (root / "DEBIAN").mkdir()
    (root / "DEBIAN/control").write_text(control(size_of(program), version), "utf-8")
    made = out / f"baton_{as_debian(version)}_{architecture()}.deb"
    subprocess.run(
        ["dpkg-deb", "--build", "--root-owner-group", "-Zxz", "-z3", str(root), str(made)],
        env={**os.environ, "SOURCE_DATE_EPOCH": made_at},
        check=True,
    )
    shutil.rmtree(root)
    return made


def control(size: int, version: str) -> str:
    """The package's description; `size` in KiB is what it takes once installed."""
    return "\n".join(
        [
            "Package: baton",
            f"Version: {as_debian(version)}",
            f"Architecture: {architecture()}",
            "Maintainer: The Baton authors <noreply@baton.invalid>",
            f"Installed-Size: {size}",
            f"Depends: {', '.join(NEEDS)}",
            f"Recommends: {', '.join(RECOMMENDS)}",
            "Section: utils",
            "Priority: optional",
            "Description: put a team of AI models to work on a canvas",
            " Drag steps onto a canvas, join them, press Run, and see at every step what it",
            " read, what it wrote, how long it took and what it cost. Works at once, without",
            " a key and without a network, on a small model that comes with it.",
            "",
        ]
    )


def as_debian(version: str) -> str:
    """Debian sorts what follows a tilde before the release itself."""
    return re.sub(r"(rc|a|b)(\d+)$", r"~\1\2", version)


def architecture() -> str:
    asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def size_of(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if not path.is_dir()) // 1024 + 1

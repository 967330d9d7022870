"""What makes a program part of a Linux desktop: its entry in the menus, its file type and its icons."""

from __future__ import annotations

import shutil
from pathlib import Path

HERE = Path("packaging/linux")
PLACES = {
    HERE / "baton.desktop": "applications/baton.desktop",
    HERE / "baton.xml": "mime/packages/baton.xml",
    Path("resources/icons/baton.svg"): "icons/hicolor/scalable/apps/baton.svg",
}


def put_menu_entry(share: Path, icons: Path) -> None:
    """Into a folder like /usr/share; `icons` has the pictures of packaging/icons.py."""
    for source, place in PLACES.items():
        copy(source, share / place)
    for picture in (icons / "hicolor").iterdir():
        size = picture.stem
        copy(picture, share / f"icons/hicolor/{size}x{size}/apps/baton.png")


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)

"""Shows a folder in the system's file manager."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices


def show_folder(folder: Path) -> None:
    """Does nothing where the system has no file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

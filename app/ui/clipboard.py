"""The clipboard: steps as a small workflow file, so that they can go to another window or a text."""

from __future__ import annotations

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

MIME = "application/x-baton-fragment"


def put(fragment: bytes) -> None:
    """Puts a fragment on the clipboard; other programs see its text."""
    data = QMimeData()
    data.setData(MIME, fragment)
    data.setText(fragment.decode("utf-8"))
    QGuiApplication.clipboard().setMimeData(data)


def take() -> bytes | None:
    """A fragment, or text that could be one; None where there is neither."""
    data = QGuiApplication.clipboard().mimeData()
    if data is None:  # pyright: ignore[reportUnnecessaryComparison] - before anything was copied
        return None
    if data.hasFormat(MIME):
        return bytes(data.data(MIME).data())
    words = data.text() if data.hasText() else ""
    return words.encode("utf-8", "replace") if words.lstrip().startswith("{") else None


def holds_something() -> bool:
    """Whether there may be something to paste; cheap, so that menus can ask often."""
    data = QGuiApplication.clipboard().mimeData()
    return data is not None and (data.hasFormat(MIME) or data.hasText())  # pyright: ignore[reportUnnecessaryComparison] - None before anything was copied

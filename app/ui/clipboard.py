"""The clipboard: steps as the text of a small workflow file, so that they can go to another window or a mail."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication


def put(fragment: bytes) -> None:
    """Puts a fragment on the clipboard."""
    # As text and not as a type of our own: Qt keeps what it made itself until the very end of the program,
    # and data made here would then be asked after by a Python that is gone.
    QGuiApplication.clipboard().setText(fragment.decode("utf-8"))


def take() -> bytes | None:
    """Text that could be a fragment; None where there is none."""
    words = QGuiApplication.clipboard().text()
    return words.encode("utf-8", "replace") if words.lstrip().startswith("{") else None


def holds_something() -> bool:
    """Whether there may be something to paste; cheap, so that menus can ask often."""
    data = QGuiApplication.clipboard().mimeData()
    return data is not None and data.hasText()  # pyright: ignore[reportUnnecessaryComparison] - None before anything was copied

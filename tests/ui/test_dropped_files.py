"""A file dragged onto the window opens; anything else goes where it went before."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.dropped_files import DroppedFiles

BUTTON, KEYS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drag_onto(widget: QWidget, *urls: str) -> bool:
    """Whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl(url) for url in urls])
    action = Qt.DropAction.CopyAction
    enter = QDragEnterEvent(QPointF(5, 5), action, data, BUTTON, KEYS)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    drop = QDropEvent(QPointF(5, 5), action, data, BUTTON, KEYS)
    QApplication.sendEvent(widget, drop)
    return drop.isAccepted()


@pytest.mark.parametrize(
    ("urls", "opened"),
    [
        (["file:///home/me/a%20b.baton.json"], ["/home/me/a b.baton.json"]),
        (["file:///home/me/a.baton"], ["/home/me/a.baton"]),
        (["file:///notes.txt", "file:///x.JSON"], ["/x.JSON"]),
        (["file:///picture.png"], []),
        (["https://example.org/x.baton.json"], []),
        ([], []),
    ],
)
def test_workflow_files_are_opened_and_nothing_else(urls: list[str], opened: list[str], qtbot: QtBot) -> None:
    taken: list[Path] = []
    window = QWidget()
    qtbot.addWidget(window)
    DroppedFiles(window, taken.extend)
    assert drag_onto(window, *urls) is bool(opened)
    assert [path.as_posix() for path in taken] == opened

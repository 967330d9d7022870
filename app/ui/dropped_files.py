"""Files that are dragged from the system's file manager onto the window: the first of them is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QWidget

from app.document.file_names import OPENED


class DroppedFiles(QObject):
    """Looks at what nothing inside the window wanted; a step's own field for a file comes first."""

    def __init__(self, window: QWidget, receive: Callable[[Sequence[Path]], object]) -> None:
        super().__init__(window)
        self._receive = receive
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DragEnter:
            drag = cast("QDragEnterEvent", event)
            if files_of(drag.mimeData()):
                drag.acceptProposedAction()
                return True
        elif event.type() == QEvent.Type.Drop:
            drop = cast("QDropEvent", event)
            if files := files_of(drop.mimeData()):
                drop.acceptProposedAction()
                self._receive(files)
                return True
        return super().eventFilter(watched, event)


def files_of(data: QMimeData) -> list[Path]:
    """The workflow files among what is dragged, by their ending: nothing is read before the person lets go."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.name.lower().endswith(OPENED)]

"""The one browser of rich text in this program: it draws words and fetches nothing, wherever that may lie."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QTextBrowser, QWidget


class TextBrowser(QTextBrowser):
    """Links are told of by `anchorClicked` and never opened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        # Where nothing is given, Qt goes and looks for itself: in files, and by way of a name like //server/share/x.png
        # in the network. So there is always something, of which nothing is seen.
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(0)
        return nothing

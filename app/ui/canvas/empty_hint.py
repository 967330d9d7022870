"""EmptyHint: what an empty canvas says in its middle."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.widgets.plain_label import PlainLabel


class EmptyHint(QWidget):
    """One sentence and the one button that fills the canvas."""

    wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = PlainLabel("", "heading")
        self._words = PlainLabel("", "muted")
        self._button = QPushButton()
        self._button.setProperty("kind", "primary")
        self._button.clicked.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        for part in (self._title, self._words, self._button):
            column.addWidget(part, alignment=Qt.AlignmentFlag.AlignHCenter)
        appearance().changed.connect(self._name)
        self._name()

    def _name(self) -> None:
        self._title.setText(text("canvas.empty.title"))
        self._words.setText(text("canvas.empty.words"))
        self._button.setText(text("canvas.empty.button"))
        self._button.setIcon(icon("plus", appearance().theme.on_accent, size=16))
        self.adjustSize()

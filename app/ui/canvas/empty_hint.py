"""EmptyHint: what an empty canvas says in its middle."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QLayout, QPushButton, QVBoxLayout, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.icons import icon
from app.ui.widgets.plain_label import PlainLabel


class EmptyHint(QWidget):
    """One sentence and the one button that fills the canvas; below it what else the window offers."""

    wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = PlainLabel("", "heading")
        self._words = PlainLabel("", "muted")
        self._button = QPushButton()
        self._button.setProperty("kind", "primary")
        self._button.clicked.connect(self.wanted)
        self._more: QWidget | None = None
        column = self._column = QVBoxLayout(self)
        column.setSpacing(10)
        column.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)  # it grows with what is more
        for part in (self._title, self._words, self._button):
            column.addWidget(part, alignment=Qt.AlignmentFlag.AlignHCenter)
        appearance().changed.connect(self._name)
        self._name()

    def add_more(self, more: QWidget) -> None:
        """Something below the button."""
        self._more = more
        self._column.addWidget(more, alignment=Qt.AlignmentFlag.AlignHCenter)

    def fit(self, room: QSize, *, inside: bool) -> None:
        """What is more leaves where there is no room, and inside of a frame, where no other workflow fits."""
        if self._more is not None:
            parts = (self._title, self._words, self._button, self._more)
            height = sum(part.sizeHint().height() + self._column.spacing() for part in parts)
            fits = height <= room.height() and self._more.width() <= room.width()
            self._more.setVisible(fits and not inside)
        self.adjustSize()

    @property
    def foot(self) -> QPoint:
        """Where a list of steps opens, on the screen."""
        return self._button.mapToGlobal(QPoint(0, self._button.height() + 4))

    def _name(self) -> None:
        self._title.setText(text("canvas.empty.title"))
        self._words.setText(text("canvas.empty.words"))
        self._button.setText(text("canvas.empty.button"))
        self._button.setIcon(icon("plus", appearance().theme.on_accent, size=16))
        self.adjustSize()

"""EmptyNote: what stands in a place that has nothing to show yet: one sentence and the one button that fills it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.widgets.plain_label import PlainLabel


class EmptyNote(QWidget):
    """`pressed`: the button. Without words for it there is none."""

    pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = PlainLabel(role="muted", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = QPushButton()
        self.button.clicked.connect(self.pressed)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 8, 20, 20)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self.words)
        column.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)

    def show_words(self, words: str, button: str = "") -> None:
        self.words.setText(words)
        self.button.setText(button)
        self.button.setVisible(bool(button))

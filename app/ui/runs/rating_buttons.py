"""Two thumbs: what a person says of a result."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.hindsight.labels import LabelWord
from app.texts import text
from app.ui.appearance import appearance
from app.ui.widgets.icon_button import IconButton

_THUMBS: tuple[tuple[LabelWord, str], ...] = (("good", "thumbs-up"), ("bad", "thumbs-down"))


class RatingButtons(QWidget):
    """Emits `rated(word)`: "good", "bad", or "" where the word that was said is taken back."""

    rated = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.buttons: dict[LabelWord, IconButton] = {}
        for word, glyph in _THUMBS:
            button = IconButton(glyph, "", 16)
            button.setCheckable(True)
            button.clicked.connect(partial(self._press, word))
            row.addWidget(button)
            self.buttons[word] = button
        appearance().changed.connect(self._retext)
        self._retext()

    def show_word(self, word: str) -> None:
        """What the person has said; empty: nothing yet."""
        for own, button in self.buttons.items():
            button.setChecked(own == word)

    def _press(self, word: LabelWord) -> None:
        said = word if self.buttons[word].isChecked() else ""
        self.show_word(said)
        self.rated.emit(said)

    def _retext(self) -> None:
        for word, button in self.buttons.items():
            button.set_label(text(f"runs.rate.{word}"))

"""Strips over the canvas: calm lines that say what is the matter and hold the buttons that mend it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon


@dataclass(frozen=True, slots=True)
class StripButton:
    """What a person can do about it; the first of a strip stands out."""

    words: Callable[[], str]
    pressed: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Strip:
    """`tone` is quiet, warning or error. Words are asked again when the language changes.

    `stays`: it goes only when its cause goes, so it has no button to close it.
    """

    icon: str
    tone: str
    words: Callable[[], str]
    buttons: Sequence[StripButton] = ()
    stays: bool = False


class Strips(QWidget):
    """Shows strips by name, one a name; nothing at all where there are none."""

    def __init__(self, close_words: Callable[[], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._close_words = close_words
        self._shown: dict[str, tuple[Strip, QWidget]] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.hide()

    def show_strip(self, name: str, strip: Strip) -> None:
        """Shows a strip, in place of an earlier one of this name."""
        self.drop(name)
        row = self._row(name, strip)
        self._shown[name] = (strip, row)
        self._layout.addWidget(row)
        self.show()

    def drop(self, name: str) -> None:
        """Takes a strip away if it is there."""
        if name in self._shown:
            self._shown.pop(name)[1].deleteLater()
        self.setVisible(bool(self._shown))

    def has(self, name: str) -> bool:
        return name in self._shown

    def words(self) -> list[str]:
        """What stands on the strips now, top to bottom."""
        return [strip.words() for strip, _ in self._shown.values()]

    def retext(self) -> None:
        """Says everything again in the language of now."""
        for name, (strip, _) in list(self._shown.items()):
            self.show_strip(name, strip)

    def _row(self, name: str, strip: Strip) -> QWidget:
        row = QFrame(self)
        row.setObjectName(f"strip.{name}")
        vary(
            row,
            role={"quiet": "banner-quiet", "warning": "strip-warning", "error": "strip-error"}[strip.tone],
        )
        layout = QHBoxLayout(row)
        layout.setContentsMargins(16, 7, 10, 7)
        layout.setSpacing(10)
        layout.addWidget(StateIcon(strip.icon, {"quiet": "waiting"}.get(strip.tone, strip.tone)))
        words = PlainLabel(strip.words(), "label", wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout.addWidget(words, 1)
        for button in strip.buttons:
            press = QPushButton(button.words())
            vary(press, kind="small")
            press.clicked.connect(partial(_press, button))
            layout.addWidget(press)
        if not strip.stays:
            close = IconButton("x", self._close_words(), 16)
            close.clicked.connect(partial(self.drop, name))
            layout.addWidget(close)
        return row


def _press(button: StripButton) -> None:
    button.pressed()

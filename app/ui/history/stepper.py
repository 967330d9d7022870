"""The stepper: goes through a run from its first moment to its last."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from app.texts import text
from app.ui.appearance import appearance
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class Stepper(QWidget):
    """Emits `moved(stop)`: the person wants to see this moment."""

    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first = IconButton("skip-back", "", 16)
        self._back = IconButton("chevron-left", "", 16)
        self._on = IconButton("chevron-right", "", 16)
        self._last = IconButton("skip-forward", "", 16)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("history.slider")
        self.slider.setPageStep(10)
        self._place = PlainLabel(role="small")
        self._words = ElidedLabel(role="label")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 16, 6)
        row.setSpacing(6)
        for part in (self._first, self._back, self._on, self._last):
            row.addWidget(part)
        row.addWidget(self.slider, 1)
        row.addWidget(self._place)
        row.addSpacing(6)
        row.addWidget(self._words, 1)
        self.slider.valueChanged.connect(self._move)
        self._first.clicked.connect(lambda: self.slider.setValue(0))
        self._back.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self._on.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        self._last.clicked.connect(lambda: self.slider.setValue(self.slider.maximum()))
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def show_length(self, stops: int) -> None:
        """A run of so many moments, shown at its end."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, stops - 1))
        self.slider.setValue(self.slider.maximum())
        self.slider.blockSignals(False)
        self._show_place()

    def say(self, words: str) -> None:
        """What has just happened."""
        self._words.setText(words)
        self.slider.setAccessibleDescription(self._words.text())

    def retranslate(self) -> None:
        for button, code in (
            (self._first, "first"),
            (self._back, "back"),
            (self._on, "on"),
            (self._last, "last"),
        ):
            button.set_label(text(f"history.step.{code}"))
        self.slider.setAccessibleName(text("history.step.slider"))
        self._show_place()

    def _move(self, stop: int) -> None:
        self._show_place()
        self.moved.emit(stop)

    def _show_place(self) -> None:
        at, last = self.slider.value(), self.slider.maximum()
        for button in (self._first, self._back):
            button.setEnabled(at > 0)
        for button in (self._on, self._last):
            button.setEnabled(at < last)
        self._place.setText(text("history.step.place", at=at + 1, n=last + 1))

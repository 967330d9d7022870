"""The model chips: filters of the model list in words, each with how many models it leaves."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app.adapters.model_filters import FILTERS, Filter, passes
from app.adapters.shelf import ModelLine, Shelf
from app.texts import text
from app.ui.inspector.editors.editor import line
from app.ui.plain import tooltip
from app.ui.style_sheet import vary


class ModelChips(QWidget):
    """Emits `changed` when the person picks or drops one; all that are picked must hold."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[Filter, QPushButton] = {name: QPushButton() for name in FILTERS}
        row = line(6)
        for button in self.buttons.values():
            button.setCheckable(True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            vary(button, kind="filter")
            button.clicked.connect(self.changed)
            row.addWidget(button)
        row.addStretch()
        self.setLayout(row)

    @property
    def wanted(self) -> frozenset[Filter]:
        return frozenset(name for name, button in self.buttons.items() if button.isChecked())

    def clear(self) -> None:
        """Drops all of them, without telling."""
        for button in self.buttons.values():
            button.setChecked(False)

    def show_counts(self, models: list[ModelLine], shelf: Shelf) -> None:
        """How many each leaves beside those that are picked; one that leaves none can't be picked."""
        for name, button in self.buttons.items():
            n = sum(passes(model, {*self.wanted, name}, shelf) for model in models)
            button.setText(text("model.filter.counted", name=text(f"model.filter.{name}"), n=n))
            button.setToolTip(tooltip(text(f"model.filter.{name}.rule")))
            button.setAccessibleDescription(text(f"model.filter.{name}.rule"))
            button.setEnabled(bool(n) or button.isChecked())

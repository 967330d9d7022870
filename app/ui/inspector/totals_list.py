"""The totals list: names with what they cost, for groups and for several steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from app.ui.inspector.editors.editor import empty
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


@dataclass(frozen=True, slots=True)
class Total:
    """One line."""

    name: str
    facts: str
    cost: str


class TotalsList(QWidget):
    """Costs stand at the right end, under each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[Total, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(0, 1)

    def show_totals(self, totals: Sequence[Total]) -> None:
        """Shows other lines; the same ones are left alone."""
        self.setVisible(bool(totals))
        if tuple(totals) == self._shown:
            return
        self._shown = tuple(totals)
        empty(self._grid)
        for row, total in enumerate(totals):
            self._grid.addWidget(ElidedLabel(total.name, "body"), row, 0)
            self._grid.addWidget(PlainLabel(total.facts, "small"), row, 1)
            self._grid.addWidget(PlainLabel(total.cost, "strong"), row, 2, Qt.AlignmentFlag.AlignRight)

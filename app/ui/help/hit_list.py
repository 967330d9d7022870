"""The list of what a search in Help has found: page, heading and the words around."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStackedWidget, QVBoxLayout, QWidget

from app.guide.search import Hit
from app.texts import text
from app.ui.widgets.plain_label import ElidedLabel, PlainLabel


class HitList(QStackedWidget):
    """Emits `chosen(Hit)`."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hits: Sequence[Hit] = ()
        self.list = QListWidget()
        self.list.setProperty("role", "bare")
        self.list.setWordWrap(True)
        self.list.itemClicked.connect(self.choose)
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._nothing.setContentsMargins(22, 18, 22, 0)
        empty = QWidget()
        column = QVBoxLayout(empty)
        column.addWidget(self._nothing)
        column.addStretch(1)
        self.addWidget(self.list)
        self.addWidget(empty)

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Lists them; says so where there are none."""
        self._hits = hits
        self.list.setAccessibleName(text("help.found"))
        self.list.clear()
        for hit in hits:
            row = _row(hit)
            item = QListWidgetItem()
            item.setSizeHint(row.sizeHint())
            self.list.addItem(item)
            self.list.setItemWidget(item, row)
        self.list.setCurrentRow(0)
        self._nothing.setText(text("help.nothing"))
        self.setCurrentIndex(0 if hits else 1)

    def step(self, event: QKeyEvent) -> None:
        """A key that moves in the list, typed elsewhere."""
        self.list.keyPressEvent(event)

    def choose(self) -> None:
        """Takes the one that is picked."""
        if 0 <= self.list.currentRow() < len(self._hits):
            self.chosen.emit(self._hits[self.list.currentRow()])


def _row(hit: Hit) -> QWidget:
    row = QWidget()
    column = QVBoxLayout(row)
    column.setContentsMargins(10, 8, 10, 8)
    column.setSpacing(2)
    column.addWidget(ElidedLabel(f"{hit.title} › {hit.heading}" if hit.heading else hit.title, "strong"))
    column.addWidget(ElidedLabel(hit.excerpt, "muted"))
    return row

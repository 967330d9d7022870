"""The card group: a heading, the cards below it, and a sentence where there is none."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.inspector.editors.editor import column, empty, line
from app.ui.widgets.plain_label import PlainLabel


class CardGroup(QWidget):
    """`head` takes what stands beside the title, `foot` what stands below the cards."""

    def __init__(self) -> None:
        super().__init__()
        self.title = PlainLabel(role="small")
        self.empty = PlainLabel(role="muted", wrap=True)
        self.empty.hide()
        self.head = line(8)
        self.head.addWidget(self.title, 1)
        holder, below = QWidget(), QWidget()
        self._cards = column(holder, 8)
        self.foot = column(below, 8)
        inside = column(self, 8)
        inside.addLayout(self.head)
        for part in (self.empty, holder, below):
            inside.addWidget(part)

    @property
    def cards(self) -> list[QWidget]:
        found = [self._cards.itemAt(at) for at in range(self._cards.count())]
        return [card for item in found if item and (card := item.widget())]

    @property
    def is_empty(self) -> bool:
        return not self._cards.count()

    def add(self, card: QWidget) -> None:
        self._cards.addWidget(card)

    def clear(self) -> None:
        """Takes all cards away."""
        empty(self._cards)

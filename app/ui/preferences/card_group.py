"""The card group: a heading, the cards below it, and a sentence where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtWidgets import QFrame, QWidget

from app.ui.inspector.editors.editor import column, empty, line
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class CardGroup(QWidget):
    """`head` takes what stands beside the title, `foot` what stands below the cards. Without a role for it there is no
    title.
    """

    def __init__(self, title_role: str = "small") -> None:
        super().__init__()
        self.title = PlainLabel(role=title_role)
        self.title.setVisible(bool(title_role))
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

    def show_cards(self, cards: Iterable[QWidget]) -> None:
        """These in place of those before; the sentence where there is none."""
        self.clear()
        for card in cards:
            self.add(card)
        self.empty.setVisible(self.is_empty)

    def clear(self) -> None:
        """Takes all cards away."""
        empty(self._cards)


def card_of(words: Sequence[QWidget], *controls: QWidget, below: QWidget | None = None) -> QFrame:
    """A card: lines of words, what can be done with it at their right, and what else there is to say below."""
    card, left = QFrame(), QWidget()
    vary(card, role="card")
    lines = column(left, 2)
    for label in words:
        lines.addWidget(label)
    row = line(8)
    row.addWidget(left, 1)
    for control in controls:
        row.addWidget(control)
    inside = column(card, 6)
    inside.setContentsMargins(16, 12, 16, 12)
    inside.addLayout(row)
    if below is not None:
        inside.addWidget(below)
    return card

"""The editor of rows: cards that fold to one sentence each, added, removed and put in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import RowsField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column
from app.ui.inspector.editors.row_card import RowCard
from app.ui.inspector.editors.wanted import Wanted


class RowsEditor(Editor):
    """For `RowsField`. Alt+Up and Alt+Down move a row, Delete on its head removes it."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        field = cast("RowsField", spec.field)
        self._item = field.item
        self._cards: list[RowCard] = []
        self._add = QPushButton(self)
        self._add.setProperty("kind", "link")
        self._add.clicked.connect(self.add)
        layout = column(self, 6)
        holder = QWidget()
        self._stack = column(holder, 6)
        layout.addWidget(holder)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self._add)
        self.retranslate()

    @property
    def cards(self) -> Sequence[RowCard]:
        return self._cards

    def show_value(self, value: Json) -> None:
        if _rows(value) == _rows(self.given) and len(self._cards) == len(_rows(value)):
            self.given = value
            return
        self.given = value
        rows = _rows(value)
        while len(self._cards) > len(rows):
            self._drop_card(self._cards[-1])
        for card, row in zip(self._cards, rows, strict=False):
            card.show_row(row)
        for row in rows[len(self._cards) :]:
            self._new_card(row, opened=len(rows) == 1)
        self._number()

    def retranslate(self) -> None:
        self._add.setText(text("inspector.rows.add", item=self.texts.item(self.spec, self._item)))
        for card in self._cards:
            card.retranslate()
        self._number()

    def refresh(self) -> None:
        for card in self._cards:
            card.refresh()

    def add(self) -> None:
        """A new row at the end, opened for typing."""
        card = self._new_card({}, opened=True)
        self._number()
        self.chosen([*_rows(self.given), {}])
        card.focus_first()

    def _new_card(self, row: Mapping[str, Json], *, opened: bool) -> RowCard:
        card = RowCard(self.spec, self.texts.below(self.spec), self.around, row, opened=opened)
        card.edited.connect(partial(self._row_edited, card))
        card.wanted.connect(partial(self._row_wants, card))
        card.moved.connect(partial(self._move, card))
        card.removed.connect(partial(self._remove, card))
        self._cards.append(card)
        self._stack.addWidget(card)
        return card

    def _drop_card(self, card: RowCard) -> None:
        self._cards.remove(card)
        self._stack.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _row_edited(self, card: RowCard, row: Json, goes_on: bool) -> None:
        self.given = self._with_row(card, row)
        self.edited.emit(self.given, goes_on)

    def _row_wants(self, card: RowCard, wish: Wanted) -> None:
        self.wanted.emit(wish.inside(lambda row: self._with_row(card, row)))

    def _with_row(self, card: RowCard, row: Json) -> Json:
        rows: list[Json] = list(_rows(self.given))
        rows[self._cards.index(card)] = row
        return rows

    def _move(self, card: RowCard, steps: int) -> None:
        at = self._cards.index(card)
        to = at + steps
        if not 0 <= to < len(self._cards):
            return
        rows: list[Json] = list(_rows(self.given))
        rows.insert(to, rows.pop(at))
        self._cards.insert(to, self._cards.pop(at))
        self._stack.removeWidget(card)
        self._stack.insertWidget(to, card)
        self._number()
        self.chosen(rows)
        card.focus_head()

    def _remove(self, card: RowCard) -> None:
        at = self._cards.index(card)
        rows: list[Json] = list(_rows(self.given))
        del rows[at]
        self._drop_card(card)
        self._number()
        self.chosen(rows)
        after = self._cards[min(at, len(self._cards) - 1)].focus_head if self._cards else self._add.setFocus
        after()

    def _number(self) -> None:
        for at, card in enumerate(self._cards):
            card.set_place(at, len(self._cards), self.texts.item(self.spec, self._item))


def _rows(value: Json) -> list[Mapping[str, Json]]:
    """The rows as far as they are rows; a field of another shape shows none and stays as it is."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [row if isinstance(row, Mapping) else {} for row in value]

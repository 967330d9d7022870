"""The row card: one row of a rows field, folded to a sentence or open with an editor a column."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import ChoiceField, ModelField, NumberField, ToggleField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui import model_words
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import column
from app.ui.inspector.editors.model import choice_of
from app.ui.inspector.editors.number import spell
from app.ui.inspector.editors.row_head import RowHead
from app.ui.inspector.editors.wanted import Wanted
from app.ui.inspector.field_row import FieldRow
from app.ui.inspector.fold import Fold
from app.ui.inspector.shown import is_shown, with_defaults
from app.ui.plain import one_line


class RowCard(QFrame):
    """Emits the whole row when a column is edited, `moved(steps)` and `removed()`."""

    edited = Signal(object, bool)
    wanted = Signal(object)
    moved = Signal(int)
    removed = Signal()

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, row: Mapping[str, Json], *, opened: bool
    ) -> None:
        super().__init__()
        self._columns = spec.row
        # A row with a choice near its beginning reads as a sentence, others as a list of facts.
        self._is_sentence = any(isinstance(column.field, ChoiceField) for column in spec.row[:2])
        self._texts = texts
        self._around = around
        self._row = row
        self._fields: dict[str, FieldRow] = {}
        self.setProperty("role", "row")
        self._head = RowHead(self)
        self._head.clicked.connect(self._toggle)
        self._head.asks_move.connect(self.moved)
        self._head.asks_removal.connect(self.removed)
        self._body = QWidget(self)
        self._body.setVisible(False)
        self._column = column(self._body, 10)
        self._column.setContentsMargins(10, 0, 10, 12)
        self._more = Fold(10, parent=self)
        self._more.hide()
        layout = column(self, 0)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.addWidget(self._head)
        layout.addWidget(self._body)
        if opened:
            self._toggle()
        self._summarise()

    @property
    def is_open(self) -> bool:
        return not self._body.isHidden()

    def field(self, name: str) -> FieldRow:
        """The row of one column's editor; opens the card."""
        if not self.is_open:
            self._toggle()
        return self._fields[name]

    def show_row(self, row: Mapping[str, Json]) -> None:
        self._row = row
        values = with_defaults(self._columns, row)
        for name, field in self._fields.items():
            field.show_value(values[name])
        self._fit()

    def set_place(self, at: int, of: int, item: str) -> None:
        """Where the row stands, from 0, for its name and for what can still move."""
        self._head.set_place(at, of, item)
        self._summarise()

    def retranslate(self) -> None:
        self._head.retranslate()
        for field in self._fields.values():
            field.retranslate()
        self._fit()

    def refresh(self) -> None:
        for field in self._fields.values():
            field.refresh()
        self._summarise()

    def focus_first(self) -> None:
        """Puts the cursor into the first column."""
        next(iter(self._fields.values())).editor.setFocus()

    def focus_head(self) -> None:
        self._head.setFocus()

    def _toggle(self) -> None:
        if not self._fields:
            self._build()
        self._body.setVisible(self._body.isHidden())
        self._head.show_open(self.is_open)
        self._fit()

    def _build(self) -> None:
        values = with_defaults(self._columns, self._row)
        for spec in self._columns:
            owner = self._more.body if spec.field.advanced else self._body
            field = FieldRow(spec, self._texts, self._around, owner, compact=True)
            field.show_value(values[spec.name])
            field.edited.connect(partial(self._edited, spec.name))
            field.wanted.connect(partial(self._wants, spec.name))
            self._fields[spec.name] = field
            (self._more.content if spec.field.advanced else self._column).addWidget(field)
        self._column.addWidget(self._more)

    def _edited(self, name: str, value: Json, goes_on: bool) -> None:
        self._row = self._with(name, value)
        self._fit()
        self.edited.emit(self._row, goes_on)

    def _wants(self, name: str, wish: Wanted) -> None:
        self.wanted.emit(wish.inside(lambda value: self._with(name, value)))

    def _with(self, name: str, value: Json) -> dict[str, Json]:
        """The row with one column changed; what is at its default is left out, as in a file."""
        row = {**self._row, name: value}
        default = next(spec.default for spec in self._columns if spec.name == name)
        if value == default and type(value) is type(default):
            del row[name]
        return row

    def _fit(self) -> None:
        values = with_defaults(self._columns, self._row)
        for spec in self._columns:
            if spec.name in self._fields:
                self._fields[spec.name].setVisible(is_shown(spec, values))
        self._more.set_title(text("inspector.more"))
        more = any(spec.field.advanced and is_shown(spec, values) for spec in self._columns)
        self._more.setVisible(more and bool(self._fields))  # before they are made it has no place
        self._summarise()

    def _summarise(self) -> None:
        """The row as a sentence: what its columns say, in their order."""
        values = with_defaults(self._columns, self._row)
        shown = [spec for spec in self._columns if is_shown(spec, values)]
        # One number goes without saying what it is; of several, each says its name: "from 40 to 400".
        is_named = not self._is_sentence or sum(isinstance(spec.field, NumberField) for spec in shown) > 1
        said = [(spec, self._said(spec, values[spec.name], is_named=is_named)) for spec in shown]
        parts = [(spec, words) for spec, words in said if words]
        if self._is_sentence:
            self._head.show_summary(reduce(_followed_by, parts, ""))
        else:
            self._head.show_summary(" · ".join(words for _, words in parts))

    def _said(self, spec: FieldSpec, value: Json, *, is_named: bool) -> str:
        if isinstance(spec.field, ChoiceField):
            option = next((o for o in spec.field.options if o.value == value), None)
            return self._texts.option(spec, option) if option else one_line(str(value), 40)
        if isinstance(spec.field, ToggleField):
            return self._texts.label(spec).lower() if value is True and value != spec.default else ""
        if isinstance(spec.field, ModelField):
            return one_line(model_words.choice_in_full(choice_of(value), self._around.shelf()), 80)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._figure(spec, value, is_named=is_named)
        return one_line(value, 80) if isinstance(value, str) else ""

    def _figure(self, spec: FieldSpec, value: float, *, is_named: bool) -> str:
        """Among facts a number says nothing without its name, and the usual one needn't be said."""
        if not is_named:
            return spell(value)
        label = self._texts.label(spec)
        label = label.lower() if self._is_sentence else label
        return "" if value == spec.default else f"{label} {spell(value)}"


def _followed_by(words: str, part: tuple[FieldSpec, str]) -> str:
    """A sentence so far and its next part; the model that it leads to stands behind an arrow."""
    spec, more = part
    if not words:
        return more
    leads = "_to" if isinstance(spec.field, ModelField) else ""
    return text(f"inspector.rows.sentence{leads}", words=words, more=more)

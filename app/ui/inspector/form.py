"""The form: field rows for a list of field specs, shown or hidden by what the others say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.document.operations import REMOVED, FieldChange
from app.document.problem import Problem
from app.document.workflow import Json, JsonObject
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import column
from app.ui.inspector.editors.wanted import Wanted
from app.ui.inspector.field_row import FieldRow
from app.ui.inspector.fold import Fold
from app.ui.inspector.shown import is_shown, with_defaults

FIELD_GAP = 18


class Form(QWidget):
    """Emits `edited(name, FieldChange, goes_on)` and `wanted(name, Wanted)`; changes nothing itself."""

    edited = Signal(str, object, bool)
    wanted = Signal(str, object)

    def __init__(
        self, specs: Sequence[FieldSpec], texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._specs = tuple(specs)
        self._given: dict[str, Json] = {}
        self._rows: dict[str, FieldRow] = {}
        layout = column(self, FIELD_GAP)
        self._more = Fold(parent=self)
        for spec in self._specs:
            row = FieldRow(spec, texts, around, self._more.body if spec.field.advanced else self)
            row.edited.connect(partial(self._edited, spec.name))
            row.wanted.connect(partial(self._wants, spec.name))
            self._rows[spec.name] = row
            (self._more.content if spec.field.advanced else layout).addWidget(row)
        layout.addWidget(self._more)
        self._fit()
        self._retitle()

    def row(self, name: str) -> FieldRow:
        """The row of one field."""
        return self._rows[name]

    def fields(self) -> dict[str, Json]:
        """The fields as a file holds them: only what differs from the defaults, and what this form doesn't know."""
        known = {spec.name: spec for spec in self._specs}
        values = {name: row.editor.value() for name, row in self._rows.items()}
        changed = {name: value for name, value in values.items() if not _same(value, known[name].default)}
        return {**{n: v for n, v in self._given.items() if n not in known}, **changed}

    def show_fields(self, fields: JsonObject) -> None:
        """Shows other values; editors whose value is the same aren't touched."""
        self._given = dict(fields)
        for name, value in with_defaults(self._specs, fields).items():
            row = self._rows[name]
            if not _same(row.editor.value(), value):
                row.show_value(value)
        self._fit()
        self._retitle()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Puts each problem under its field; `rules[2].value` stands under `rules`."""
        for name, row in self._rows.items():
            found = [p for p in problems if p.field is not None and _head(p.field) == name]
            row.show_problems(found)
            if found and row.spec.field.advanced:
                self._more.set_open(True)

    def point_at(self, name: str) -> QWidget | None:
        """Puts the cursor into a field, opening what hides it; gives its row."""
        row = self._rows.get(_head(name))
        if row is not None:
            if row.spec.field.advanced:
                self._more.set_open(True)
            row.editor.setFocus()
        return row

    def retranslate(self) -> None:
        for row in self._rows.values():
            row.retranslate()
        self._retitle()

    def refresh(self) -> None:
        """Something around has changed: links, models, connections."""
        for row in self._rows.values():
            row.refresh()

    def _edited(self, name: str, value: Json, goes_on: bool) -> None:
        default = next(spec.default for spec in self._specs if spec.name == name)
        change: FieldChange = REMOVED if _same(value, default) else value
        self._fit()
        self._retitle()
        self.edited.emit(name, change, goes_on)

    def _wants(self, name: str, wish: Wanted) -> None:
        self.wanted.emit(name, wish)

    def _values(self) -> Mapping[str, Json]:
        return {name: row.editor.value() for name, row in self._rows.items()}

    def _fit(self) -> None:
        values = self._values()
        for spec in self._specs:
            self._rows[spec.name].setVisible(is_shown(spec, values))
        advanced = [spec for spec in self._specs if spec.field.advanced]
        self._more.setVisible(any(is_shown(spec, values) for spec in advanced))

    def _retitle(self) -> None:
        values = self._values()
        advanced = [spec for spec in self._specs if spec.field.advanced and is_shown(spec, values)]
        changed = sum(not _same(values[spec.name], spec.default) for spec in advanced)
        title = text("inspector.more_changed", n=changed) if changed else text("inspector.more")
        self._more.set_title(title)


def _same(a: Json, b: Json) -> bool:
    """Equal as files see it: yes isn't 1, and 1 is 1.0."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    if (
        isinstance(a, Sequence)
        and isinstance(b, Sequence)
        and not isinstance(a, str)
        and not isinstance(b, str)
    ):
        return len(a) == len(b) and all(map(_same, a, b))
    return a == b


def _head(field: str) -> str:
    """The setting that a place inside one belongs to."""
    return field.partition("[")[0].partition(".")[0]

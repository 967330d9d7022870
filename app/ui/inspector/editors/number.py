"""The editor of a number: typed, stepped with the arrow keys, or slid; with its unit and limits."""

from __future__ import annotations

import math
from types import UnionType
from typing import Union, cast, get_args, get_origin

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.fields import NumberField
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column, line
from app.ui.inspector.editors.inputs import LineInput, Slide
from app.ui.plain import visible
from app.ui.widgets.plain_label import PlainLabel

_SLIDE_WIDTH = 80


class NumberEditor(Editor):
    """For `NumberField`. What isn't a number in the limits is not taken over, and says why."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._field = cast("NumberField", spec.field)
        self._whole = _is_whole(spec.type)
        self._input = _StepInput(self)
        self._input.textEdited.connect(self._typed)
        self._input.left.connect(self._settle)
        self._input.returnPressed.connect(self._settle)
        self._unit = PlainLabel(role="muted", parent=self)
        self._slide = self._slider()
        layout = line(10)
        if self._slide is not None:
            self._input.setFixedWidth(_SLIDE_WIDTH)
            layout.addWidget(self._slide)
        layout.addWidget(self._input)
        layout.insertWidget(0 if self._field.unit == "$" else -1, self._unit)
        column(self).addLayout(layout)
        self.setFocusProxy(self._input)
        self.retranslate()

    def show_value(self, value: Json) -> None:
        self.given = value
        if self._read(self._input.text()) != value or not self._input.hasFocus():
            self._input.show_text(spell(value))
        self.fault.emit("")
        if self._slide is not None:
            self._slide.blockSignals(True)
            self._slide.setValue(self._to_slide(value))
            self._slide.blockSignals(False)

    def retranslate(self) -> None:
        unit = self.texts.unit(self.spec, self._field.unit)
        if self._slide is not None:
            self._slide.setAccessibleName(visible(self.texts.label(self.spec)))
        self._unit.setText(unit)
        self._unit.setVisible(bool(unit))
        empty = text("inspector.number.empty") if _may_be_empty(self.spec.type) else ""
        self._input.setPlaceholderText(self.texts.placeholder(self.spec) or empty)

    def step(self, steps: int) -> None:
        """Adds so many steps, within the limits."""
        given = self.given
        start = given if isinstance(given, (int, float)) else (self._field.minimum or 0)
        number = self._clamped(round(start + steps * self._field.step, 10))
        self.show_value(number)
        self.typed(number)

    def _slider(self) -> Slide | None:
        low, high = self._field.minimum, self._field.maximum
        if not self._field.slider or low is None or high is None:
            return None
        slide = Slide(self)
        slide.setRange(0, max(1, round((high - low) / self._field.step)))
        slide.valueChanged.connect(self._slid)
        return slide

    def _to_slide(self, value: Json) -> int:
        low = self._field.minimum or 0
        if not isinstance(value, (int, float)) or self._slide is None:
            return 0
        # A file may hold a number far beyond the limits, farther than Qt can count.
        return round(min(max(0.0, (value - low) / self._field.step), self._slide.maximum()))

    def _slid(self, place: int) -> None:
        number = self._clamped(round((self._field.minimum or 0) + place * self._field.step, 10))
        self._input.show_text(spell(number))
        self.fault.emit("")
        self.typed(number)

    def _typed(self, shown: str) -> None:
        number = self._read(shown)
        if number is None and (shown.strip() or not _may_be_empty(self.spec.type)):
            self.fault.emit(text("inspector.number.whole" if self._whole else "inspector.number.any"))
        elif number is not None and number != self._clamped(number):
            self.fault.emit(self._limits())
        else:
            self.fault.emit("")
            if self._slide is not None:
                self._slide.blockSignals(True)
                self._slide.setValue(self._to_slide(number))
                self._slide.blockSignals(False)
            self.typed(number)

    def _settle(self) -> None:
        """Leaving the field: the nearest number that can be used stands there."""
        number = self._read(self._input.text())
        if number is not None and number != self._clamped(number):
            self.typed(self._clamped(number))
        self._input.show_text(spell(self.given))
        self.fault.emit("")

    def _read(self, shown: str) -> int | float | None:
        plain = shown.strip().replace("\u2212", "-").replace(",", ".")
        try:
            number = int(plain) if self._whole else float(plain)
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def _clamped(self, number: float) -> int | float:
        low, high = self._field.minimum, self._field.maximum
        if low is not None and number < low:
            number = low
        if high is not None and number > high:
            number = high
        return round(number) if self._whole else float(number)

    def _limits(self) -> str:
        low, high = spell(self._field.minimum), spell(self._field.maximum)
        if low and high:
            return text("inspector.number.between", low=low, high=high)
        return (
            text("inspector.number.at_least", low=low) if low else text("inspector.number.at_most", high=high)
        )


class _StepInput(LineInput):
    """The line of a number: arrow keys step it."""

    def __init__(self, editor: NumberEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: 1,
            Qt.Key.Key_Down: -1,
            Qt.Key.Key_PageUp: 10,
            Qt.Key.Key_PageDown: -10,
        }.get(Qt.Key(event.key()), 0)
        if steps:
            self._editor.step(steps)
        else:
            super().keyPressEvent(event)


def spell(number: Json) -> str:
    """A number as people type it: no exponent where it can be avoided, no `.0`."""
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        return "" if number is None else str(number)
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def _is_whole(hint: object) -> bool:
    return hint is int or (_is_union(hint) and int in get_args(hint) and float not in get_args(hint))


def _may_be_empty(hint: object) -> bool:
    return _is_union(hint) and type(None) in get_args(hint)


def _is_union(hint: object) -> bool:
    return get_origin(hint) in (Union, UnionType)

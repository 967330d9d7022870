"""The editor of any small value: text, number, yes or no, or JSON, as the person says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from PySide6.QtWidgets import QWidget

from app.document.workflow import Json
from app.registry.node_texts import FieldTexts
from app.sdk.spec import FieldSpec
from app.texts import text
from app.ui.inspector.around import Around
from app.ui.inspector.editors.editor import Editor, column, line
from app.ui.inspector.editors.inputs import Choices, TextInput
from app.ui.inspector.editors.number import spell
from app.ui.plain import visible

Kind: TypeAlias = Literal["empty", "text", "number", "yes", "no", "json"]
_KINDS: tuple[Kind, ...] = ("text", "number", "yes", "no", "json", "empty")
_WRITTEN = ("text", "number", "json")


class ValueEditor(Editor):
    """For `ValueField`. The kind is chosen, never guessed: "12" as a text stays a text."""

    def __init__(
        self, spec: FieldSpec, texts: FieldTexts, around: Around, parent: QWidget | None = None
    ) -> None:
        super().__init__(spec, texts, around, parent)
        self._kind = Choices(self)
        self._input = TextInput(1, parent=self)
        top = line()
        top.addWidget(self._kind)
        layout = column(self)
        layout.addLayout(top)
        layout.addWidget(self._input)
        self.setFocusProxy(self._input)
        self._showing = False
        self._kind.activated.connect(self._kind_picked)
        self._input.textChanged.connect(self._changed)
        self.retranslate()
        self.show_value(spec.default)

    def show_value(self, value: Json) -> None:
        same = self._current() == kind_of(value) and _read(self._current(), self._input.text()) == (
            True,
            value,
        )
        self.given = value
        if same:
            return
        self._showing = True
        self._kind.setCurrentIndex(_KINDS.index(kind_of(value)))
        self._input.show_text(_spelled(value))
        self._showing = False
        self._fit()
        self.fault.emit("")

    def retranslate(self) -> None:
        self._kind.setAccessibleName(visible(self.texts.label(self.spec)))
        current = max(0, self._kind.currentIndex())
        self._kind.clear()
        for kind in _KINDS:
            self._kind.addItem(text(f"inspector.value.{kind}"), kind)
        self._kind.setCurrentIndex(current)
        self._fit()

    def _current(self) -> Kind:
        return _KINDS[max(0, self._kind.currentIndex())]

    def _fit(self) -> None:
        kind = self._current()
        self._input.setVisible(kind in _WRITTEN)
        placeholder = (
            self.texts.placeholder(self.spec) if kind == "text" else text(f"inspector.value.{kind}.example")
        )
        self._input.setPlaceholderText(placeholder if kind in _WRITTEN else "")

    def _kind_picked(self) -> None:
        self._fit()
        self._take(typing=False)

    def _changed(self) -> None:
        if not self._showing:
            self._take(typing=True)

    def _take(self, *, typing: bool) -> None:
        readable, value = _read(self._current(), self._input.text())
        self.fault.emit("" if readable else text(f"inspector.value.{self._current()}.fault"))
        if readable and (value != self.given or kind_of(value) != kind_of(self.given)):
            if typing:
                self.typed(value)
            else:
                self.chosen(value)


def kind_of(value: Json) -> Kind:
    """Which kind a value is of."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return "text"
    return "number" if isinstance(value, (int, float)) else "json"


def _spelled(value: Json) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, (int, float)):
        return spell(value)
    return json.dumps(value, ensure_ascii=False, indent=2, default=_plain)


def _plain(value: object) -> Json:
    return dict(value) if isinstance(value, Mapping) else list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportArgumentType]


def _read(kind: Kind, shown: str) -> tuple[bool, Json]:
    """Whether what stands there is of this kind, and its value."""
    if kind == "text":
        return True, shown
    if kind in ("yes", "no", "empty"):
        return True, {"yes": True, "no": False, "empty": None}[kind]
    try:
        value: Json = _number(shown) if kind == "number" else json.loads(shown)
    except (ValueError, RecursionError):
        return False, None
    if kind == "json" and not isinstance(value, (Mapping, Sequence)):
        return False, None
    return True, value


def _number(shown: str) -> int | float:
    plain = shown.strip().replace(",", ".")
    try:
        return int(plain)
    except ValueError:
        number = float(plain)
    if not math.isfinite(number):
        raise ValueError(shown)
    return number

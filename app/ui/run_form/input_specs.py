"""Input specs: each asked input as a field of the form, and what was filled in as values of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.document.problem import Problem
from app.document.workflow import Json, JsonObject
from app.sdk.errors import NodeError
from app.sdk.fields import (
    AnyField,
    FileField,
    ListField,
    NumberField,
    TableField,
    TextField,
    ToggleField,
    ValueField,
)
from app.sdk.node_type import AskedInput
from app.sdk.spec import FieldSpec
from app.sdk.typed_values import typed

_EMPTY: Mapping[str, Json] = {
    "number": None,
    "yesno": False,
    "list": [],
    "table": [],
    "record": None,
    "any": None,
}
_FILES = ("file", "image", "audio")


def spec_for(asked: AskedInput) -> FieldSpec:
    """The field in which an input is filled in; its label is the workflow author's own."""
    field, hint = _field(asked)
    empty = _EMPTY.get(asked.type, "")
    default = asked.default if asked.default is not None else empty
    return FieldSpec(asked.name, field, hint, default)


def values_of(inputs: Sequence[AskedInput], fields: JsonObject) -> dict[str, Json]:
    """What a run gets: everything that was filled in; what was left empty takes its default there."""
    filled = {asked.name: fields.get(asked.name, spec_for(asked).default) for asked in inputs}
    return {name: value for name, value in filled.items() if value not in (None, "", [])}


def problems_of(inputs: Sequence[AskedInput], fields: JsonObject) -> list[Problem]:
    """What keeps a run from starting, at the input's field."""
    values, found = values_of(inputs, fields), list[Problem]()
    for asked in inputs:
        if asked.name not in values:
            if asked.required and asked.default is None:
                found.append(Problem("field.empty", field=asked.name, args={"field": asked.label}))
            continue
        try:
            typed(values[asked.name], asked.type, asked.label)
        except NodeError as fault:
            found.append(Problem(fault.code, field=asked.name, args=fault.args_by_name))
    return found


def _field(asked: AskedInput) -> tuple[AnyField, Any]:
    """The field that fits a data type, and the Python type of its values."""
    label, required = asked.label, asked.required and asked.default is None
    if asked.type in _FILES:
        return FileField(label=label, required=required), str
    match asked.type:
        case "text":
            found: tuple[AnyField, Any] = TextField(label=label, required=required, lines=3), str
        case "number":
            found = NumberField(label=label, required=required), float | None
        case "yesno":
            found = ToggleField(label=label), bool
        case "date":
            found = TextField(label=label, required=required, placeholder="2026-11-30"), str
        case "list":
            found = ListField(label=label, required=required), tuple[str, ...]
        case "table":
            found = TableField(label=label, required=required), tuple[Mapping[str, Any], ...]
        case _:
            found = ValueField(label=label, required=required), Any
    return found

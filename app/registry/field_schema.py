"""The JSON Schema of one setting of a node, by its kind of field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any, TypeAlias, cast, get_args

from app.sdk.fields import (
    AnyField,
    ChoiceField,
    ConnectionField,
    FileField,
    ListField,
    ModelField,
    NumberField,
    RowsField,
    TableField,
    TextField,
    ToggleField,
    ValueField,
)
from app.sdk.spec import FieldSpec

Schema: TypeAlias = dict[str, Any]

TEXT: Schema = {"$ref": "#/$defs/text"}
WORD: Schema = {"type": "string"}


def field_schema(spec: FieldSpec) -> Schema:
    """What the field may hold in a file, with its label, help and default."""
    shape = _SHAPES[type(spec.field)](spec)
    if NoneType in get_args(spec.type):
        shape = {"anyOf": [shape, {"type": "null"}]}
    about: Schema = {"title": spec.field.label}
    if spec.field.help:
        about["description"] = spec.field.help
    return {**about, **shape, "default": spec.default}


def _number(spec: FieldSpec) -> Schema:
    field = cast("NumberField", spec.field)
    whole = spec.type is int or int in get_args(spec.type)
    shape: Schema = {"type": "integer" if whole else "number"}
    if field.minimum is not None:
        shape["minimum"] = field.minimum
    if field.maximum is not None:
        shape["maximum"] = field.maximum
    return shape


def _choice(spec: FieldSpec) -> Schema:
    return {"enum": [option.value for option in cast("ChoiceField", spec.field).options]}


def _rows(spec: FieldSpec) -> Schema:
    columns = {column.name: field_schema(column) for column in spec.row}
    return {"type": "array", "items": {"type": "object", "properties": columns}}


def _fixed(shape: Schema) -> Callable[[FieldSpec], Schema]:
    return lambda _: dict(shape)


_SHAPES: Mapping[type[AnyField], Callable[[FieldSpec], Schema]] = {
    TextField: _fixed(TEXT),
    NumberField: _number,
    ToggleField: _fixed({"type": "boolean"}),
    ChoiceField: _choice,
    RowsField: _rows,
    ListField: _fixed({"type": "array", "items": WORD}),
    TableField: _fixed({"type": "array", "items": {"type": "object"}}),
    ModelField: _fixed(
        {"type": "object", "properties": {"role": WORD, "connection": WORD, "kind": WORD, "model": WORD}}
    ),
    ConnectionField: _fixed(
        {"type": "object", "properties": {"connection": WORD, "kind": WORD}, "required": ["connection"]}
    ),
    FileField: _fixed(WORD),
    ValueField: _fixed({}),
}

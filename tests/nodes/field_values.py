"""Generated settings: for every field of a type, any value that a file may hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast, get_args

from hypothesis import strategies as st

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
from app.sdk.spec import FieldSpec, NodeSpec

ODD_TEXTS = (
    "",
    " ",
    "{{value}}",
    '{{a.b.0 | default "x"}} and {{c}}',
    "{{broken",
    "{{}}",
    "{{a..b}}",
    "{{x | nosuchfilter}}",
    "https://example.com/{{id}}?q={{q}}",
    "https://{{host}}/",
    "http://[",
    '{"type": "object"}',
    '{"a": ["{{b}}", 1]}',
    "[[[[",
    "../../etc/passwd",
    "名称",
    "a\nb\r\nc",
    "\x00\u202e\u200b",
    "is_none",
    "error",
    "label",
    "_",
    "9lives",
)
texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(codec="utf-8"), max_size=20)
plain = st.none() | st.booleans() | st.integers(-9, 9) | texts
json_values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
)


def field_values(spec: FieldSpec) -> st.SearchStrategy[Any]:
    """Plain data that the field can hold."""
    return _VALUES[type(spec.field)](spec)


def _numbers(spec: FieldSpec) -> st.SearchStrategy[Any]:
    field = cast("NumberField", spec.field)
    kinds = get_args(spec.type) or (spec.type,)
    low = -1_000_000 if field.minimum is None else field.minimum
    high = 1_000_000 if field.maximum is None else field.maximum
    numbers: st.SearchStrategy[Any] = (
        st.integers(int(low), int(high)) if int in kinds else st.floats(low, high, allow_nan=False)
    )
    return numbers | st.none() if type(None) in kinds else numbers


def records(fields: tuple[FieldSpec, ...]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={field.name: field_values(field) for field in fields})


def settings_of(spec: NodeSpec) -> st.SearchStrategy[dict[str, Any]]:
    """The plain fields of a node of this type."""
    return records(spec.fields)


_VALUES: Mapping[type[AnyField], Callable[[FieldSpec], st.SearchStrategy[Any]]] = {
    TextField: lambda _: texts,
    FileField: lambda _: texts,
    NumberField: _numbers,
    ToggleField: lambda _: st.booleans(),
    ChoiceField: lambda spec: st.sampled_from(
        [option.value for option in cast("ChoiceField", spec.field).options]
    ),
    RowsField: lambda spec: st.lists(records(spec.row), max_size=4),
    ListField: lambda _: st.lists(texts, max_size=3),
    TableField: lambda _: st.lists(st.dictionaries(texts, json_values, max_size=3), max_size=3),
    ModelField: lambda _: st.fixed_dictionaries(
        {}, optional=dict.fromkeys(("role", "connection", "kind", "model"), texts)
    ),
    ConnectionField: lambda _: (
        st.none() | st.fixed_dictionaries({"connection": texts}, optional={"kind": texts})
    ),
    ValueField: lambda _: json_values,
}

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app.document.workflow import Json
from app.sdk.json_schema import faults, unknown_words

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([0.5, 2.0]) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(["string", "number", "integer", "boolean", "null", "object", "array"])
sizes = st.integers(0, 3)
schemas = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": kinds | st.lists(kinds, min_size=1, max_size=2, unique=True),
            "enum": st.lists(json_values, min_size=1, max_size=3),
            "const": json_values,
            "minimum": st.integers(-3, 3),
            "maximum": st.integers(-3, 3),
            "exclusiveMinimum": st.integers(-3, 3),
            "exclusiveMaximum": st.integers(-3, 3),
            "minLength": sizes,
            "maxLength": sizes,
            "minItems": sizes,
            "maxItems": sizes,
            "title": st.just("a title"),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": kinds,
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "required": st.lists(st.sampled_from("abc"), max_size=2, unique=True),
            "additionalProperties": st.booleans(),
            "items": inner,
        },
    ),
    max_leaves=6,
)


@settings(max_examples=300)
@given(schemas, json_values)
def test_says_the_same_as_the_reference_library(schema: dict[str, Json], value: Json) -> None:
    assert list(unknown_words(schema)) == []
    assert (list(faults(schema, value)) == []) == Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"pattern": "(a+)+$"}, "pattern"),
        ({"$ref": "https://example.com/schema"}, "$ref"),
        ({"anyOf": []}, "anyOf"),
        ({"properties": {"a": {"format": "date"}}}, "format"),
        ({"items": {"not": {}}}, "not"),
        ({"type": "money"}, "type"),
        ({"type": ["string", 5]}, "type"),
        ({"required": "a"}, "required"),
        ({"minLength": 1.5}, "minLength"),
        ({"additionalProperties": {}}, "additionalProperties"),
        ("a text", "schema"),
        ({"properties": {"a": 5}}, "schema"),
        (None, "schema"),
    ],
)
def test_what_is_not_understood_is_named_and_never_ignored(schema: Json, word: str) -> None:
    assert word in [fault.word for fault in unknown_words(schema)]


def test_a_fault_says_where() -> None:
    schema: Json = {
        "properties": {
            "items": {"items": {"properties": {"price": {"type": "number"}}, "required": ["name"]}}
        }
    }
    value: Json = {"items": [{"name": "x", "price": 1}, {"price": "cheap"}]}
    found = {(fault.path, fault.word) for fault in faults(schema, value)}  # type: ignore[arg-type]
    assert found == {("items.1.price", "type"), ("items.1.name", "required")}


def test_a_schema_that_is_too_deep_is_refused() -> None:
    schema: Json = {}
    for _ in range(100):
        schema = {"items": schema}
    assert "depth" in [fault.word for fault in unknown_words(schema)]

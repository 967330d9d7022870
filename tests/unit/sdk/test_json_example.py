from __future__ import annotations

from hypothesis import given

from app.sdk.json_example import schema_like
from app.sdk.json_schema import faults, unknown_words
from tests.nodes.field_values import json_values


@given(json_values)
def test_an_example_is_like_itself(example: object) -> None:
    schema = schema_like(example)  # type: ignore[arg-type]
    assert not list(unknown_words(schema))
    assert not list(faults(schema, example))  # type: ignore[arg-type]


def test_every_name_must_come_and_no_other() -> None:
    schema = schema_like({"topic": "delivery", "urgent": True, "parts": [{"id": 1}, {"id": "x", "n": None}]})
    assert not list(faults(schema, {"topic": "", "urgent": False, "parts": []}))
    assert not list(
        faults(schema, {"topic": "", "urgent": False, "parts": [{"id": 2.5}, {"id": "", "n": []}]})
    )
    wrong = [(f.path, f.word) for f in faults(schema, {"topic": 1, "parts": [{"n": 1}], "more": 0})]
    assert set(wrong) == {
        ("topic", "type"),
        ("urgent", "required"),
        ("parts.0.id", "required"),
        ("more", "additionalProperties"),
    }

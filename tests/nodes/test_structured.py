from __future__ import annotations

import json
from typing import Any

import pytest

from app.document.workflow import Json
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node

GOOD = {"topic": "parking", "urgent": False}
SCHEMA = '{"type": "array", "items": {"type": "integer"}, "minItems": 1}'


@pytest.fixture
def structured(node) -> AnyNodeType:
    return node("model.structured")


async def test_an_answer_like_the_example_is_handed_on(structured: AnyNodeType) -> None:
    models = ScriptedModels([json.dumps(GOOD)])
    ran = await run_node(structured, {"prompt": "What? {{letter}}"}, {"letter": "Dear"}, models=models)
    assert ran.outputs == {"value": GOOD}
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    assert request.messages[-1].content == "What? Dear"
    assert request.schema is not None
    assert request.schema["required"] == ["topic", "urgent"]


async def test_fields_are_a_shape_with_their_descriptions(structured: AnyNodeType) -> None:
    wanted: Json = [
        {"name": "n", "type": "number", "description": "how many"},
        {"name": "who", "required": False},
    ]
    models = ScriptedModels(['{"n": 1, "who": null}'])
    fields: dict[str, Json] = {"shape": "fields", "wanted": wanted}
    ran = await run_node(structured, fields, {"text": ""}, models=models)
    assert ran.outputs == {"value": {"n": 1, "who": None}}
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    assert request.schema == {
        "type": "object",
        "properties": {
            "n": {"type": "number", "description": "how many"},
            "who": {"type": ["string", "null"]},
        },
        "required": ["n", "who"],
        "additionalProperties": False,
    }


async def test_a_shape_that_is_no_record_travels_in_one(structured: AnyNodeType) -> None:
    models = ScriptedModels(['{"value": [1, 2]}'])
    ran = await run_node(structured, {"shape": "schema", "schema": SCHEMA}, {"text": ""}, models=models)
    assert ran.outputs == {"value": [1, 2]}


async def test_a_wrong_answer_is_asked_for_again_and_then_fails_with_what_was_wrong(
    structured: AnyNodeType,
) -> None:
    models = ScriptedModels(['{"topic": 1}', '{"topic": "x"}', '{"topic": "x", "urgent": "no"}'])
    with pytest.raises(NodeError) as raised:
        await run_node(structured, {}, {"text": ""}, models=models)
    assert raised.value.code == "structured.wrong_shape"
    assert raised.value.args_by_name == {"faults": ("urgent: required",), "count": 1, "n": 1}
    last = models.requests[-1]
    assert isinstance(last, ChatRequest)
    assert 'At "urgent" breaks "required"' in last.messages[-1].content


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("", "empty"),
        ("no", "not_json"),
        ('{"topic": "a", "topic": "b", "urgent": true}', "duplicate_key"),
        ('{"topic": "a", "urgent": NaN}', "bad_number"),
        ('{"topic": 1e999}', "big_number"),
        ("[" * 9000, "too_deep"),
        ('{"topic": "\\ud800", "urgent": true}', "broken_character"),
        ('{"topic": "a", "urgent": true} or {"topic": "b", "urgent": true}', "several"),
    ],
)
async def test_what_is_not_one_sound_answer_fails_with_the_reason(
    structured: AnyNodeType, answer: str, code: str
) -> None:
    with pytest.raises(NodeError, match=rf"structured\.{code}"):
        await run_node(structured, {"repairs": 0}, {"text": ""}, models=ScriptedModels([answer]))


async def test_a_cut_answer_says_which_setting(structured: AnyNodeType) -> None:
    models = ScriptedModels(['{"topic": "'], finish="length")
    with pytest.raises(NodeError) as raised:
        await run_node(structured, {"repairs": 0, "max_tokens": 7}, {"text": ""}, models=models)
    assert (raised.value.code, raised.value.field) == ("structured.cut_off", "max_tokens")


@pytest.mark.parametrize(
    ("fields", "data_type"),
    [
        ({}, "record"),
        ({"example": "[1]"}, "list"),
        ({"example": '"x"'}, "text"),
        ({"example": "null"}, "any"),
        ({"example": "{"}, "any"),
        ({"shape": "fields"}, "record"),
        ({"shape": "schema", "schema": SCHEMA}, "list"),
        ({"shape": "schema", "schema": '{"type": ["string", "null"]}'}, "any"),
    ],
)
def test_its_port_is_of_the_shape(structured: AnyNodeType, fields: dict[str, Any], data_type: str) -> None:
    spec = spec_of(structured)
    (port,) = spec.ports(spec.decode(fields)).outputs
    assert port.type == data_type


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, []),
        ({"example": "{"}, [("example", "structured.example_not_json")]),
        ({"shape": "schema", "schema": "[]"}, [("schema", "structured.schema_not_json")]),
        ({"shape": "schema", "schema": '{"pattern": "a"}'}, [("schema", "structured.schema_word")]),
        ({"shape": "fields", "wanted": []}, [("wanted", "structured.no_fields")]),
        ({"shape": "fields", "wanted": [{"name": "a"}, {"name": "a"}]}, [("wanted", "extract.same_name")]),
    ],
)
def test_settings_are_looked_at_before_the_run(
    structured: AnyNodeType, fields: dict[str, Any], codes: list[tuple[str, str]]
) -> None:
    spec = spec_of(structured)
    assert [fault[:2] for fault in structured.check(spec.decode(fields))] == codes

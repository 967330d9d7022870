from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from app.document.json_codec import read, write
from app.document.problem import ProblemError
from app.document.workflow import Graph, Json, Node, Workflow
from app.registry.schema import workflow_schema
from app.sdk.fields import (
    SMALL,
    ChoiceField,
    ConnectionChoice,
    ConnectionField,
    FileField,
    ListField,
    ModelChoice,
    ModelField,
    NumberField,
    Option,
    RowsField,
    TableField,
    TextField,
    ToggleField,
    ValueField,
)
from app.sdk.node_type import NodeType
from app.sdk.ports import Port
from app.sdk.spec import spec_of
from tests.strategies import workflows


@dataclass(frozen=True)
class Rule:
    name: Annotated[str, TextField(label="Name")] = ""
    limit: Annotated[float, NumberField(label="Limit", minimum=0, maximum=1)] = 0.5


@dataclass(frozen=True)
class Fields:
    prompt: Annotated[str, TextField(label="Prompt", help="What is asked")] = ""
    count: Annotated[int, NumberField(label="Count", minimum=1, maximum=9)] = 1
    maybe: Annotated[float | None, NumberField(label="Maybe")] = None
    on: Annotated[bool, ToggleField(label="On")] = False
    way: Annotated[str, ChoiceField(label="Way", options=(Option("a", "A"), Option("b", "B")))] = "a"
    rules: Annotated[tuple[Rule, ...], RowsField(label="Rules")] = ()
    labels: Annotated[tuple[str, ...], ListField(label="Labels")] = ()
    samples: Annotated[tuple[Mapping[str, Json], ...], TableField(label="Samples")] = ()
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    account: Annotated[ConnectionChoice | None, ConnectionField(label="Account")] = None
    path: Annotated[str, FileField(label="Path")] = ""
    value: Annotated[Json, ValueField(label="Value")] = field(default=None)


@dataclass(frozen=True)
class Outputs:
    text: Annotated[str, Port("Text", "text")]


class Everything(NodeType[Fields, Outputs, Outputs]):
    """Has every kind of field."""

    id = "test.everything"
    title = "Everything"
    summary = "All kinds"
    kind = "tool"
    category = "tools"
    icon = "wrench"


SCHEMA = workflow_schema([spec_of(Everything)])
VALIDATOR = Draft202012Validator(SCHEMA)


def with_fields(**fields: Any) -> dict[str, Any]:
    workflow = Workflow("w", "", graph=Graph({"a": Node("a", "test.everything", fields=fields)}))
    return json.loads(write(workflow))


def test_it_is_a_schema_of_the_version() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:baton.workflow:1"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@settings(max_examples=50)
@given(workflows())
def test_every_file_that_we_write_fits(workflow: Workflow) -> None:
    VALIDATOR.validate(json.loads(write(workflow)))


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "fixtures/format/v1").glob("*.json")), ids=str
)
def test_the_fixtures_fit(path: Path) -> None:
    VALIDATOR.validate(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"prompt": "one\ntwo", "count": 9, "maybe": None, "on": True, "way": "b", "value": {"any": 1}},
        {"maybe": 1.5, "rules": [{"name": "x", "limit": 1}, {}], "labels": ["a"], "samples": [{"b": [1]}]},
        {"model": {"role": "strong"}, "account": None, "path": "in.csv"},
        {"model": {"connection": "c", "kind": "openai", "model": "m"}, "account": {"connection": "c"}},
        {"later": "kept"},
    ],
)
def test_fields_that_fit(fields: dict[str, Any]) -> None:
    content = with_fields(**fields)
    VALIDATOR.validate(content)
    spec_of(Everything).decode(read(json.dumps(content).encode()).workflow.graph.nodes["a"].fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"prompt": 1},
        {"count": 0},
        {"count": 1.5},
        {"count": None},
        {"maybe": "x"},
        {"on": "yes"},
        {"way": "c"},
        {"rules": [1]},
        {"rules": [{"limit": 2}]},
        {"labels": "a"},
        {"samples": [["a"]]},
        {"model": "gpt"},
        {"account": {"kind": "openai"}},
        {"path": None},
    ],
)
def test_fields_that_do_not_fit(fields: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(with_fields(**fields))


NODE = {"type": "t"}


@pytest.mark.parametrize(
    "change",
    [
        {"id": "a b"},
        {"name": 1},
        {"settings": {"budgetUsd": 1}},
        {"settings": {"concurrency": 0}},
        {"settings": {"timeLimit": 0}},
        {"nodes": []},
        {"nodes": {"a.b": NODE}},
        {"nodes": {"a": {}}},
        {"nodes": {"a": {**NODE, "typeVersion": 0}}},
        {"nodes": {"a": {**NODE, "onError": {"policy": "hide"}}}},
        {"nodes": {"a": {**NODE, "retry": {"attempts": 0}}}},
        {"nodes": {"a": {**NODE, "body": {"nodes": {"b": {}}}}}},
        {"edges": {}},
        {"edges": [{"from": {"node": "a", "port": "p"}}]},
    ],
)
def test_schema_and_reader_refuse_alike(change: dict[str, Any]) -> None:
    content = {"format": "baton.workflow", "formatVersion": 1, "workflow": {"id": "w", **change}}
    assert not VALIDATOR.is_valid(content)
    with pytest.raises(ProblemError):
        read(json.dumps(content).encode())


def test_labels_helps_and_defaults_are_there_for_editors() -> None:
    prompt = SCHEMA["$defs"]["fields.test.everything"]["properties"]["prompt"]
    assert (prompt["title"], prompt["description"], prompt["default"]) == ("Prompt", "What is asked", "")

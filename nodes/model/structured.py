"""Structured output: a model's answer in a shape that was agreed, or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, cast

from app.sdk.context import RunContext
from app.sdk.data_types import DataType, Value
from app.sdk.errors import NodeError
from app.sdk.fields import (
    SMALL,
    ChoiceField,
    ModelChoice,
    ModelField,
    NumberField,
    Option,
    RowsField,
    TextField,
)
from app.sdk.gateway import ChatRequest, prompt_messages
from app.sdk.json_answer import UnreadableAnswer, exact_json
from app.sdk.json_example import schema_like
from app.sdk.json_schema import SchemaFault, faults, unknown_words
from app.sdk.model_settings import Prompt
from app.sdk.node_type import ByPort, Fault, NodeType, Routes
from app.sdk.ports import Ports, PortSpec
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill
from app.sdk.structured_answer import MOST_REPAIRS, StructuredAnswer, ask_for_json
from app.sdk.wanted_fields import Wanted, name_faults, named, schema_of

ShapeKind: TypeAlias = Literal["example", "fields", "schema"]

_SHOWN = 5  # faults that a person is told
_ALONE = "value"  # servers hold a model to an object only; any other shape travels in one under this name
_TYPES: Mapping[str, DataType] = {
    "object": "record",
    "array": "list",
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "yesno",
}


@dataclass(frozen=True, slots=True)
class StructuredFields:
    prompt: Prompt = "{{text}}"
    shape: Annotated[
        ShapeKind,
        ChoiceField(
            label="The answer's shape",
            options=(
                Option("example", "like an example"),
                Option("fields", "a record of fields"),
                Option("schema", "by a JSON Schema"),
            ),
        ),
    ] = "example"
    example: Annotated[
        str,
        TextField(
            label="Example",
            help="An answer as you would like it, in JSON. Every name in it must come; only the kinds of values count.",
            lines=6,
            monospace=True,
            shown_if=("shape", ("example",)),
        ),
    ] = '{"topic": "delivery", "urgent": true}'
    wanted: Annotated[
        tuple[Wanted, ...], RowsField(label="Fields", item="field", shown_if=("shape", ("fields",)))
    ] = (Wanted("topic"), Wanted("urgent", "yesno"))
    schema: Annotated[
        str, TextField(label="JSON Schema", lines=8, monospace=True, shown_if=("shape", ("schema",)))
    ] = '{"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]}'
    system: Annotated[
        str,
        TextField(
            label="Role and rules",
            placeholder="You sort letters for a town hall.",
            lines=3,
            references=True,
            advanced=True,
        ),
    ] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    repairs: Annotated[
        int,
        NumberField(
            label="Ask again at most",
            help="With the reason, when an answer hasn't the shape.",
            minimum=0,
            maximum=MOST_REPAIRS,
            unit="times",
            advanced=True,
        ),
    ] = MOST_REPAIRS
    max_tokens: Annotated[
        int, NumberField(label="Longest answer", minimum=1, maximum=200_000, unit="tokens", advanced=True)
    ] = 1024


class Structured(NodeType[StructuredFields, ByPort, Routes]):
    """Asks a model and hands its answer on only if it has the shape that you say: like an example, as a record of named
    fields, or by a JSON Schema. Where the provider can hold the model to a shape, it does; else the model is told.

    An answer in another shape is asked for again, at most twice, with what was wrong. If that doesn't help, the step
    fails and says what was wrong: join its error output to go on from there. A half right answer never leaves.

    A right shape is no proof of a right answer. To pull values out of a text and check them against it, take "Extract
    fields".

    Example: prompt "What does this letter want? {{letter}}", shape like {"topic": "parking", "urgent": false}.
    """

    id = "model.structured"
    title = "Structured output"
    summary = "An answer in your shape"
    kind = "model"
    category = "models"
    icon = "braces"
    effect = "model"
    random = True

    @classmethod
    def ports(cls, fields: StructuredFields) -> Ports:
        shape = _shape(fields)
        kind = shape.get("type") if shape else None
        data_type = _TYPES.get(kind, "any") if isinstance(kind, str) else "any"
        return Ports(
            grown_inputs(fields.prompt, fields.system), (PortSpec("value", "Answer", data_type, main=True),)
        )

    @classmethod
    def headline(cls, fields: StructuredFields) -> str:
        shape = _shape(fields) or {}
        names = shape.get("properties")
        return ", ".join(names) if isinstance(names, Mapping) else ""

    @classmethod
    def check(cls, fields: StructuredFields) -> tuple[Fault, ...]:
        if fields.shape == "fields":
            if not named(fields.wanted):
                return (("wanted", "structured.no_fields", {}),)
            return name_faults(fields.wanted)
        shape = _shape(fields)
        if shape is None:
            return ((fields.shape, f"structured.{fields.shape}_not_json", {}),)
        found = unknown_words(shape)
        return tuple(
            ("schema", "structured.schema_word", {"word": f.word, "path": f.path or "-"}) for f in found
        )

    async def run(self, fields: StructuredFields, inputs: ByPort, ctx: RunContext) -> Routes:
        shape = _shape(fields) or {}
        alone = shape.get("type") != "object"
        asked = _around(shape) if alone else shape
        request = ChatRequest(
            fields.model,
            prompt_messages(fill(fields.prompt, inputs), fill(fields.system, inputs)),
            temperature=0,
            max_tokens=fields.max_tokens,
            schema=asked,
        )
        answer = await ask_for_json(
            ctx.models,
            request,
            lambda value: [_words(fault) for fault in faults(asked, value)],
            fields.repairs,
        )
        if not answer.sound:
            raise _failure(answer, asked, fields)
        value = cast("Mapping[str, Value]", answer.value)[_ALONE] if alone else answer.value
        return {"value": value}


def _shape(fields: StructuredFields) -> Mapping[str, Value] | None:
    """The wanted shape as a JSON Schema; None where what stands in the field is none."""
    if fields.shape == "fields":
        return schema_of(fields.wanted, described=True)
    try:
        if fields.shape == "example":
            return schema_like(exact_json(fields.example))
        schema = exact_json(fields.schema)
    except UnreadableAnswer:
        return None
    return schema if isinstance(schema, Mapping) else None


def _around(shape: Mapping[str, Value]) -> Mapping[str, Value]:
    return {
        "type": "object",
        "properties": {_ALONE: shape},
        "required": [_ALONE],
        "additionalProperties": False,
    }


def _words(fault: SchemaFault) -> str:
    place = f'At "{fault.path}"' if fault.path else "The answer"
    return f'{place} breaks "{fault.word}" of the JSON Schema.'


def _failure(answer: StructuredAnswer, asked: Mapping[str, Value], fields: StructuredFields) -> NodeError:
    again = answer.repairs
    if answer.cut:
        return NodeError("structured.cut_off", field="max_tokens", tokens=fields.max_tokens, n=again)
    if answer.unreadable:
        return NodeError(f"structured.{answer.unreadable}", n=again)
    if answer.several:
        return NodeError("structured.several", n=again)
    found = tuple(_in_short(asked, answer.value))
    return NodeError("structured.wrong_shape", faults=found[:_SHOWN], count=len(found), n=again)


def _in_short(asked: Mapping[str, Value], value: Value) -> Iterator[str]:
    """Place and broken word, such as "items.0.price: type"."""
    for fault in faults(asked, value):
        yield f"{fault.path}: {fault.word}" if fault.path else fault.word

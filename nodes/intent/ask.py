"""Ask: what a run needs to be told before it starts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Row, Surroundings
from app.sdk.data_types import DataType, Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, Option, RowsField, TableField, TextField, ToggleField
from app.sdk.node_type import AskedInput, ByPort, Fault, NodeType, Routes
from app.sdk.ports import ERROR_PORT, SKIP, Ports, PortSpec, Skip
from app.sdk.references import is_name
from app.sdk.typed_values import EMPTY, typed

TYPES: tuple[Option, ...] = (
    Option("text", "Text"),
    Option("number", "Number"),
    Option("yesno", "Yes or no"),
    Option("date", "Date"),
    Option("list", "List", "One entry a line."),
    Option("table", "Table"),
    Option("file", "File"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing to fill in."""

    name: Annotated[
        str,
        TextField(
            label="Name", help="Letters, digits and _; a table's column of this name fills it.", required=True
        ),
    ] = ""
    label: Annotated[str, TextField(label="Label", help="What people read; the name if left empty.")] = ""
    type: Annotated[DataType, ChoiceField(label="Kind of value", options=TYPES)] = "text"
    required: Annotated[bool, ToggleField(label="Must be filled in")] = True
    default: Annotated[
        str,
        TextField(
            label="If left empty", help="Taken where nothing was filled in.", shown_if=("required", (False,))
        ),
    ] = ""


@dataclass(frozen=True, slots=True)
class AskFields:
    asked: Annotated[
        tuple[Asked, ...],
        RowsField(
            label="What to ask for",
            help="Each becomes an output of this step.",
            item="question",
            required=True,
        ),
    ] = (Asked("message", "Message"),)
    samples: Annotated[
        tuple[Row, ...],
        TableField(
            label="Samples", help="Rows to try the workflow on, with a column for each name.", cosmetic=True
        ),
    ] = ()


class Ask(NodeType[AskFields, ByPort, Routes]):
    """Asks for what the workflow works on. On Run, these questions are the form that people fill in; in a run over a
    table, each column of the same name fills its question, row by row.

    Keep a few samples here, so that everybody can try the workflow at once and see how good it is.

    Example: ask for "message" (text) and "answer" (text, may stay empty). Join "message" to the step that sorts it, and
    "answer", where you know it, to a Check that compares.
    """

    id = "intent.ask"
    title = "Ask"
    summary = "What the person wants"
    kind = "intent"
    category = "start"
    icon = "message-square"

    @classmethod
    def ports(cls, fields: AskFields) -> Ports:
        outputs = (PortSpec(a.name, a.label or a.name, a.type, own_label=True) for a in _usable(fields))
        return Ports(outputs=tuple(outputs))

    @classmethod
    def asks(cls, fields: AskFields) -> tuple[AskedInput, ...]:
        return tuple(
            AskedInput(a.name, a.label or a.name, a.type, a.required, _default(a)) for a in _usable(fields)
        )

    @classmethod
    def samples(cls, fields: AskFields) -> Sequence[Row]:
        return fields.samples

    @classmethod
    def headline(cls, fields: AskFields) -> str:
        return ", ".join(a.label or a.name for a in _usable(fields))

    @classmethod
    def check(cls, fields: AskFields) -> tuple[Fault, ...]:
        return tuple(_faults(fields))

    def compute(self, fields: AskFields, inputs: ByPort, around: Surroundings) -> Routes:
        given = around.values  # a question without a port of its own keeps the workflow from running
        return {asked.name: _answer(asked, given.get(asked.name)) for asked in fields.asked}


def _usable(fields: AskFields) -> Iterator[Asked]:
    """The questions that can have a port: with a name that no earlier one has."""
    seen: set[str] = set()
    for asked in fields.asked:
        if _can_be_named(asked.name) and asked.name not in seen:
            seen.add(asked.name)
            yield asked


def _can_be_named(name: str) -> bool:
    return is_name(name) and name != ERROR_PORT


def _faults(fields: AskFields) -> Iterator[Fault]:
    seen: set[str] = set()
    for row, asked in enumerate(fields.asked, 1):
        if not _can_be_named(asked.name):
            yield "asked", "ask.bad_name", {"row": row, "name": asked.name}
        elif asked.name in seen:
            yield "asked", "ask.same_name", {"row": row, "name": asked.name}
        if asked.default and not asked.required and _default(asked) is None:
            yield "asked", "ask.bad_default", {"row": row, "name": asked.name, "default": asked.default}
        seen.add(asked.name)


def _default(asked: Asked) -> Value:
    """None where there is none, or none that can be read."""
    if asked.default and not asked.required:
        with contextlib.suppress(NodeError):
            return typed(asked.default, asked.type)
    return None


def _answer(asked: Asked, given: Value) -> Value | Skip:
    if given is not None and given != "":
        return typed(given, asked.type, asked.label or asked.name)
    if asked.required:
        raise NodeError("ask.not_filled", name=asked.label or asked.name)
    default = _default(asked)
    return EMPTY.get(asked.type, SKIP) if default is None else default

"""Inputs: what the steps inside a frame are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Surroundings
from app.sdk.data_types import DataType, Value
from app.sdk.fields import ChoiceField, Option, RowsField, TextField, ToggleField
from app.sdk.node_type import ByPort, Fault, Given, NodeType, Routes, Source
from app.sdk.ports import ERROR_PORT, SKIP, Ports, PortSpec, Skip
from app.sdk.references import is_name
from app.sdk.typed_values import EMPTY, typed
from app.sdk.value_types import VALUE_TYPES

SOURCES: tuple[Option, ...] = (
    Option("item", "the element", "In “For each”: one after the other."),
    Option("column", "a column of the element", "The one with this name."),
    Option("number", "its number", "1, 2, 3 … of the element, or of the turn of a loop."),
    Option("port", "an input of the frame", "The same for every element and turn."),
    Option("variable", "a loop variable", "The result with this name is its next value."),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One value that the steps inside can use."""

    name: Annotated[str, TextField(label="Name", help="Letters, digits and _.", required=True)] = ""
    source: Annotated[Source, ChoiceField(label="What it is", options=SOURCES)] = "item"
    type: Annotated[DataType, ChoiceField(label="Kind of value", options=VALUE_TYPES)] = "any"
    required: Annotated[bool, ToggleField(label="Must be there")] = True


@dataclass(frozen=True, slots=True)
class InputsFields:
    given: Annotated[
        tuple[Row, ...],
        RowsField(
            label="What comes in", help="Each becomes an output of this step.", item="value", required=True
        ),
    ] = (Row("item"),)


class Inputs(NodeType[InputsFields, ByPort, Routes]):
    """Hands out what a frame gives to the steps inside it: the element of "For each" or a column of it, its number, an
    input of the frame, or a variable of a loop.

    Example: in "For each" over a table of orders, name "customer" (a column) and "rates" (an input of the frame). The
    frame gets an input "rates", and each order's customer comes out here.
    """

    id = "flow.inputs"
    title = "Inputs"
    summary = "What goes into a frame"
    kind = "flow"
    category = "logic"
    icon = "log-in"

    @classmethod
    def ports(cls, fields: InputsFields) -> Ports:
        return Ports(outputs=tuple(PortSpec(r.name, r.name, r.type, own_label=True) for r in _usable(fields)))

    @classmethod
    def gives(cls, fields: InputsFields) -> tuple[Given, ...]:
        return tuple(Given(r.name, r.type, r.source, r.required) for r in _usable(fields))

    @classmethod
    def headline(cls, fields: InputsFields) -> str:
        return ", ".join(row.name for row in _usable(fields))

    @classmethod
    def check(cls, fields: InputsFields) -> tuple[Fault, ...]:
        return tuple(_faults(fields))

    def compute(self, fields: InputsFields, inputs: ByPort, around: Surroundings) -> Routes:
        outputs: dict[str, Value | Skip] = {}
        for row in _usable(fields):
            value = around.values.get(row.name)
            if value is None:
                outputs[row.name] = EMPTY.get(row.type, SKIP)
            else:
                outputs[row.name] = value if row.type == "any" else typed(value, row.type, row.name)
        return outputs


def _usable(fields: InputsFields) -> Iterator[Row]:
    """The rows that can have a port: with a name that no earlier one has."""
    seen: set[str] = set()
    for row in fields.given:
        if is_name(row.name) and row.name != ERROR_PORT and row.name not in seen:
            seen.add(row.name)
            yield row


def _faults(fields: InputsFields) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, row in enumerate(fields.given, 1):
        if not is_name(row.name) or row.name == ERROR_PORT:
            yield "given", "ask.bad_name", {"row": number, "name": row.name}
        elif row.name in seen:
            yield "given", "ask.same_name", {"row": number, "name": row.name}
        seen.add(row.name)

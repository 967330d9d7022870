"""Wanted fields: named values of a kind, as rows of a form, and the JSON Schema of a record that has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.data_types import Value
from app.sdk.fields import ChoiceField, Option, TextField, ToggleField
from app.sdk.node_type import Fault

FieldType: TypeAlias = Literal["text", "number", "yesno", "date", "list"]

TYPES: tuple[Option, ...] = (
    Option("text", "Text"),
    Option("number", "Number"),
    Option("date", "Date"),
    Option("yesno", "Yes or no"),
    Option("list", "List of texts"),
)
_SCHEMA_TYPES: Mapping[FieldType, str] = {
    "text": "string",
    "number": "number",
    "yesno": "boolean",
    "date": "string",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One value to find."""

    name: Annotated[str, TextField(label="Name", help="Also the table's column.", required=True)] = ""
    type: Annotated[FieldType, ChoiceField(label="Kind of value", options=TYPES)] = "text"
    description: Annotated[str, TextField(label="What it is", placeholder="The sum to pay, with tax")] = ""
    required: Annotated[bool, ToggleField(label="Must be there")] = True


def name_faults(rows: Sequence[Wanted]) -> tuple[Fault, ...]:
    """What the names of the field `wanted` have against each other."""
    names = [row.name.strip() for row in rows]
    blank: list[Fault] = [
        ("wanted", "extract.blank_name", {"row": i}) for i, name in enumerate(names, 1) if not name
    ]
    twice = dict.fromkeys(name for name in names if name and names.count(name) > 1)
    return (*blank, *(("wanted", "extract.same_name", {"name": name}) for name in twice))


def named(rows: Sequence[Wanted]) -> list[Wanted]:
    """Those with a name of their own."""
    return list({row.name: row for row in reversed(rows) if row.name.strip()}.values())[::-1]


def schema_of(rows: Sequence[Wanted], *, described: bool = False) -> dict[str, Value]:
    """A closed record of these; what need not be there may be null. `described`: with what each is, in words."""
    wanted = named(rows)
    return {
        "type": "object",
        "properties": {row.name: _schema_of(row, described=described) for row in wanted},
        "required": [row.name for row in wanted],
        "additionalProperties": False,
    }


def _schema_of(row: Wanted, *, described: bool) -> dict[str, Value]:
    said: dict[str, Value] = {"description": row.description} if described and row.description else {}
    if row.type == "list":
        return {"type": "array", "items": {"type": "string"}, **said}
    kind = _SCHEMA_TYPES[row.type]
    return {"type": kind if row.required else [kind, "null"], **said}

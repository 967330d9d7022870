"""Write table: rows into a CSV, Excel or JSON Lines file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from app.sdk.context import Row, RunContext
from app.sdk.data_types import LazyList, Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, FileField
from app.sdk.file_paths import IF_EXISTS, IfExists, file_power, path_to_write, write_inputs
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import Port, Ports, PortSpec
from app.sdk.powers import Power
from app.sdk.typed_values import file_value

ENDINGS = (".csv", ".xlsx", ".jsonl")


@dataclass(frozen=True, slots=True)
class WriteTableFields:
    path: Annotated[
        str,
        FileField(label="File", mode="save", endings=ENDINGS, references=True, required=True),
    ] = ""
    if_exists: Annotated[IfExists, ChoiceField(label="If there is one already", options=IF_EXISTS)] = "append"


@dataclass(frozen=True, slots=True)
class WriteTableOutputs:
    file: Annotated[Mapping[str, Value], Port("File", "file", main=True)]
    count: Annotated[int, Port("Rows written", "number", quiet=True)]


class WriteTable(NodeType[WriteTableFields, ByPort, WriteTableOutputs]):
    """Writes rows into a table: CSV, Excel (.xlsx) or JSON Lines (.jsonl). A record is one row, a list of records
    several. In a run over a table each row of the run adds its row here.

    Cells that a spreadsheet would take for a formula get a quote in front, so that text stays text.

    Example: join "Fields" of Extract fields, write to invoices.csv: each invoice becomes a row.
    """

    id = "data.write_table"
    title = "Write table"
    summary = "Adds rows to a table"
    kind = "data"
    category = "tools"
    icon = "sheet"
    effect = "side_effect"

    @classmethod
    def repeatable(cls, fields: WriteTableFields) -> bool:
        return fields.if_exists == "replace"

    @classmethod
    def ports(cls, fields: WriteTableFields) -> Ports:
        return Ports(inputs=write_inputs(PortSpec("rows", "Rows", "any"), fields.path))

    @classmethod
    def powers(cls, fields: WriteTableFields) -> tuple[Power, ...]:
        return (file_power("write", fields.path),)

    @classmethod
    def destinations(cls, fields: WriteTableFields) -> tuple[str, ...]:
        return (fields.path,)

    @classmethod
    def headline(cls, fields: WriteTableFields) -> str:
        return fields.path

    async def run(self, fields: WriteTableFields, inputs: ByPort, ctx: RunContext) -> WriteTableOutputs:
        rows = _rows(inputs["rows"])
        written = await ctx.files.write_table(
            path_to_write(fields.path, inputs),
            rows,
            append=fields.if_exists == "append",
            replace=fields.if_exists == "replace",
        )
        return WriteTableOutputs(file_value(written), len(rows))


def _rows(value: Value) -> Sequence[Row]:
    """A record is one row, a list of records many; a long list is looked at while it is written."""
    rows = [value] if isinstance(value, Mapping) else value
    if isinstance(rows, LazyList) or (
        isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)
    ):
        return cast("Sequence[Row]", rows)
    raise NodeError("table.not_rows")

"""Read table: the rows of a CSV, Excel or JSON Lines file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Row, RunContext
from app.sdk.fields import FileField, NumberField, TextField
from app.sdk.file_paths import file_power, path_to_read, read_inputs
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import Port, Ports
from app.sdk.powers import Power
from app.sdk.references import fill

ENDINGS = (".csv", ".xlsx", ".jsonl")


@dataclass(frozen=True, slots=True)
class ReadTableFields:
    path: Annotated[
        str,
        FileField(label="File", help="Empty: the file comes in by a link.", endings=ENDINGS, references=True),
    ] = ""
    sheet: Annotated[
        str,
        TextField(label="Sheet", help="Of an Excel file; empty: the first.", advanced=True, references=True),
    ] = ""
    limit: Annotated[
        int | None,
        NumberField(label="Only the first", minimum=1, maximum=10_000_000, unit="rows", advanced=True),
    ] = None


@dataclass(frozen=True, slots=True)
class ReadTableOutputs:
    rows: Annotated[Sequence[Row], Port("Rows", "table", main=True)]
    count: Annotated[int, Port("Number of rows", "number", quiet=True)]


class ReadTable(NodeType[ReadTableFields, ByPort, ReadTableOutputs]):
    """Reads the rows of a table: CSV, Excel (.xlsx) or JSON Lines (.jsonl). The first row of a CSV or Excel sheet names
    the columns.

    To run the whole workflow once for each row, don't use this step: choose "Run over a table" instead.

    Example: read prices.csv and bring the table into a prompt with {{prices}}.
    """

    id = "data.read_table"
    title = "Read table"
    summary = "CSV, Excel or JSON Lines"
    kind = "data"
    category = "tools"
    icon = "table"
    effect = "read"

    @classmethod
    def ports(cls, fields: ReadTableFields) -> Ports:
        return Ports(inputs=read_inputs(fields.path, fields.sheet))

    @classmethod
    def powers(cls, fields: ReadTableFields) -> tuple[Power, ...]:
        return (file_power("read", fields.path),)

    @classmethod
    def destinations(cls, fields: ReadTableFields) -> tuple[str, ...]:
        return (fields.path if fields.path.strip() else "{{file}}",)

    @classmethod
    def headline(cls, fields: ReadTableFields) -> str:
        return fields.path

    async def run(self, fields: ReadTableFields, inputs: ByPort, ctx: RunContext) -> ReadTableOutputs:
        path = path_to_read(fields.path, inputs)
        rows = await ctx.files.read_table(path, fill(fields.sheet, inputs).strip(), fields.limit)
        return ReadTableOutputs(rows, len(rows))

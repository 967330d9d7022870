"""Write file: a text into a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.fields import ChoiceField, FileField
from app.sdk.file_paths import IF_EXISTS, IfExists, file_power, path_to_write, write_inputs
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import Port, Ports, PortSpec
from app.sdk.powers import Power
from app.sdk.references import as_text
from app.sdk.typed_values import file_value

ENDINGS = (".txt", ".md", ".html", ".json", ".csv", ".log")


@dataclass(frozen=True, slots=True)
class WriteFileFields:
    path: Annotated[
        str,
        FileField(
            label="File",
            help="{{name}} stands for a value in the file's name.",
            mode="save",
            endings=ENDINGS,
            references=True,
            required=True,
        ),
    ] = ""
    if_exists: Annotated[IfExists, ChoiceField(label="If there is one already", options=IF_EXISTS)] = "stop"


@dataclass(frozen=True, slots=True)
class WriteFileOutputs:
    file: Annotated[Mapping[str, Value], Port("File", "file", main=True)]


class WriteFile(NodeType[WriteFileFields, ByPort, WriteFileOutputs]):
    """Writes a text into a file. A file that is there already is left alone unless you choose to replace it or to add
    to its end. Values in the file's name can't lead to another folder.

    Example: write the summary to summaries/{{name}}.md.
    """

    id = "data.write_file"
    title = "Write file"
    summary = "Saves a text"
    kind = "data"
    category = "tools"
    icon = "file-output"
    effect = "side_effect"

    @classmethod
    def repeatable(cls, fields: WriteFileFields) -> bool:
        return fields.if_exists == "replace"

    @classmethod
    def ports(cls, fields: WriteFileFields) -> Ports:
        return Ports(inputs=write_inputs(PortSpec("text", "Text", "text"), fields.path))

    @classmethod
    def powers(cls, fields: WriteFileFields) -> tuple[Power, ...]:
        return (file_power("write", fields.path),)

    @classmethod
    def destinations(cls, fields: WriteFileFields) -> tuple[str, ...]:
        return (fields.path,)

    @classmethod
    def headline(cls, fields: WriteFileFields) -> str:
        return fields.path

    async def run(self, fields: WriteFileFields, inputs: ByPort, ctx: RunContext) -> WriteFileOutputs:
        written = await ctx.files.write_text(
            path_to_write(fields.path, inputs),
            as_text(inputs["text"]),
            append=fields.if_exists == "append",
            replace=fields.if_exists == "replace",
        )
        return WriteFileOutputs(file_value(written))

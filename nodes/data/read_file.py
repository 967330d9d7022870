"""Read file: the text of a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import RunContext
from app.sdk.fields import FileField
from app.sdk.file_paths import file_power, path_to_read, read_inputs
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import Port, Ports
from app.sdk.powers import Power
from app.sdk.typed_values import file_value

ENDINGS = (".txt", ".md", ".csv", ".json", ".jsonl", ".html", ".xml", ".log")


@dataclass(frozen=True, slots=True)
class ReadFileFields:
    path: Annotated[
        str,
        FileField(label="File", help="Empty: the file comes in by a link.", endings=ENDINGS, references=True),
    ] = ""


@dataclass(frozen=True, slots=True)
class ReadFileOutputs:
    text: Annotated[str, Port("Text", "text", main=True)]
    name: Annotated[str, Port("File name", "text", quiet=True)]


class ReadFile(NodeType[ReadFileFields, ByPort, ReadFileOutputs]):
    """Reads a text file: plain text, Markdown, HTML, JSON or any other file of text. The steps behind it see the text
    as it stands in the file.

    Example: read rules.md and bring it into the role and rules of a model with {{rules}}.
    """

    id = "data.read_file"
    title = "Read file"
    summary = "The text of a file"
    kind = "data"
    category = "tools"
    icon = "file-text"
    effect = "read"

    @classmethod
    def ports(cls, fields: ReadFileFields) -> Ports:
        return Ports(inputs=read_inputs(fields.path))

    @classmethod
    def powers(cls, fields: ReadFileFields) -> tuple[Power, ...]:
        return (file_power("read", fields.path),)

    @classmethod
    def destinations(cls, fields: ReadFileFields) -> tuple[str, ...]:
        return (fields.path if fields.path.strip() else "{{file}}",)

    @classmethod
    def headline(cls, fields: ReadFileFields) -> str:
        return fields.path

    async def run(self, fields: ReadFileFields, inputs: ByPort, ctx: RunContext) -> ReadFileOutputs:
        path = path_to_read(fields.path, inputs)
        return ReadFileOutputs(await ctx.files.read_text(path), str(file_value(path)["name"]))

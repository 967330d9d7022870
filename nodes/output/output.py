"""Output: a named result of the workflow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Surroundings
from app.sdk.data_types import Value
from app.sdk.fields import TextField
from app.sdk.node_type import NodeType, Routes
from app.sdk.ports import Port


@dataclass(frozen=True, slots=True)
class OutputFields:
    name: Annotated[
        str,
        TextField(label="Name of the result", help="Also the column in a run over a table.", required=True),
    ] = "result"


@dataclass(frozen=True, slots=True)
class OutputInputs:
    value: Annotated[Value, Port("Result", "any")]


class Output(NodeType[OutputFields, OutputInputs, Routes]):
    """Hands a result out under a name: what people see after a run, what the command line prints, and a column of the
    table in a run over a table. A workflow may have several.

    Example: name "reply", joined to the last model.
    """

    id = "output.output"
    title = "Output"
    summary = "Delivers the result"
    kind = "output"
    category = "start"
    icon = "flag"

    @classmethod
    def result_name(cls, fields: OutputFields) -> str:
        return fields.name.strip() or "result"

    @classmethod
    def headline(cls, fields: OutputFields) -> str:
        return fields.name

    def compute(self, fields: OutputFields, inputs: OutputInputs, around: Surroundings) -> Routes:
        return {}

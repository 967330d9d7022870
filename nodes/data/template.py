"""Text template: a text with values filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.context import Surroundings
from app.sdk.fields import TextField
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import Port, Ports
from app.sdk.reference_ports import grown_inputs
from app.sdk.references import fill


@dataclass(frozen=True, slots=True)
class TemplateFields:
    text: Annotated[
        str,
        TextField(
            label="Text",
            help="{{name}} stands for a value; each name becomes an input.",
            lines=8,
            references=True,
            required=True,
        ),
    ] = "{{value}}"


@dataclass(frozen=True, slots=True)
class TemplateOutputs:
    text: Annotated[str, Port("Text", "text", main=True)]


class Template(NodeType[TemplateFields, ByPort, TemplateOutputs]):
    """Fills values into a text. {{name}} becomes an input of that name, {{order.total}} a part of a record, and
    {{name | default "friend"}} has a word ready where nothing comes. More filters: upper, lower, trim, first 3, length,
    join ", ", round 2, keys, json.

    Example: "Dear {{name}}, your order {{order.number}} is on its way."
    """

    id = "data.template"
    title = "Text template"
    summary = "Fills values into a text"
    kind = "data"
    category = "logic"
    icon = "type"

    @classmethod
    def ports(cls, fields: TemplateFields) -> Ports:
        return Ports(inputs=grown_inputs(fields.text))

    @classmethod
    def headline(cls, fields: TemplateFields) -> str:
        return " ".join(fields.text.split())[:80]

    def compute(self, fields: TemplateFields, inputs: ByPort, around: Surroundings) -> TemplateOutputs:
        return TemplateOutputs(fill(fields.text, inputs))

"""If: send a value one way or the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.conditions import Condition, is_true, looked_at
from app.sdk.context import Surroundings
from app.sdk.data_types import Value
from app.sdk.fields import ChoiceField, Option, RowsField
from app.sdk.node_type import ByPort, NodeType
from app.sdk.ports import SKIP, Port, Ports, PortSpec, Skip
from app.sdk.reference_ports import grown_inputs

Joined: TypeAlias = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class IfFields:
    conditions: Annotated[
        tuple[Condition, ...], RowsField(label="Conditions", item="condition", required=True)
    ] = (Condition(operator="not_empty"),)
    joined: Annotated[
        Joined,
        ChoiceField(
            label="Yes if", options=(Option("all", "all of them hold"), Option("any", "one of them holds"))
        ),
    ] = "all"


@dataclass(frozen=True, slots=True)
class IfOutputs:
    yes: Annotated[Value | Skip, Port("Yes", "any", main=True)] = SKIP
    no: Annotated[Value | Skip, Port("No", "any")] = SKIP


class If(NodeType[IfFields, ByPort, IfOutputs]):
    """Sends a value by "Yes" or by "No". A condition compares {{value}}, a part of it such as {{value.total}}, or any
    other value: each name becomes an input. Capital letters and spaces don't count; texts that are numbers or dates are
    compared as such.

    Example: {{value.total}} "is more than" 500. A record with the total 620 leaves by "Yes".
    """

    id = "flow.if"
    title = "If"
    summary = "Chooses a way by a condition"
    kind = "flow"
    category = "logic"
    icon = "git-branch"

    @classmethod
    def ports(cls, fields: IfFields) -> Ports:
        texts = (text for condition in fields.conditions for text in looked_at(condition))
        return Ports(inputs=(PortSpec("value", "Value", "any"), *grown_inputs(*texts, beside=("value",))))

    @classmethod
    def headline(cls, fields: IfFields) -> str:
        return ", ".join(condition.what for condition in fields.conditions)

    def compute(self, fields: IfFields, inputs: ByPort, around: Surroundings) -> IfOutputs:
        answers = (is_true(condition, inputs) for condition in fields.conditions)
        holds = all(answers) if fields.joined == "all" else any(answers)
        return IfOutputs(yes=inputs["value"]) if holds else IfOutputs(no=inputs["value"])

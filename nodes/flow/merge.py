"""Merge: bring several ways together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.context import Surroundings
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, NumberField, Option
from app.sdk.node_type import MergeRule, NodeType, Routes
from app.sdk.ports import Port, Ports, PortSpec

WaitFor: TypeAlias = Literal["first", "all", "k"]

WAITS: tuple[Option, ...] = (
    Option("first", "the first value", "The first to come is handed on, the others are not waited for."),
    Option("all", "all that come", "A list, in the order of the links; ways not taken are left out."),
    Option("k", "a number of values", "A list, as soon as so many have come."),
)


@dataclass(frozen=True, slots=True)
class MergeFields:
    wait_for: Annotated[WaitFor, ChoiceField(label="Wait for", options=WAITS)] = "first"
    k: Annotated[
        int, NumberField(label="How many", minimum=1, maximum=1000, shown_if=("wait_for", ("k",)))
    ] = 2


@dataclass(frozen=True, slots=True)
class MergeInputs:
    values: Annotated[Sequence[Value], Port("Values", "any", many=True)]


class Merge(NodeType[MergeFields, MergeInputs, Routes]):
    """Brings several ways together; the only step whose input takes many links. It is skipped only if nothing comes on
    any of them.

    Example: join "Passed" of the check behind the cheap model and the answer of the strong model, wait for the first
    value: whichever way was taken, one answer goes on.
    """

    id = "flow.merge"
    title = "Merge"
    summary = "Brings several ways together"
    kind = "flow"
    category = "logic"
    icon = "merge"

    @classmethod
    def ports(cls, fields: MergeFields) -> Ports:
        return Ports(outputs=(PortSpec("value", "Result", "any" if fields.wait_for == "first" else "list"),))

    @classmethod
    def merge_rule(cls, fields: MergeFields) -> MergeRule:
        return MergeRule(fields.wait_for, fields.k if fields.wait_for == "k" else 1)

    def compute(self, fields: MergeFields, inputs: MergeInputs, around: Surroundings) -> Routes:
        came = list(inputs.values)
        if fields.wait_for == "first":
            return {"value": came[0]}
        if fields.wait_for == "k" and len(came) < fields.k:
            raise NodeError("merge.too_few", field="k", came=len(came), wanted=fields.k)
        return {"value": came[: fields.k] if fields.wait_for == "k" else came}

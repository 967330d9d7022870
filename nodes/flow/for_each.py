"""For each: run the steps inside once for every element of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.fields import ChoiceField, NumberField, Option, ToggleField
from app.sdk.frame_bodies import handed_on
from app.sdk.node_type import ByPort, Graph, MapRule, NodeType, Routes
from app.sdk.ports import Ports, PortSpec

StopRule: TypeAlias = Literal["never", "count", "share"]

STOPS: tuple[Option, ...] = (
    Option("never", "go on to the end"),
    Option("count", "stop after a number of them"),
    Option("share", "stop after a share of them"),
)


@dataclass(frozen=True, slots=True)
class ForEachFields:
    at_a_time: Annotated[
        int | None,
        NumberField(
            label="At a time",
            help="Empty: as many as the run allows.",
            minimum=1,
            maximum=1000,
            cosmetic=True,
        ),
    ] = None
    when_failed: Annotated[StopRule, ChoiceField(label="If elements fail", options=STOPS)] = "never"
    stop_after: Annotated[
        int, NumberField(label="How many", minimum=1, maximum=1_000_000, shown_if=("when_failed", ("count",)))
    ] = 10
    stop_share: Annotated[
        float,
        NumberField(
            label="Percent",
            help="Looked at from the tenth element on.",
            minimum=0,
            maximum=100,
            unit="%",
            shown_if=("when_failed", ("share",)),
        ),
    ] = 10.0
    keep_failed: Annotated[
        bool,
        ToggleField(
            label="Keep failed elements in the results", help="As a record that says what was wrong."
        ),
    ] = True


class ForEach(NodeType[ForEachFields, ByPort, Routes]):
    """Runs the steps inside once for every element of a list or row of a table, several at a time. Each result inside
    becomes a list, in the order of the elements. A list or file of any length is read only as fast as it is worked off.

    Open it to edit the steps inside. "Inputs" there hands out the element; each "Output" is a result.

    Example: a table of reviews goes in; inside, a cheap model names each review's topic; the list of topics comes out.
    """

    id = "flow.for_each"
    title = "For each"
    summary = "Repeats steps for each element"
    kind = "flow"
    category = "logic"
    icon = "layers"
    frame = "map"

    @classmethod
    def ports(cls, fields: ForEachFields) -> Ports:
        return Ports(
            inputs=(PortSpec("items", "List", "list"),),
            outputs=(PortSpec("failed", "Failed", "list", quiet=True),),
        )

    @classmethod
    def frame_rule(cls, fields: ForEachFields) -> MapRule:
        return MapRule(
            fields.at_a_time,
            fields.stop_after if fields.when_failed == "count" else None,
            fields.stop_share / 100 if fields.when_failed == "share" else None,
            fields.keep_failed,
        )

    @classmethod
    def starting_body(cls, ids: Sequence[str]) -> Graph:
        return handed_on(ids, "item", "item", "result")

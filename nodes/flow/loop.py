"""Loop: run the steps inside again and again until something holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from app.sdk.conditions import Condition, is_true, looked_at
from app.sdk.data_types import Value
from app.sdk.fields import ChoiceField, NumberField, Option, RowsField
from app.sdk.frame_bodies import handed_on
from app.sdk.node_type import ByPort, Graph, LoopRule, NodeType, Routes
from app.sdk.ports import Ports, PortSpec
from app.sdk.reference_ports import grown_inputs

Joined: TypeAlias = Literal["all", "any"]


@dataclass(frozen=True, slots=True)
class LoopFields:
    until: Annotated[
        tuple[Condition, ...],
        RowsField(
            label="Ends when",
            help="Looked at after every turn. {{name}} is a loop variable, a result, or an input of the frame.",
            item="condition",
        ),
    ] = ()
    joined: Annotated[
        Joined,
        ChoiceField(
            label="If", options=(Option("all", "all of them hold"), Option("any", "one of them holds"))
        ),
    ] = "all"
    max_turns: Annotated[int, NumberField(label="Turns at most", minimum=1, maximum=100_000)] = 5
    max_usd: Annotated[
        float | None,
        NumberField(
            label="Money at most", help="US dollars, for all turns.", minimum=0.0001, step=0.01, unit="$"
        ),
    ] = None
    max_minutes: Annotated[
        float | None, NumberField(label="Time at most", minimum=0.01, maximum=525_600, unit="minutes")
    ] = None


class Loop(NodeType[LoopFields, ByPort, Routes]):
    """Runs the steps inside, looks whether it may end, and runs them again. A loop variable begins with what comes in
    under its name; each turn's result of the same name is its next value. It always ends: after so many turns, so much
    money or so much time, and it says which it was.

    Open it to edit the steps inside. "Inputs" there hands out the variables; each "Output" is a result.

    Example: the variable "draft" goes in; inside, a strong model improves it and a judge scores it ("score"). Ends when
    {{score}} is at least 8, after three turns at most.
    """

    id = "flow.loop"
    title = "Loop"
    summary = "Repeats steps until it is enough"
    kind = "flow"
    category = "logic"
    icon = "repeat"
    frame = "loop"

    @classmethod
    def ports(cls, fields: LoopFields) -> Ports:
        return Ports(
            outputs=(
                PortSpec("turns", "Turns", "number", quiet=True),
                PortSpec("ended_by", "Ended by", "text", quiet=True),
            )
        )

    @classmethod
    def frame_rule(cls, fields: LoopFields) -> LoopRule:
        def is_over(values: Mapping[str, Value]) -> bool:
            if not fields.until:
                return False
            known = {name: values.get(name) for name in _names(fields)}
            answers = (is_true(condition, known) for condition in fields.until)
            return all(answers) if fields.joined == "all" else any(answers)

        return LoopRule(
            is_over,
            frozenset(_names(fields)),
            fields.max_turns,
            None if fields.max_usd is None else Decimal(str(fields.max_usd)),
            None if fields.max_minutes is None else fields.max_minutes * 60,
        )

    @classmethod
    def headline(cls, fields: LoopFields) -> str:
        return ", ".join(condition.what for condition in fields.until)

    @classmethod
    def starting_body(cls, ids: Sequence[str]) -> Graph:
        return handed_on(ids, "value", "variable", "value")


def _names(fields: LoopFields) -> list[str]:
    texts = [text for condition in fields.until for text in looked_at(condition)]
    return [port.name for port in grown_inputs(*texts)]

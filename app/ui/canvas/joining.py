"""Joining: whether two ports may be joined, which port of a card fits, and what a splice joins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.document.graph import would_close_cycle
from app.document.workflow import Edge, PortRef, Workflow
from app.sdk.data_types import DataType, can_join
from app.sdk.ports import Ports, PortSpec
from app.texts import text
from app.ui.canvas.placed import Placed


@dataclass(frozen=True, slots=True)
class Ends:
    """An output and an input that somebody wants to join."""

    source: PortRef
    target: PortRef


def refusal(
    ends: Ends, workflow: Workflow, placed: Mapping[str, Placed], replaced: Edge | None = None
) -> str:
    """Why these ports can't be joined, as a sentence; "" if they can. `replaced` goes away in the same step."""
    source = placed[ends.source.node].output(ends.source.port)
    target = placed[ends.target.node].ports.input(ends.target.port)
    if source is None or target is None:
        return text("canvas.refuse.gone")
    if ends.source.node == ends.target.node:
        return text("canvas.refuse.itself")
    if not can_join(source.type, target.type):
        return text("canvas.refuse.type", source=type_word(source.type), target=type_word(target.type))
    edge = Edge(ends.source, ends.target)
    if any(other.id == edge.id and other != replaced for other in workflow.graph.edges):
        return text("canvas.refuse.joined")
    if would_close_cycle(workflow.graph, edge):
        return text("canvas.refuse.cycle")
    return ""


def type_word(data_type: DataType) -> str:
    """What people call a type of data."""
    return text(f"canvas.type.{data_type}")


def fitting_input(placed: Placed, source: DataType) -> str | None:
    """The input of a card that an output of this type goes to: free and of the same type first."""
    return _best(
        [(p, p.name in placed.joined_in and not p.many) for p in placed.ports.inputs], source, into=True
    )


def fitting_output(placed: Placed, target: DataType) -> str | None:
    """The output of a card that feeds an input of this type."""
    return _best([(p, False) for p in placed.ports.outputs], target, into=False)


def splice_ports(ports: Ports, source: DataType, target: DataType) -> tuple[str, str] | None:
    """The input and output through which a node fits into an edge between these types; None if it doesn't."""
    placed_in = _best([(p, False) for p in ports.inputs], source, into=True)
    placed_out = _best([(p, False) for p in ports.outputs], target, into=False)
    return (placed_in, placed_out) if placed_in is not None and placed_out is not None else None


def _best(ports: list[tuple[PortSpec, bool]], wanted: DataType, *, into: bool) -> str | None:
    """Ports that are taken or quiet come last, those of the very type and the main one first."""
    fitting = [
        (taken or port.quiet, port.type != wanted, not port.main, index, port.name)
        for index, (port, taken) in enumerate(ports)
        if (can_join(wanted, port.type) if into else can_join(port.type, wanted))
    ]
    return min(fitting)[-1] if fitting else None

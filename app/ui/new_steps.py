"""New steps: the operation that places a library entry, alone, at the end of a link or into a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.document.graph import every_node
from app.document.operations import AddNodes, Batch, Connect, Disconnect, Operation
from app.document.workflow import Edge, Node, PortRef, Workflow
from app.sdk.data_types import can_join
from app.sdk.ports import PortSpec
from app.sdk.spec import NodeSpec
from app.ui.canvas.joining import fitting_input, fitting_output, splice_ports
from app.ui.canvas.placed import Placed, SpecLookup, fresh_node, ports_of

_APART = 624  # px between what a fresh frame holds: a step and its links go in between


@dataclass(frozen=True, slots=True)
class Fitting:
    """The loose end of a link that was dropped on the empty canvas: a port, and which side it is."""

    port: PortRef
    side: Literal["out", "in"]


def new_node(entry: str, workflow: Workflow, specs: SpecLookup) -> Node | None:
    """A node as a library entry ("type" or "type#preset") makes it; None where the type isn't here."""
    return fresh_node(entry, {node.id for node in every_node(workflow.graph)}, specs)


def add(node: Node, at: tuple[int, int], frame: str) -> AddNodes:
    """Places a node inside a frame (empty: the outermost graph)."""
    return AddNodes((node,), places(node, at), frame=frame)


def places(node: Node, at: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """A fresh node's place, and those of what it begins with inside: in a row, with room for a step between."""
    inside = node.body.nodes if node.body else ()
    return {node.id: at, **{inner: (number * _APART, 0) for number, inner in enumerate(inside)}}


def add_fitting(
    node: Node, at: tuple[int, int], end: Fitting, placed: Placed, specs: SpecLookup, frame: str
) -> Operation:
    """Places a node and joins it to a loose end, where it has a port that fits. `placed` is the end's node."""
    mine = Placed(node, specs(node.type), ports_of(node, specs))
    edge: Edge | None = None
    if end.side == "out" and (port := placed.output(end.port.port)):
        into = fitting_input(mine, port.type)
        edge = Edge(end.port, PortRef(node.id, into)) if into else None
    elif end.side == "in" and (port := placed.ports.input(end.port.port)):
        out = fitting_output(mine, port.type)
        edge = Edge(PortRef(node.id, out), end.port) if out else None
    return AddNodes((node,), places(node, at), (edge,) if edge else (), frame)


def add_into(
    node: Node,
    at: tuple[int, int],
    edge: Edge,
    types: tuple[PortSpec, PortSpec],
    specs: SpecLookup,
    frame: str,
) -> Operation:
    """Places a node into an edge between ports of these types, where it fits; else only places it."""
    ports = splice_ports(ports_of(node, specs), types[0].type, types[1].type)
    if ports is None:
        return add(node, at, frame)
    into, out = ports
    edges = (Edge(edge.source, PortRef(node.id, into)), Edge(PortRef(node.id, out), edge.target))
    return Batch("splice", (Disconnect(edge), AddNodes((node,), places(node, at), edges, frame)))


def fits(spec: NodeSpec, end: PortSpec, side: Literal["out", "in"], specs: SpecLookup) -> bool:
    """Whether a fresh node of a type could be joined to a port."""
    node = fresh_node(spec.id, (), specs)
    if node is None:
        return False
    ports = ports_of(node, specs)
    if side == "out":
        return any(can_join(end.type, port.type) for port in ports.inputs)
    return any(can_join(port.type, end.type) for port in ports.outputs)


def rejoined(old: Edge, source: PortRef, target: PortRef) -> Operation:
    """Takes one end of an edge to another port."""
    return Batch("reconnect", (Disconnect(old), Connect(Edge(source, target))))

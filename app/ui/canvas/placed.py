"""Placed: a node on the canvas together with the ports that it has now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from app.document.workflow import Edge, Node, Workflow
from app.sdk.node_type import NodeType
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.spec import AnyNodeType, FieldFault, NodeSpec
from app.ui.canvas.anatomy import MAX_WIDTH, MIN_WIDTH, WIDTH, Anatomy

SpecLookup: TypeAlias = Callable[[str], NodeSpec | None]

NO_PORTS = Ports()
ERROR_OUTPUT = PortSpec(ERROR_PORT, "Error", "record", required=False, tone="error")


@dataclass(frozen=True, slots=True)
class Placed:
    """`joined_*` are the names of the ports that edges use; `gone_*` those of them that the settings no
    longer make, or that an unknown type is known to have by its edges alone.
    """

    node: Node
    spec: NodeSpec | None
    ports: Ports
    joined_in: frozenset[str] = frozenset()
    joined_out: frozenset[str] = frozenset()
    gone_in: tuple[str, ...] = ()
    gone_out: tuple[str, ...] = ()
    width: int = WIDTH

    def output(self, name: str) -> PortSpec | None:
        """An output port by name, the error port among them; of an unknown type nothing is known but the name."""
        if self.spec is None:
            return PortSpec(name, name, "any")
        found = self.ports.output(name)
        return ERROR_OUTPUT if found is None and name == ERROR_PORT else found

    def is_quiet_in(self, port: PortSpec) -> bool:
        """Whether an input shows only on the flap: quiet, and nothing joined to it."""
        return port.quiet and port.name not in self.joined_in

    def is_quiet_out(self, port: PortSpec) -> bool:
        """Whether an output shows only on the flap."""
        return port.quiet and port.name not in self.joined_out

    def anatomy(self, *, preview: bool) -> Anatomy:
        return Anatomy(
            inputs=tuple(p.name for p in self.ports.inputs if not self.is_quiet_in(p)) + self.gone_in,
            outputs=tuple(p.name for p in self.ports.outputs if not self.is_quiet_out(p)) + self.gone_out,
            quiet_inputs=tuple(p.name for p in self.ports.inputs if self.is_quiet_in(p)),
            quiet_outputs=tuple(p.name for p in self.ports.outputs if self.is_quiet_out(p)),
            error=ERROR_PORT if self.spec else "",
            width=self.width,
            preview=preview,
        )


def place(node: Node, spec: NodeSpec | None, edges: Iterable[Edge], width: int | None = None) -> Placed:
    """Looks up the ports of a node; `edges` are those that touch it."""
    joined_in: set[str] = set()
    joined_out: set[str] = set()
    for edge in edges:
        if edge.target.node == node.id:
            joined_in.add(edge.target.port)
        if edge.source.node == node.id:
            joined_out.add(edge.source.port)
    ports = ports_of(node, spec)
    gone_in = joined_in.difference(port.name for port in ports.inputs)
    gone_out = joined_out.difference(port.name for port in ports.outputs)
    if spec is not None:
        gone_out.discard(ERROR_PORT)
    return Placed(
        node,
        spec,
        ports,
        frozenset(joined_in),
        frozenset(joined_out),
        tuple(sorted(gone_in)) if gone_in else (),
        tuple(sorted(gone_out)) if gone_out else (),
        WIDTH if width is None else max(MIN_WIDTH, min(MAX_WIDTH, width)),
    )


def ports_of(node: Node, spec: NodeSpec | None) -> Ports:
    """The ports of a node with its settings; the type's own where the settings can't be read."""
    if spec is None:
        return NO_PORTS
    # Most types have the same ports with any settings: for them nothing needs to be decoded.
    if not _decides_ports(spec.type):
        return spec.fixed_ports
    fields = fields_of(node, spec)
    return spec.fixed_ports if fields is None else spec.ports(fields)


@cache
def _decides_ports(node_type: AnyNodeType) -> bool:
    return any("ports" in vars(base) for base in node_type.__mro__ if base is not NodeType)


def fields_of(node: Node, spec: NodeSpec) -> Any:
    """The node's decoded fields, or None where the file's can't be read."""
    try:
        return spec.decode(node.fields)
    except FieldFault:
        return None


def edges_by_node(edges: Iterable[Edge]) -> Mapping[str, list[Edge]]:
    """Every edge under both of its nodes."""
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(edge.source.node, []).append(edge)
        found.setdefault(edge.target.node, []).append(edge)
    return found


def place_all(workflow: Workflow, specs: SpecLookup) -> dict[str, Placed]:
    """All nodes of a workflow, by id."""
    edges = edges_by_node(workflow.graph.edges)
    widths = workflow.layout.widths
    return {
        node.id: place(node, specs(node.type), edges.get(node.id, ()), widths.get(node.id))
        for node in workflow.graph.nodes.values()
    }

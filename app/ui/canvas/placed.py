"""Placed: a node on the canvas together with the ports that it has now."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from app.document.ids import new_id
from app.document.workflow import Edge, Node, Workflow
from app.registry.placed_ports import placed_ports
from app.sdk.node_type import NodeType
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.spec import AnyNodeType, FieldFault, NodeSpec
from app.ui.canvas.anatomy import MAX_WIDTH, MIN_WIDTH, WIDTH, Anatomy

SpecLookup: TypeAlias = Callable[[str], NodeSpec | None]

NO_PORTS = Ports()
_IDS = 9  # for a fresh node and what its body may begin with
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

    @property
    def opens(self) -> bool:
        """Whether there is a level inside it."""
        return self.node.body is not None or (
            self.spec is not None and self.spec.type.frame in ("map", "loop", "agent")
        )

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


def fresh_node(entry: str, taken: Container[str], specs: SpecLookup) -> Node | None:
    """A node as a library entry ("type" or "type#preset") makes it, a frame with a body to begin with; its ids are
    none that are `taken`. None where the type isn't here.
    """
    type_id, _, preset_id = entry.partition("#")
    spec = specs(type_id)
    if spec is None:
        return None
    preset = next((preset for preset in spec.type.presets if preset.id == preset_id), None)
    fields = spec.encode(spec.decode(preset.fields)) if preset else {}
    ids: list[str] = []
    while len(ids) < _IDS:
        name = new_id(taken)
        ids += [name] if name not in ids else []
    body = spec.type.starting_body(ids[1:])
    return Node(ids[0], type_id, spec.type.version, fields=fields, body=body)


def place(node: Node, specs: SpecLookup, edges: Iterable[Edge], width: int | None = None) -> Placed:
    """Looks up the ports of a node; `edges` are those that touch it."""
    joined_in: set[str] = set()
    joined_out: set[str] = set()
    for edge in edges:
        if edge.target.node == node.id:
            joined_in.add(edge.target.port)
        if edge.source.node == node.id:
            joined_out.add(edge.source.port)
    spec, ports = specs(node.type), ports_of(node, specs)
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


def ports_of(node: Node, specs: SpecLookup) -> Ports:
    """The ports of a node with its settings (where they can't be read, those of a fresh node) and a frame's body."""
    spec = specs(node.type)
    if spec is None:
        return NO_PORTS
    # Most types have the same ports with any settings: for them nothing needs to be decoded.
    return placed_ports(node, specs) if _decides_ports(spec.type) else spec.fixed_ports


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
        node.id: place(node, specs, edges.get(node.id, ()), widths.get(node.id))
        for node in workflow.graph.nodes.values()
    }

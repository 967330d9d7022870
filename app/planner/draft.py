"""The draft: a workflow with its specs and ports looked up, which the checks read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.document.workflow import Edge, Node, Workflow
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.spec import FieldFault, NodeSpec

SpecLookup = Callable[[str], NodeSpec | None]

_ERROR_OUTPUT = PortSpec(ERROR_PORT, "Error", "record", required=False, tone="fail")


@dataclass(frozen=True, slots=True)
class DraftNode:
    """A node with what its type says of it; `fault` where its fields can't be read."""

    node: Node
    spec: NodeSpec | None
    fields: Any
    ports: Ports
    fault: FieldFault | None = None

    def output(self, name: str) -> PortSpec | None:
        """An output port by name; every known node also has its error port."""
        port = self.ports.output(name)
        return _ERROR_OUTPUT if port is None and name == ERROR_PORT and self.spec else port


@dataclass(frozen=True, slots=True)
class Draft:
    """All nodes by id, and the edges into and out of each."""

    workflow: Workflow
    nodes: Mapping[str, DraftNode]
    incoming: Mapping[str, tuple[Edge, ...]]
    outgoing: Mapping[str, tuple[Edge, ...]]


def draft_of(workflow: Workflow, spec_of: SpecLookup) -> Draft:
    """Looks everything up once. Edges to nodes that don't exist stay out of the two tables."""
    nodes = {node.id: _draft_node(node, spec_of(node.type)) for node in workflow.graph.nodes.values()}
    incoming: dict[str, list[Edge]] = {node: [] for node in nodes}
    outgoing: dict[str, list[Edge]] = {node: [] for node in nodes}
    for edge in workflow.graph.edges:
        if edge.source.node in nodes and edge.target.node in nodes:
            incoming[edge.target.node].append(edge)
            outgoing[edge.source.node].append(edge)
    return Draft(
        workflow,
        nodes,
        {node: tuple(edges) for node, edges in incoming.items()},
        {node: tuple(edges) for node, edges in outgoing.items()},
    )


def _draft_node(node: Node, spec: NodeSpec | None) -> DraftNode:
    if spec is None:
        return DraftNode(node, None, None, Ports())
    try:
        fields = spec.decode(node.fields)
    except FieldFault as fault:
        fields = spec.decode({})
        return DraftNode(node, spec, fields, spec.ports(fields), fault)
    return DraftNode(node, spec, fields, spec.ports(fields))

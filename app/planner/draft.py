"""The draft: a workflow with its specs and ports looked up, which the checks read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from app.document.workflow import Edge, Graph, Node, Workflow
from app.planner.agent_tools import ToolDraft, tools_of
from app.registry.placed_ports import placed_ports
from app.sdk.node_type import WorkflowRule
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.spec import FieldFault, NodeSpec

SpecLookup = Callable[[str], NodeSpec | None]
PartLookup = Callable[[WorkflowRule], Workflow | None]

MOST_DEEP = 8  # frames within frames

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
    """One level: its nodes by id, the edges into and out of each, and what its frames hold.

    `frame` is the node whose body this is, None for the workflow itself. `workflow` is the one whose file holds these
    nodes: inside a Sub-workflow the other one. `too_deep` are frames that were not looked into. `tools` are those of
    the agents here. `held` are pinned: their results are given.
    """

    workflow: Workflow
    graph: Graph
    nodes: Mapping[str, DraftNode]
    incoming: Mapping[str, tuple[Edge, ...]]
    outgoing: Mapping[str, tuple[Edge, ...]]
    bodies: Mapping[str, Draft]
    frame: DraftNode | None = None
    too_deep: tuple[str, ...] = ()
    tools: Mapping[str, tuple[ToolDraft, ...]] = field(default_factory=dict[str, tuple[ToolDraft, ...]])
    held: frozenset[str] = frozenset()

    def levels(self) -> Iterator[Draft]:
        """Itself and all within."""
        yield self
        for body in self.bodies.values():
            yield from body.levels()


def draft_of(workflow: Workflow, spec_of: SpecLookup, part_of: PartLookup = lambda _: None) -> Draft:
    """Looks everything up once. Edges to nodes that don't exist stay out of the two tables."""
    agents: list[Callable[[Draft], None]] = []
    whole = _level(workflow, workflow.graph, spec_of, part_of, None, 0, agents)
    while agents:  # a tool may hold another agent
        agents.pop()(whole)
    return whole


def _level(
    workflow: Workflow,
    graph: Graph,
    spec_of: SpecLookup,
    part_of: PartLookup,
    frame: DraftNode | None,
    depth: int,
    agents: list[Callable[[Draft], None]],
) -> Draft:
    """`agents` gets who finds the tools of an agent, once the whole workflow is known."""
    nodes = {node.id: _draft_node(node, spec_of) for node in graph.nodes.values()}
    incoming: dict[str, list[Edge]] = {node: [] for node in nodes}
    outgoing: dict[str, list[Edge]] = {node: [] for node in nodes}
    for edge in graph.edges:
        if edge.source.node in nodes and edge.target.node in nodes:
            incoming[edge.target.node].append(edge)
            outgoing[edge.source.node].append(edge)
    bodies: dict[str, Draft] = {}
    tools: dict[str, tuple[ToolDraft, ...]] = {}
    too_deep: list[str] = []
    for name, node in nodes.items():
        inside = _inside(workflow, node, part_of)
        if inside and depth < MOST_DEEP:
            bodies[name] = _level(*inside, spec_of, part_of, node, depth + 1, agents)
            if node.spec and node.spec.type.frame == "agent":
                below = partial(_level_of, workflow, spec_of, part_of, node, depth + 1, agents)
                agents.append(partial(_find_tools, tools, name, bodies[name], below))
        elif inside:
            too_deep.append(name)
    return Draft(
        workflow,
        graph,
        nodes,
        {node: tuple(edges) for node, edges in incoming.items()},
        {node: tuple(edges) for node, edges in outgoing.items()},
        bodies,
        frame,
        tuple(too_deep),
        tools,
    )


def _level_of(
    workflow: Workflow,
    spec_of: SpecLookup,
    part_of: PartLookup,
    frame: DraftNode,
    depth: int,
    agents: list[Callable[[Draft], None]],
    graph: Graph,
) -> Draft:
    return _level(workflow, graph, spec_of, part_of, frame, depth, agents)


def _find_tools(
    tools: dict[str, tuple[ToolDraft, ...]],
    name: str,
    body: Draft,
    level: Callable[[Graph], Draft],
    whole: Draft,
) -> None:
    tools[name] = tools_of(name, body, level, whole)


def _inside(workflow: Workflow, node: DraftNode, part_of: PartLookup) -> tuple[Workflow, Graph] | None:
    if node.spec is None or not node.spec.type.frame or node.node.disabled:
        return None
    rule = node.spec.type.frame_rule(node.fields)
    if isinstance(rule, WorkflowRule):
        part = part_of(rule) if rule.digest else None
        return None if part is None else (part, part.graph)
    return None if node.node.body is None else (workflow, node.node.body)


def _draft_node(node: Node, spec_of: SpecLookup) -> DraftNode:
    spec = spec_of(node.type)
    if spec is None:
        return DraftNode(node, None, None, Ports())
    try:
        fields = spec.decode(node.fields)
    except FieldFault as fault:
        fields = spec.decode({})
        return DraftNode(node, spec, fields, placed_ports(node, spec_of, fields), fault)
    return DraftNode(node, spec, fields, placed_ports(node, spec_of, fields))

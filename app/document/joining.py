"""Joining two ports by hand: a plain edge, an offer of a Merge where the input is taken, or a refusal."""

from __future__ import annotations

from dataclasses import dataclass

from app.document.graph import every_node, would_close_cycle
from app.document.ids import new_id
from app.document.operations import AddNodes, Batch, Connect, Disconnect, Operation
from app.document.operations.operation import home_of, inside, refuse
from app.document.workflow import Edge, Node, PortRef, Workflow

GRID = 24  # pixels


@dataclass(frozen=True)  # no slots: the defaults are read from the class too
class MergeType:
    """What is needed to know of the Merge node: its type and its two ports."""

    type: str = "flow.merge"
    version: int = 1
    input: str = "values"
    output: str = "value"


@dataclass(frozen=True, slots=True)
class MergeOffer:
    """The input has an edge already: `replaced` takes that one's place, `merged` lets a Merge take both."""

    existing: Edge
    edge: Edge

    def replaced(self) -> Batch:
        return Batch("reconnect", (Disconnect(self.existing), Connect(self.edge)))

    def merged(self, workflow: Workflow, merge: MergeType) -> Batch:
        return insert_merge(workflow, self.existing, self.edge, merge)


def join(workflow: Workflow, edge: Edge, *, many: bool) -> Operation | MergeOffer:
    """What joining these ports comes to; `many`: the input takes any number of edges.

    Raises ProblemError `edit.already_linked`, `edit.would_loop`. Types are the caller's to judge.
    """
    graph = inside(workflow, home_of(workflow, edge.target.node))
    if edge in graph.edges:
        raise refuse("already_linked", node=edge.target.node, edge=edge.id)
    if edge.source.node not in graph.nodes:
        raise refuse("across_frames", node=edge.target.node, edge=edge.id)
    if would_close_cycle(graph, edge):
        raise refuse("would_loop", node=edge.target.node, edge=edge.id)
    taken = None if many else next((e for e in graph.edges if e.target == edge.target), None)
    return Connect(edge) if taken is None else MergeOffer(taken, edge)


def insert_merge(workflow: Workflow, existing: Edge, edge: Edge, merge: MergeType) -> Batch:
    """One undo step that puts a Merge before the input: it takes both edges and feeds the input."""
    node = Node(new_id({n.id for n in every_node(workflow.graph)}), merge.type, merge.version)
    entrance = PortRef(node.id, merge.input)
    edges = (
        Edge(existing.source, entrance),
        Edge(edge.source, entrance),
        Edge(PortRef(node.id, merge.output), existing.target),
    )
    place = _between(workflow, existing)
    add = AddNodes((node,), {node.id: place} if place else {}, edges, home_of(workflow, existing.target.node))
    return Batch("insert_merge", (Disconnect(existing), add))


def _between(workflow: Workflow, edge: Edge) -> tuple[int, int] | None:
    """A place on the grid halfway along an edge, if both ends have one."""
    ends = [workflow.layout.positions.get(end) for end in (edge.source.node, edge.target.node)]
    if ends[0] is None or ends[1] is None:
        return None
    x, y = ((a + b) // 2 // GRID * GRID for a, b in zip(ends[0], ends[1], strict=True))
    return x, y

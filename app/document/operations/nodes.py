"""Operations that add and remove nodes, with all that hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app.document.format import MAX_NODES
from app.document.frames import TOP, path_to, with_graph
from app.document.graph import every_id, every_node
from app.document.operations.batch import Batch
from app.document.operations.edges import Connect
from app.document.operations.layout import ResizeNodes, SetGroup, SetNote
from app.document.operations.operation import (
    Operation,
    homes_of,
    inside,
    node_of,
    pixels,
    refuse,
    with_layout,
    with_nodes,
)
from app.document.operations.settings import SetNode
from app.document.workflow import Edge, Graph, Layout, Node, Workflow

Positions = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class AddNodes:
    """Places new nodes inside a frame (empty: the outermost graph); `positions` may name nodes in their bodies too,
    `edges` join them.
    """

    code = "add_nodes"
    nodes: tuple[Node, ...]
    positions: Positions = field(default_factory=dict[str, tuple[int, int]])
    edges: tuple[Edge, ...] = ()
    frame: str = TOP

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        if self.frame and node_of(workflow, self.frame).body is None:
            opened = SetNode(self.frame, {"body": Graph()})
            return Batch(self.code, (opened, self)).apply(workflow)
        new = every_id(self.nodes)
        taken = {node.id for node in every_node(workflow.graph)}
        if clash := new & taken:
            raise refuse("id_taken", node=min(clash), id=min(clash))
        if len(taken) + len(new) > MAX_NODES:
            raise refuse("too_many_nodes", limit=MAX_NODES)
        layout = workflow.layout
        places = {node: pixels(at) for node, at in self.positions.items() if node in new}
        placed = with_nodes(workflow, {node.id: node for node in self.nodes}, self.frame)
        placed = with_layout(placed, replace(layout, positions={**layout.positions, **places}))
        joined, unjoin = Batch(self.code, tuple(map(Connect, self.edges))).apply(placed)
        remove = RemoveNodes(tuple(node.id for node in self.nodes))
        if all(edge.source.node in new or edge.target.node in new for edge in self.edges):
            return joined, remove
        return joined, Batch(RemoveNodes.code, (unjoin, remove))


@dataclass(frozen=True, slots=True)
class RemoveNodes:
    """Takes nodes away with their edges, their places and their part in groups; an empty group goes too.

    What lies inside a frame goes with it: nodes, notes and all.
    """

    code = "remove_nodes"
    ids: Collection[str]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        homes = _outermost(workflow, homes_of(workflow, self.ids), set(self.ids))
        gone = every_id(inside(workflow, frame).nodes[node] for frame, ids in homes.items() for node in ids)
        layout = workflow.layout
        left, regroup = _ungroup(workflow, gone)
        left, put_back = _without_notes(left, gone)
        left = with_layout(left, _without_places(left.layout, gone))
        back: list[Operation] = []
        for frame, ids in homes.items():
            left, add = _take_out(left, frame, ids, layout)
            back.append(add)
        widths = {node: width for node, width in layout.widths.items() if node in gone}
        more = (*((ResizeNodes(widths),) if widths else ()), *put_back, *regroup)
        if len(back) == 1 and not more:
            return left, back[0]
        return left, Batch(AddNodes.code, (*reversed(back), *more))


def _outermost(workflow: Workflow, homes: Mapping[str, list[str]], ids: set[str]) -> Mapping[str, list[str]]:
    """Without those that go with a frame around them."""
    return {
        frame: nodes
        for frame, nodes in homes.items()
        if not frame or ids.isdisjoint((frame, *(path_to(workflow, frame) or ())))
    }


def _take_out(
    workflow: Workflow, frame: str, ids: Collection[str], layout: Layout
) -> tuple[Workflow, AddNodes]:
    """The workflow without these nodes of one graph, and what puts them back to where `layout` has them."""
    graph = inside(workflow, frame)
    nodes = {node: graph.nodes[node] for node in ids}
    edges = tuple(e for e in graph.edges if e.source.node in nodes or e.target.node in nodes)
    staying = {node: content for node, content in graph.nodes.items() if node not in nodes}
    left = with_graph(workflow, frame, Graph(staying, _without(graph.edges, edges)))
    within = every_id(nodes.values())
    places = {node: at for node, at in layout.positions.items() if node in within}
    return left, AddNodes(tuple(nodes.values()), places, edges, frame)


def _without(edges: tuple[Edge, ...], gone: Collection[Edge]) -> tuple[Edge, ...]:
    if not gone:
        return edges
    unwanted = set(gone)
    return tuple(edge for edge in edges if edge not in unwanted)


def _without_places(layout: Layout, gone: Collection[str]) -> Layout:
    return replace(
        layout,
        positions={node: at for node, at in layout.positions.items() if node not in gone},
        widths={node: width for node, width in layout.widths.items() if node not in gone},
    )


def _without_notes(workflow: Workflow, gone: Collection[str]) -> tuple[Workflow, tuple[Operation, ...]]:
    """The workflow without the notes inside frames that go, and what puts them back (once those are there)."""
    notes = workflow.layout.notes
    lost = {name: note for name, note in notes.items() if note.frame in gone}
    if not lost:
        return workflow, ()
    staying = {name: note for name, note in notes.items() if name not in lost}
    left = with_layout(workflow, replace(workflow.layout, notes=staying))
    return left, tuple(SetNote(name, note) for name, note in lost.items())


def _ungroup(workflow: Workflow, gone: Collection[str]) -> tuple[Workflow, tuple[Operation, ...]]:
    """The workflow with these nodes out of their groups, and what puts them back (once they are there)."""
    back: list[Operation] = []
    for name, group in workflow.layout.groups.items():
        staying = tuple(node for node in group.nodes if node not in gone)
        if len(staying) < len(group.nodes):
            workflow, _ = SetGroup(name, replace(group, nodes=staying) if staying else None).apply(workflow)
            back.append(SetGroup(name, group))
    return workflow, tuple(back)

"""Operations that add and remove nodes, with all that hangs on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from app.document.format import MAX_NODES
from app.document.graph import every_id, every_node
from app.document.operations.batch import Batch
from app.document.operations.edges import Connect
from app.document.operations.layout import ResizeNodes, SetGroup
from app.document.operations.operation import Operation, node_of, pixels, refuse, with_layout, with_nodes
from app.document.workflow import Edge, Graph, Node, Workflow

Positions = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class AddNodes:
    """Places new nodes; `positions` may name nodes in their bodies too, `edges` join them."""

    code = "add_nodes"
    nodes: tuple[Node, ...]
    positions: Positions = field(default_factory=dict[str, tuple[int, int]])
    edges: tuple[Edge, ...] = ()

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        new = every_id(self.nodes)
        taken = {node.id for node in every_node(workflow.graph)}
        if clash := new & taken:
            raise refuse("id_taken", node=min(clash), id=min(clash))
        if len(taken) + len(new) > MAX_NODES:
            raise refuse("too_many_nodes", limit=MAX_NODES)
        layout = workflow.layout
        places = {node: pixels(at) for node, at in self.positions.items() if node in new}
        positions = {**layout.positions, **places}
        placed = with_nodes(workflow, {**workflow.graph.nodes, **{node.id: node for node in self.nodes}})
        placed = with_layout(placed, replace(layout, positions=positions))
        joined, unjoin = Batch(self.code, tuple(map(Connect, self.edges))).apply(placed)
        remove = RemoveNodes(tuple(node.id for node in self.nodes))
        if all(edge.source.node in new or edge.target.node in new for edge in self.edges):
            return joined, remove
        return joined, Batch(RemoveNodes.code, (unjoin, remove))


@dataclass(frozen=True, slots=True)
class RemoveNodes:
    """Takes nodes away with their edges, their places and their part in groups; an empty group goes too."""

    code = "remove_nodes"
    ids: Collection[str]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        nodes = {node: node_of(workflow, node) for node in self.ids}
        gone = every_id(nodes.values())
        edges = tuple(e for e in workflow.graph.edges if e.source.node in nodes or e.target.node in nodes)
        left, regroup = _ungroup(workflow, gone)
        layout = left.layout
        left = replace(
            left,
            graph=Graph(
                {node: content for node, content in workflow.graph.nodes.items() if node not in nodes},
                _without(workflow.graph.edges, edges),
            ),
            layout=replace(
                layout,
                positions={node: at for node, at in layout.positions.items() if node not in gone},
                widths={node: width for node, width in layout.widths.items() if node not in gone},
            ),
        )
        places = {node: at for node, at in layout.positions.items() if node in gone}
        add = AddNodes(tuple(nodes.values()), places, edges)
        widths = {node: width for node, width in layout.widths.items() if node in gone}
        more = ((ResizeNodes(widths),) if widths else ()) + regroup
        return left, Batch(AddNodes.code, (add, *more)) if more else add


def _without(edges: tuple[Edge, ...], gone: Collection[Edge]) -> tuple[Edge, ...]:
    if not gone:
        return edges
    unwanted = set(gone)
    return tuple(edge for edge in edges if edge not in unwanted)


def _ungroup(workflow: Workflow, gone: Collection[str]) -> tuple[Workflow, tuple[Operation, ...]]:
    """The workflow with these nodes out of their groups, and what puts them back (once they are there)."""
    back: list[Operation] = []
    for name, group in workflow.layout.groups.items():
        staying = tuple(node for node in group.nodes if node not in gone)
        if len(staying) < len(group.nodes):
            workflow, _ = SetGroup(name, replace(group, nodes=staying) if staying else None).apply(workflow)
            back.append(SetGroup(name, group))
    return workflow, tuple(back)

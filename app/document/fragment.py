"""Copy and paste: a fragment is a small workflow file, so the clipboard holds nothing that a file can't."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from app.document.frames import TOP, graphs
from app.document.graph import every_id, every_node
from app.document.ids import new_id
from app.document.json_codec import read, write
from app.document.operations import AddNodes, Batch, Operation, ResizeNodes, SetGroup, SetNote
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, PortRef, Workflow


def copy(workflow: Workflow, ids: Collection[str]) -> bytes:
    """The nodes, notes and groups with these ids, and the edges between the nodes, as a workflow file.

    They may lie inside a frame; what lies inside a frame that is named comes along. So does a group if
    it is named or all its nodes are.
    """
    levels = [graph for _, graph in graphs(workflow)]
    nodes = {name: node for graph in levels for name, node in graph.nodes.items() if name in ids}
    for within in [every_id(node.body.nodes.values()) for node in nodes.values() if node.body]:
        nodes = {name: node for name, node in nodes.items() if name not in within}
    edges = sorted(
        edge
        for graph in levels
        for edge in graph.edges
        if edge.source.node in nodes and edge.target.node in nodes
    )
    layout = _part(workflow.layout, ids, every_id(nodes.values()))
    return write(Workflow(new_id(), workflow.name, graph=Graph(nodes, tuple(edges)), layout=layout))


def paste(data: bytes, workflow: Workflow, x: int, y: int, frame: str = TOP) -> Operation:
    """The operation that adds the fragment with new ids inside a frame, its upper left corner at (x, y).

    Raises ProblemError `file.*` where the bytes are no fragment, `edit.nothing_to_paste` where it is empty.
    """
    fragment = read(data).workflow
    if not fragment.graph.nodes and not fragment.layout.notes:
        raise ProblemError(Problem("edit.nothing_to_paste"))
    graph, layout = fragment.graph, _moved(fragment, x, y)
    new = _new_ids(workflow, fragment)
    nodes = tuple(_renamed(node, new) for node in graph.nodes.values())
    places = {new[node]: at for node, at in layout.positions.items()}
    operations: list[Operation] = [AddNodes(nodes, places, _renamed_edges(graph.edges, new), frame)]
    if layout.widths:
        operations.append(ResizeNodes({new[node]: width for node, width in layout.widths.items()}))
    for name, note in layout.notes.items():
        operations.append(SetNote(new[name], replace(note, frame=new[note.frame] if note.frame else frame)))
    for name, group in layout.groups.items():
        members = tuple(new[node] for node in group.nodes)
        operations.append(SetGroup(new[name], replace(group, nodes=members)))
    return Batch("paste", tuple(operations))


def _part(layout: Layout, named: Collection[str], nodes: Collection[str]) -> Layout:
    """What the layout says of these nodes, and of the notes and groups that are named or all theirs."""
    groups = {
        name: replace(group, nodes=tuple(node for node in group.nodes if node in nodes))
        for name, group in layout.groups.items()
        if name in named or (group.nodes and all(node in nodes for node in group.nodes))
    }
    return Layout(
        positions={node: at for node, at in layout.positions.items() if node in nodes},
        widths={node: width for node, width in layout.widths.items() if node in nodes},
        notes={
            name: note if note.frame in nodes else replace(note, frame=TOP)
            for name, note in layout.notes.items()
            if name in named or note.frame in nodes
        },
        groups=groups,
    )


def _moved(fragment: Workflow, x: int, y: int) -> Layout:
    """The layout with the upper left corner of nodes and notes at (x, y); bodies keep their own places."""
    layout, outer = fragment.layout, fragment.graph.nodes
    corners = [at for node, at in layout.positions.items() if node in outer]
    corners += [(note.x, note.y) for note in layout.notes.values() if not note.frame]
    left, top = min((c[0] for c in corners), default=0), min((c[1] for c in corners), default=0)
    places = {node: layout.positions.get(node, (left, top)) for node in outer}
    moved = {node: (at[0] - left + x, at[1] - top + y) for node, at in places.items()}
    notes = {
        name: note if note.frame else replace(note, x=note.x - left + x, y=note.y - top + y)
        for name, note in layout.notes.items()
    }
    return replace(layout, positions={**layout.positions, **moved}, notes=notes)


def _new_ids(workflow: Workflow, fragment: Workflow) -> Mapping[str, str]:
    """For every id of the fragment one that is new to the workflow."""
    taken = (
        {node.id for node in every_node(workflow.graph)}
        | workflow.layout.notes.keys()
        | workflow.layout.groups.keys()
    )
    new: dict[str, str] = {}
    for old in (
        *(node.id for node in every_node(fragment.graph)),
        *fragment.layout.notes,
        *fragment.layout.groups,
    ):
        new[old] = new_id(taken)
        taken.add(new[old])
    return new


def _renamed(node: Node, new: Mapping[str, str]) -> Node:
    body = node.body
    if body is not None:
        inner = {new[name]: _renamed(content, new) for name, content in body.nodes.items()}
        body = Graph(inner, _renamed_edges(body.edges, new))
    return replace(node, id=new[node.id], body=body)


def _renamed_edges(edges: tuple[Edge, ...], new: Mapping[str, str]) -> tuple[Edge, ...]:
    return tuple(
        sorted(
            Edge(
                PortRef(new[edge.source.node], edge.source.port),
                PortRef(new[edge.target.node], edge.target.port),
                edge.extra,
            )
            for edge in edges
        )
    )

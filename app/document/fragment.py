"""Copy and paste: a fragment is a small workflow file, so the clipboard holds nothing that a file can't."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from app.document.graph import every_id, every_node
from app.document.ids import new_id
from app.document.json_codec import read, write
from app.document.operations import AddNodes, Batch, Operation, ResizeNodes, SetGroup, SetNote
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, PortRef, Workflow


def copy(workflow: Workflow, ids: Collection[str]) -> bytes:
    """The nodes, notes and groups with these ids, and the edges between the nodes, as a workflow file.

    A group comes along if it is named or all its nodes are.
    """
    nodes = {node.id: node for node in workflow.graph.nodes.values() if node.id in ids}
    edges = tuple(
        edge for edge in workflow.graph.edges if edge.source.node in nodes and edge.target.node in nodes
    )
    layout = _part(workflow.layout, ids, every_id(nodes.values()))
    return write(Workflow(new_id(), workflow.name, graph=Graph(nodes, edges), layout=layout))


def paste(data: bytes, workflow: Workflow, x: int, y: int) -> Operation:
    """The operation that adds the fragment with new ids, its upper left corner at (x, y).

    Raises ProblemError `file.*` where the bytes are no fragment, `edit.nothing_to_paste` where it is empty.
    """
    fragment = read(data).workflow
    if not fragment.graph.nodes and not fragment.layout.notes:
        raise ProblemError(Problem("edit.nothing_to_paste"))
    graph, layout = fragment.graph, _moved(fragment, x, y)
    new = _new_ids(workflow, fragment)
    nodes = tuple(_renamed(node, new) for node in graph.nodes.values())
    places = {new[node]: at for node, at in layout.positions.items()}
    operations: list[Operation] = [AddNodes(nodes, places, _renamed_edges(graph.edges, new))]
    if layout.widths:
        operations.append(ResizeNodes({new[node]: width for node, width in layout.widths.items()}))
    operations += [SetNote(new[name], note) for name, note in layout.notes.items()]
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
        notes={name: note for name, note in layout.notes.items() if name in named},
        groups=groups,
    )


def _moved(fragment: Workflow, x: int, y: int) -> Layout:
    """The layout with the upper left corner of nodes and notes at (x, y); bodies keep their own places."""
    layout, outer = fragment.layout, fragment.graph.nodes
    corners = [at for node, at in layout.positions.items() if node in outer]
    corners += [(note.x, note.y) for note in layout.notes.values()]
    left, top = min((c[0] for c in corners), default=0), min((c[1] for c in corners), default=0)
    places = {node: layout.positions.get(node, (left, top)) for node in outer}
    moved = {node: (at[0] - left + x, at[1] - top + y) for node, at in places.items()}
    notes = {
        name: replace(note, x=note.x - left + x, y=note.y - top + y) for name, note in layout.notes.items()
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

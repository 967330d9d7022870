"""Frames: which graph of a workflow holds a node, and the workflow with one of its graphs changed.

A frame's id names the graph in its body; the empty text names the outermost graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from app.document.workflow import Graph, Layout, Node, Workflow

TOP = ""


def path_to(workflow: Workflow, node: str) -> tuple[str, ...] | None:
    """The frames around a node, the outermost first; None where there is no such node."""
    return _path(workflow.graph, node)


def frame_of(workflow: Workflow, node: str) -> str | None:
    """The innermost frame around a node; None where there is no such node."""
    path = path_to(workflow, node)
    return None if path is None else path[-1] if path else TOP


def node_in(workflow: Workflow, node: str) -> Node | None:
    """The node with this id, wherever it is."""
    frame = frame_of(workflow, node)
    graph = None if frame is None else graph_at(workflow, frame)
    return graph.nodes[node] if graph else None


def graph_at(workflow: Workflow, frame: str) -> Graph | None:
    """What a frame holds, an empty graph where nothing has been put in yet; None where there is no such node."""
    if not frame:
        return workflow.graph
    path = path_to(workflow, frame)
    if path is None:
        return None
    graph = workflow.graph
    for step in (*path, frame):
        graph = graph.nodes[step].body or Graph()
    return graph


def graphs(workflow: Workflow) -> Iterator[tuple[str, Graph]]:
    """Every graph with its frame, the outer ones first."""
    waiting = [(TOP, workflow.graph)]
    while waiting:
        frame, graph = waiting.pop()
        yield frame, graph
        waiting += [(node.id, node.body) for node in graph.nodes.values() if node.body is not None]


def by_frame(workflow: Workflow, nodes: Collection[str]) -> Mapping[str, list[str]]:
    """These nodes by the innermost frame around them; those that aren't there are left out."""
    if all(node in workflow.graph.nodes for node in nodes):
        return {TOP: list(dict.fromkeys(nodes))} if nodes else {}
    homes = {node: frame for frame, graph in graphs(workflow) for node in graph.nodes}
    found: dict[str, list[str]] = {}
    for node in dict.fromkeys(nodes):
        if node in homes:
            found.setdefault(homes[node], []).append(node)
    return found


def with_graph(workflow: Workflow, frame: str, graph: Graph) -> Workflow:
    """The workflow with this graph inside a frame. Raises KeyError where there is no such node."""
    if not frame:
        return replace(workflow, graph=graph)
    path = path_to(workflow, frame)
    if path is None:
        raise KeyError(frame)
    return replace(workflow, graph=_with_body(workflow.graph, (*path, frame), graph))


def at_level(workflow: Workflow, frame: str) -> Workflow:
    """What is seen on one level: its own nodes, notes and groups. The workflow itself where it has no other level."""
    graph = graph_at(workflow, frame) or Graph()
    layout = workflow.layout
    notes = {name: note for name, note in layout.notes.items() if note.frame == frame}
    groups = {
        name: group
        for name, group in layout.groups.items()
        if any(node in graph.nodes for node in group.nodes) or not (frame or group.nodes)
    }
    same = len(notes) == len(layout.notes) and len(groups) == len(layout.groups)
    if graph is workflow.graph and same:
        return workflow
    return replace(
        workflow, graph=graph, layout=layout if same else replace(layout, notes=notes, groups=groups)
    )


def level_of_change(before: Workflow, after: Workflow) -> str | None:
    """The innermost level on which two versions differ, as it is named in both; None where no level does."""
    frames = _where_graphs_differ(before.graph, after.graph, TOP)
    frames |= _where_layouts_differ(before, after)
    paths = [path for frame in frames if (path := _own_path(before, after, frame)) is not None]
    if not paths:
        return None
    shared = 0
    while all(len(path) > shared and path[shared] == paths[0][shared] for path in paths):
        shared += 1
    return paths[0][shared - 1] if shared else TOP


def _own_path(before: Workflow, after: Workflow, frame: str) -> tuple[str, ...] | None:
    """The frames that lead into a frame, itself the last; None where one of the versions hasn't got it."""
    found = path_to(after, frame) if frame else ()
    if found is None or (frame and path_to(before, frame) is None):
        return None
    return (*found, frame) if frame else ()


def _path(graph: Graph, node: str) -> tuple[str, ...] | None:
    if node in graph.nodes:
        return ()
    for content in graph.nodes.values():
        if content.body is not None:
            inner = _path(content.body, node)
            if inner is not None:
                return (content.id, *inner)
    return None


def _with_body(graph: Graph, path: tuple[str, ...], new: Graph) -> Graph:
    if not path:
        return new
    holder = graph.nodes[path[0]]
    body = _with_body(holder.body or Graph(), path[1:], new)
    return Graph({**graph.nodes, holder.id: replace(holder, body=body)}, graph.edges)


def _where_graphs_differ(before: Graph, after: Graph, frame: str) -> set[str]:
    """The frames in which something else stands now; a frame that differs only inside is none of them."""
    if before is after:
        return set()
    found: set[str] = set()
    if before.edges != after.edges or before.nodes.keys() != after.nodes.keys():
        found.add(frame)
    for name, node in after.nodes.items():
        old = before.nodes.get(name)
        if old is None or old is node:
            continue
        if old.body is None or node.body is None or replace(old, body=None) != replace(node, body=None):
            found.add(frame)
        if old.body is not None and node.body is not None:
            found |= _where_graphs_differ(old.body, node.body, name)
    return found


def _where_layouts_differ(before: Workflow, after: Workflow) -> set[str]:
    old, new = before.layout, after.layout
    if old is new:
        return set()
    notes = [
        (layout.notes[name].frame if name in layout.notes else None)
        for name in old.notes.keys() | new.notes.keys()
        if old.notes.get(name) != new.notes.get(name)
        for layout in (old, new)
    ]
    moved = _moved(old, new)
    homes = (frame for frame, nodes in by_frame(after, moved).items() if nodes)
    return {frame for frame in notes if frame is not None} | set(homes)


def _moved(old: Layout, new: Layout) -> set[str]:
    """The nodes of which something else is said now: place, width, group."""
    found = {
        node
        for one, other in ((old.positions, new.positions), (old.widths, new.widths))
        if one is not other
        for node in one.keys() | other.keys()
        if one.get(node) != other.get(node)
    }
    for name in old.groups.keys() | new.groups.keys():
        if old.groups.get(name) != new.groups.get(name):
            found.update(*(layout.groups[name].nodes for layout in (old, new) if name in layout.groups))
    return found

"""What an operation changed, so that views patch only that."""

from __future__ import annotations

from dataclasses import dataclass

from app.document.graph import every_node
from app.document.workflow import Graph, Workflow


@dataclass(frozen=True, slots=True)
class Change:
    """`nodes`: ids of nodes added, removed or altered (a move alters none); of a frame that was altered inside, too,
    and of what was altered in it. `edges`: the set of edges, on any level.
    `layout`: positions, widths, notes or groups. `about`: name, description, inputs, outputs, settings.
    `all`: another workflow stands there now; draw it anew.
    """

    nodes: frozenset[str] = frozenset()
    edges: bool = False
    layout: bool = False
    about: bool = False
    all: bool = False


def change_between(before: Workflow, after: Workflow) -> Change:
    """Compares by identity, which is enough: operations share what they don't touch."""
    nodes: set[str] = set()
    edges = _compare(before.graph, after.graph, nodes)
    return Change(
        nodes=frozenset(nodes),
        edges=edges,
        layout=before.layout is not after.layout,
        about=any(
            getattr(before, name) is not getattr(after, name)
            for name in ("name", "description", "inputs", "outputs", "settings")
        ),
        all=before.id != after.id,
    )


def _compare(before: Graph, after: Graph, altered: set[str]) -> bool:
    """Gathers the nodes that differ; says whether any edges do."""
    edges = before.edges is not after.edges
    if before.nodes is after.nodes:
        return edges
    for name, node in after.nodes.items():
        old = before.nodes.get(name)
        if old is node:
            continue
        altered.add(name)
        old_body = (old.body if old else None) or _NOTHING
        if old_body is not (node.body or _NOTHING):
            edges |= _compare(old_body, node.body or _NOTHING, altered)
    for name in before.nodes.keys() - after.nodes.keys():
        inner = [node.id for node in every_node(Graph({name: before.nodes[name]}))]
        altered.update(inner)
        edges |= len(inner) > 1
    return edges


_NOTHING = Graph()

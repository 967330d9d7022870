"""Stale results: what a change of the workflow has made of a run's results."""

from __future__ import annotations

from dataclasses import replace

from app.document.graph import descendants
from app.document.workflow import Edge, Graph, Node, Workflow


def stale_nodes(ran: Workflow, now: Workflow) -> frozenset[str]:
    """The steps whose last results might be others today: those that changed since, and all that follow from them.

    Titles, notes and places change nothing. A frame counts as changed where anything inside it has.
    """
    changed = _changed(ran.graph, now.graph)
    return frozenset(changed).union(*(descendants(now.graph, node) for node in changed))


def _changed(ran: Graph, now: Graph) -> list[str]:
    before, after = _into(ran), _into(now)
    return [
        name
        for name, node in now.nodes.items()
        if name not in ran.nodes
        or _meaning(ran.nodes[name]) != _meaning(node)
        or before.get(name) != after.get(name)
    ]


def _meaning(node: Node) -> tuple[Node, object]:
    body = None
    if node.body is not None:
        body = (tuple(_meaning(inner) for inner in node.body.nodes.values()), node.body.edges)
    return replace(node, title="", note="", cache="reuse", body=None, extra={}), body


def _into(graph: Graph) -> dict[str, set[Edge]]:
    found: dict[str, set[Edge]] = {}
    for edge in graph.edges:
        found.setdefault(edge.target.node, set()).add(edge)
    return found

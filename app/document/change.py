"""What an operation changed, so that views patch only that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.document.workflow import Node, Workflow


@dataclass(frozen=True, slots=True)
class Change:
    """`nodes`: ids of nodes added, removed or altered (a move alters none). `edges`: the set of edges.
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
    return Change(
        nodes=_altered(before.graph.nodes, after.graph.nodes),
        edges=before.graph.edges is not after.graph.edges,
        layout=before.layout is not after.layout,
        about=any(
            getattr(before, name) is not getattr(after, name)
            for name in ("name", "description", "inputs", "outputs", "settings")
        ),
        all=before.id != after.id,
    )


def _altered(before: Mapping[str, Node], after: Mapping[str, Node]) -> frozenset[str]:
    if before is after:
        return frozenset()
    new = {node for node, content in after.items() if before.get(node) is not content}
    return frozenset(new | (before.keys() - after.keys()))

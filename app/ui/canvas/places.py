"""Places for nodes that have none of their own: a file written by hand needs no layout to be seen."""

from __future__ import annotations

from collections.abc import Mapping

from app.document.graph import find_cycle, predecessors, topological_order
from app.document.workflow import Workflow

Place = tuple[int, int]

_COLUMN = 312
_ROW = 216


def places_of(workflow: Workflow) -> Mapping[str, Place]:
    """Where every node lies; nodes without a place stand in columns by their depth, under all others."""
    known = workflow.layout.positions
    nodes = workflow.graph.nodes
    if all(node in known for node in nodes):
        return known
    top = max((known[node][1] for node in nodes if node in known), default=-_ROW) + _ROW
    filled: dict[int, int] = {}
    places: dict[str, Place] = {}
    for node, depth in _depths(workflow).items():
        if node in known:
            places[node] = known[node]
        else:
            row = filled.get(depth, 0)
            filled[depth] = row + 1
            places[node] = (depth * _COLUMN, top + row * _ROW)
    return places


def _depths(workflow: Workflow) -> dict[str, int]:
    graph = workflow.graph
    if find_cycle(graph) is not None:
        return dict.fromkeys(graph.nodes, 0)
    before = predecessors(graph)
    depths: dict[str, int] = {}
    for node in topological_order(graph):
        depths[node] = 1 + max((depths[other] for other in before[node]), default=-1)
    return depths

"""Partial runs: the part of a workflow that is to run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from app.document.graph import ancestors, descendants
from app.document.workflow import Graph, Workflow


def narrowed(workflow: Workflow, to: str = "", pins: Mapping[str, Any] | Collection[str] = ()) -> Workflow:
    """Only the step `to` and what leads to it; nothing that leads only to pinned steps."""
    graph = workflow.graph
    if to in graph.nodes:
        graph = _only(graph, {to, *ancestors(graph, to)})
    pinned = {node for node in pins if node in graph.nodes}
    if pinned:
        ends = set(graph.nodes) - {edge.source.node for edge in graph.edges}
        edges = tuple(edge for edge in graph.edges if edge.target.node not in pinned)
        graph = replace(graph, edges=edges)
        graph = _only(graph, ends.union(*(ancestors(graph, end) for end in ends)))
    return workflow if graph is workflow.graph else replace(workflow, graph=graph)


def before(workflow: Workflow, start_from: str) -> frozenset[str]:
    """The steps that a run from this one does not run again."""
    graph = workflow.graph
    return frozenset(graph.nodes) - {start_from, *descendants(graph, start_from)}


def _only(graph: Graph, kept: set[str]) -> Graph:
    nodes = {name: node for name, node in graph.nodes.items() if name in kept}
    edges = tuple(edge for edge in graph.edges if edge.source.node in kept and edge.target.node in kept)
    return Graph(nodes, edges)

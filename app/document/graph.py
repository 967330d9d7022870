"""Questions about a graph that gestures and runs ask, as plain loops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush
from typing import Any

from app.document.workflow import Edge, Graph, Node

Neighbours = Mapping[str, list[str]]


def successors(graph: Graph) -> Neighbours:
    """For every node the nodes that it feeds, each once."""
    return _neighbours(graph, ((edge.source.node, edge.target.node) for edge in graph.edges))


def predecessors(graph: Graph) -> Neighbours:
    """For every node the nodes that feed it, each once."""
    return _neighbours(graph, ((edge.target.node, edge.source.node) for edge in graph.edges))


def descendants(graph: Graph, node: str) -> set[str]:
    """All nodes that something from `node` can reach, without itself unless it lies on a cycle."""
    return _reached(successors(graph), node)


def ancestors(graph: Graph, node: str) -> set[str]:
    """All nodes from which something can reach `node`, without itself unless it lies on a cycle."""
    return _reached(predecessors(graph), node)


def would_close_cycle(graph: Graph, edge: Edge) -> bool:
    """Whether this edge, not yet in the graph, would lead something back to where it came from."""
    start, goal = edge.target.node, edge.source.node
    return start == goal or goal in _reached(successors(graph), start)


def find_cycle(graph: Graph) -> tuple[str, ...] | None:
    """The nodes of one cycle in the order of its edges, or None."""
    following = successors(graph)
    finished: set[str] = set()
    for root in sorted(graph.nodes):
        if root in finished:
            continue
        path: dict[str, Iterator[str]] = {root: iter(following[root])}  # a dict keeps the order of the walk
        while path:
            here = next(reversed(path))
            step = next((node for node in path[here] if node not in finished), None)
            if step is None:
                finished.add(here)
                del path[here]
            elif step in path:
                walked = list(path)
                return tuple(walked[walked.index(step) :])
            else:
                path[step] = iter(following[step])
    return None


def topological_order(graph: Graph, rank: Callable[[str], Any] = str) -> tuple[str, ...]:
    """All nodes, each after those that feed it; where several could come next, the one of the lowest rank.

    Nodes of one rank come by their ids, so equal graphs have the same order. Raises ValueError on a cycle: ask
    `find_cycle` first.
    """
    following = successors(graph)
    waiting_for = {node: len(sources) for node, sources in predecessors(graph).items()}
    ready = [(rank(node), node) for node, count in waiting_for.items() if count == 0]
    heapify(ready)
    order: list[str] = []
    while ready:
        _, here = heappop(ready)
        order.append(here)
        for node in following[here]:
            waiting_for[node] -= 1
            if waiting_for[node] == 0:
                heappush(ready, (rank(node), node))
    if len(order) < len(graph.nodes):
        raise ValueError("the graph has a cycle")
    return tuple(order)


def every_node(graph: Graph) -> Iterator[Node]:
    """All nodes, those in bodies of frames included."""
    for node in graph.nodes.values():
        yield node
        if node.body is not None:
            yield from every_node(node.body)


def every_id(nodes: Iterable[Node]) -> set[str]:
    """The ids of these nodes and of all in their bodies."""
    return {inner.id for node in nodes for inner in every_node(Graph({node.id: node}))}


def _neighbours(graph: Graph, pairs: Iterable[tuple[str, str]]) -> Neighbours:
    found: dict[str, dict[str, None]] = {node: {} for node in graph.nodes}
    for here, there in pairs:
        if here in found and there in found:  # an edge to nowhere is a Problem, not a neighbour
            found[here][there] = None
    return {node: list(others) for node, others in found.items()}


def _reached(following: Neighbours, start: str) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        for node in following[waiting.pop()]:
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached

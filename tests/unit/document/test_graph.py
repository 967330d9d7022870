"""The plain loops against networkx, which answers the same questions in its own way."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.graph import (
    ancestors,
    descendants,
    every_node,
    find_cycle,
    predecessors,
    successors,
    topological_order,
    would_close_cycle,
)
from app.document.workflow import Edge, Graph, Node, PortRef

names = [f"n{at}" for at in range(8)]
pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))


def graph_of(joined: list[tuple[str, str]]) -> Graph:
    edges = {Edge(PortRef(a, f"o{at % 2}"), PortRef(b, "in")) for at, (a, b) in enumerate(joined)}
    return Graph({name: Node(name, "t") for name in names}, tuple(sorted(edges)))


def reference(graph: Graph) -> nx.DiGraph:
    shape = nx.DiGraph()
    shape.add_nodes_from(graph.nodes)
    shape.add_edges_from((edge.source.node, edge.target.node) for edge in graph.edges)
    return shape


graphs = st.lists(pairs, max_size=14).map(graph_of)
acyclic = st.lists(pairs, max_size=14).map(lambda found: graph_of([(a, b) for a, b in found if a < b]))


@given(graphs)
def test_neighbours(graph: Graph) -> None:
    shape = reference(graph)
    for name in names:
        assert sorted(successors(graph)[name]) == sorted(shape.successors(name))
        assert sorted(predecessors(graph)[name]) == sorted(shape.predecessors(name))


@given(graphs, st.sampled_from(names))
def test_reachability(graph: Graph, name: str) -> None:
    shape = reference(graph)
    assert descendants(graph, name) - {name} == nx.descendants(shape, name)
    assert ancestors(graph, name) - {name} == nx.ancestors(shape, name)


@given(graphs)
def test_cycles(graph: Graph) -> None:
    cycle = find_cycle(graph)
    assert (cycle is None) == nx.is_directed_acyclic_graph(reference(graph))
    if cycle:
        following = successors(graph)
        for here, there in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert there in following[here]
        with pytest.raises(ValueError, match="cycle"):
            topological_order(graph)


@given(acyclic)
def test_order(graph: Graph) -> None:
    order = topological_order(graph)
    assert sorted(order) == names
    assert all(order.index(edge.source.node) < order.index(edge.target.node) for edge in graph.edges)


@given(acyclic, pairs)
def test_closing_a_cycle_is_seen_before_it_happens(graph: Graph, pair: tuple[str, str]) -> None:
    edge = Edge(PortRef(pair[0], "new"), PortRef(pair[1], "new"))
    with_edge = Graph(graph.nodes, tuple(sorted((*graph.edges, edge))))
    assert would_close_cycle(graph, edge) == (find_cycle(with_edge) is not None)


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = [f"c{at:05}" for at in range(5000)]
    edges = tuple(Edge(PortRef(a, "o"), PortRef(b, "i")) for a, b in pairwise(chain))
    graph = Graph({name: Node(name, "t") for name in chain}, edges)
    assert find_cycle(graph) is None
    assert topological_order(graph) == tuple(chain)
    assert len(descendants(graph, chain[0])) == 4999


def test_bodies_belong_to_every_node() -> None:
    inner = Graph({"x": Node("x", "t", body=Graph({"y": Node("y", "t")}))})
    assert [node.id for node in every_node(Graph({"f": Node("f", "t", body=inner)}))] == ["f", "x", "y"]

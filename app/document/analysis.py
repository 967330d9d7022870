"""What the shape of a graph is, by networkx: on demand, away from the window's thread."""

from __future__ import annotations

import networkx as nx

from app.document.workflow import Graph


def directed(graph: Graph) -> nx.DiGraph[str]:
    """Nodes and who feeds whom; several edges between two nodes count once."""
    shape: nx.DiGraph[str] = nx.DiGraph()
    shape.add_nodes_from(sorted(graph.nodes))
    shape.add_edges_from((edge.source.node, edge.target.node) for edge in graph.edges)
    return shape


def islands(shape: nx.DiGraph[str]) -> list[nx.DiGraph[str]]:
    """The parts that no edge joins, the largest first."""
    parts = [sorted(part) for part in nx.weakly_connected_components(shape)]
    return [_part(shape, part) for part in sorted(parts, key=lambda part: (-len(part), part))]


def without_cycles(shape: nx.DiGraph[str]) -> nx.DiGraph[str]:
    """The same with every edge turned round that leads back on a walk into depth."""
    straight: nx.DiGraph[str] = nx.DiGraph()
    straight.add_nodes_from(shape)
    walked: set[str] = set()  # the nodes on the way to where the walk stands
    for source, target, kind in nx.dfs_labeled_edges(shape):
        if kind == "forward":
            walked.add(target)
            if source != target:  # a walk's start comes as an edge to itself
                straight.add_edge(source, target)
        elif kind == "reverse":
            walked.discard(target)
        elif source != target:
            straight.add_edge(*((target, source) if target in walked else (source, target)))
    return straight


def layers(acyclic: nx.DiGraph[str]) -> dict[str, int]:
    """The column of every node: right of all that feed it, and starts close to what they feed."""
    columns = {node: at for at, nodes in enumerate(nx.topological_generations(acyclic)) for node in nodes}
    for node, sources in acyclic.in_degree():
        if sources == 0 and acyclic.out_degree(node):
            columns[node] = min(columns[target] for target in acyclic.successors(node)) - 1
    return columns


def _part(shape: nx.DiGraph[str], nodes: list[str]) -> nx.DiGraph[str]:
    # networkx' own subgraph has the order of a set, which differs from process to process.
    part: nx.DiGraph[str] = nx.DiGraph()
    part.add_nodes_from(nodes)
    part.add_edges_from((source, target) for source in nodes for target in shape.successors(source))
    return part

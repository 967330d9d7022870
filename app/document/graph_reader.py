"""Plain data to nodes and edges, bodies of frames included."""

from __future__ import annotations

from app.document.format import (
    CACHE_POLICIES,
    EDGE_KEYS,
    END_KEYS,
    GRAPH_KEYS,
    MAX_NODES,
    MOST_ATTEMPTS,
    NODE_KEYS,
    ON_ERROR_KEYS,
    POLICIES,
    RETRY_KEYS,
)
from app.document.ids import is_id
from app.document.json_places import readable
from app.document.plain_data import (
    Fault,
    Plain,
    Within,
    as_object,
    get_int,
    get_list,
    get_name,
    get_object,
    get_seconds,
    get_text,
    get_yes_no,
    leftover,
)
from app.document.problem import Problem
from app.document.workflow import CachePolicy, Edge, Graph, Json, Node, OnError, PortRef, Retry


class GraphReader:
    """Reads one file's graphs; gathers their `ids` and `problems`: edges that could not be kept."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self.problems: list[Problem] = []

    def read(self, data: Plain) -> Graph:
        """Raises Fault."""
        nodes: dict[str, Node] = {}
        for node, content in get_object(data, "nodes").items():
            with Within("nodes", node):
                self._take(node)
                nodes[node] = self._node(node, as_object(content))
        return Graph(nodes, self._edges(get_list(data, "edges"), nodes))

    def _take(self, node: str) -> None:
        if not is_id(node):
            raise Fault("bad_id", id=readable(node))
        if node in self.ids:
            raise Fault("id_twice", id=node)
        self.ids.add(node)
        if len(self.ids) > MAX_NODES:
            raise Fault("too_many_nodes", limit=MAX_NODES)

    def _node(self, node: str, data: Plain) -> Node:
        on_error, retry = get_object(data, "onError"), get_object(data, "retry")
        body = data.get("body")
        body_rest = leftover(body, GRAPH_KEYS) if isinstance(body, dict) else {}
        return Node(
            id=node,
            type=get_name(data, "type"),
            type_version=get_int(data, "typeVersion", 1, least=1),
            title=get_text(data, "title", ""),
            fields=get_object(data, "fields"),
            on_error=_on_error(on_error),
            retry=_retry(retry),
            disabled=get_yes_no(data, "disabled"),
            note=get_text(data, "note", ""),
            cache=_cache(data),
            body=self._body(body),
            extra=leftover(
                data,
                NODE_KEYS,
                onError=leftover(on_error, ON_ERROR_KEYS),
                retry=leftover(retry, RETRY_KEYS),
                body=body_rest,
            ),
        )

    def _body(self, body: Json) -> Graph | None:
        if body is None:
            return None
        with Within("body"):
            return self.read(as_object(body))

    def _edges(self, data: list[Json], nodes: dict[str, Node]) -> tuple[Edge, ...]:
        edges: dict[Edge, None] = {}
        for position, content in enumerate(data):
            with Within("edges", position):
                edge = _edge(as_object(content))
            if edge.source.node not in nodes or edge.target.node not in nodes:
                self.problems.append(_leads_nowhere(edge, nodes))
            elif edge in edges:
                self.problems.append(_warning("edge_twice", edge))
            else:
                edges[edge] = None
        return tuple(sorted(edges))


def _on_error(data: Plain) -> OnError:
    with Within("onError"):
        policy = get_text(data, "policy", "stop")
        if policy not in POLICIES:
            raise Fault("not_one_of", "policy", choices=POLICIES)
    return OnError(policy, data.get("value"))


def _cache(data: Plain) -> CachePolicy:
    policy = get_text(data, "cache", "reuse")
    if policy not in CACHE_POLICIES:
        raise Fault("not_one_of", "cache", choices=CACHE_POLICIES)
    return policy


def _retry(data: Plain) -> Retry:
    with Within("retry"):
        return Retry(get_int(data, "attempts", 3, least=1, most=MOST_ATTEMPTS), get_seconds(data, "timeout"))


def _edge(data: Plain) -> Edge:
    source, target = _end(data, "from"), _end(data, "to")
    rest = {key: leftover(get_object(data, key), END_KEYS) for key in EDGE_KEYS}
    return Edge(source, target, leftover(data, EDGE_KEYS, **rest))


def _end(data: Plain, key: str) -> PortRef:
    with Within(key):
        end = get_object(data, key)
        return PortRef(get_name(end, "node"), get_name(end, "port"))


def _leads_nowhere(edge: Edge, nodes: dict[str, Node]) -> Problem:
    missing = edge.source.node if edge.source.node not in nodes else edge.target.node
    there = edge.target.node if missing == edge.source.node else edge.source.node
    args = {**_ends(edge), "missing": readable(missing)}
    node = there if there in nodes else None
    # An error, for what runs now isn't what the file says; but the file opens, for it can be mended here.
    return Problem("file.edge_to_nowhere", node=node, edge=edge.id, args=args)


def _warning(code: str, edge: Edge) -> Problem:
    return Problem(f"file.{code}", node=edge.target.node, edge=edge.id, args=_ends(edge), severity="warning")


def _ends(edge: Edge) -> dict[str, str]:
    ends = {"source": edge.source, "target": edge.target}
    nodes = {name: readable(end.node) for name, end in ends.items()}
    return nodes | {f"{name}_port": readable(end.port) for name, end in ends.items()}

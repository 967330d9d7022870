"""What every operation is, and the small edits that operations are made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Protocol

from app.document.format import FARTHEST
from app.document.frames import TOP, by_frame, frame_of, graph_at, node_in, with_graph
from app.document.problem import Argument, Problem, ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, Workflow


class Operation(Protocol):
    """A change to the workflow, as data. `operation.<code>` in the catalogues names it for undo and redo."""

    @property
    def code(self) -> str: ...

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        """The changed workflow, and the operation that takes it back exactly. Raises ProblemError `edit.*`."""
        ...


def refuse(code: str, *, node: str | None = None, edge: str | None = None, **args: Argument) -> ProblemError:
    """The error of an operation that can't be applied; `code` without its area."""
    return ProblemError(Problem(f"edit.{code}", node=node, edge=edge, args=args))


def node_of(workflow: Workflow, node: str) -> Node:
    """The placed node with this id, wherever it is. Raises ProblemError."""
    found = node_in(workflow, node)
    if found is None:
        raise refuse("no_such_node", node=node, id=node)
    return found


def home_of(workflow: Workflow, node: str) -> str:
    """The frame around a node. Raises ProblemError."""
    frame = frame_of(workflow, node)
    if frame is None:
        raise refuse("no_such_node", node=node, id=node)
    return frame


def homes_of(workflow: Workflow, nodes: Collection[str]) -> Mapping[str, list[str]]:
    """These nodes by the frame around them. Raises ProblemError."""
    found = by_frame(workflow, nodes)
    missing = set(nodes).difference(*found.values())
    if missing:
        raise refuse("no_such_node", node=min(missing), id=min(missing))
    return found


def inside(workflow: Workflow, frame: str) -> Graph:
    """What a frame holds. Raises ProblemError where there is no such node."""
    graph = graph_at(workflow, frame)
    if graph is None:
        raise refuse("no_such_node", node=frame, id=frame)
    return graph


def pixels(at: tuple[float, float]) -> tuple[int, int]:
    """A place as a file may hold it: whole pixels, not farther out than any canvas."""
    x, y = (round(max(-FARTHEST, min(FARTHEST, coordinate))) for coordinate in at)
    return x, y


def with_nodes(workflow: Workflow, nodes: Mapping[str, Node], frame: str = TOP) -> Workflow:
    """The workflow with these nodes, new or altered, inside a frame."""
    graph = inside(workflow, frame)
    return with_graph(workflow, frame, Graph({**graph.nodes, **nodes}, graph.edges))


def with_node(workflow: Workflow, node: Node) -> Workflow:
    return with_nodes(workflow, {node.id: node}, home_of(workflow, node.id))


def with_edges(workflow: Workflow, edges: tuple[Edge, ...], frame: str) -> Workflow:
    return with_graph(workflow, frame, Graph(inside(workflow, frame).nodes, edges))


def with_layout(workflow: Workflow, layout: Layout) -> Workflow:
    return replace(workflow, layout=layout)

"""What every operation is, and the small edits that operations are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from app.document.format import FARTHEST
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
    """The placed node with this id. Raises ProblemError."""
    found = workflow.graph.nodes.get(node)
    if found is None:
        raise refuse("no_such_node", node=node, id=node)
    return found


def pixels(at: tuple[float, float]) -> tuple[int, int]:
    """A place as a file may hold it: whole pixels, not farther out than any canvas."""
    x, y = (round(max(-FARTHEST, min(FARTHEST, coordinate))) for coordinate in at)
    return x, y


def with_nodes(workflow: Workflow, nodes: Mapping[str, Node]) -> Workflow:
    return replace(workflow, graph=Graph(nodes, workflow.graph.edges))


def with_node(workflow: Workflow, node: Node) -> Workflow:
    return with_nodes(workflow, {**workflow.graph.nodes, node.id: node})


def with_edges(workflow: Workflow, edges: tuple[Edge, ...]) -> Workflow:
    return replace(workflow, graph=Graph(workflow.graph.nodes, edges))


def with_layout(workflow: Workflow, layout: Layout) -> Workflow:
    return replace(workflow, layout=layout)

"""A Problem's steps by the titles that people read, where they are known; ids are for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.document.problem import Argument, Problem
from app.document.workflow import Node, Workflow

# The arguments that hold ids of steps, by code. An id whose step isn't there stays as it is.
_STEPS: Mapping[str, tuple[str, ...]] = {
    "workflow.cycle": ("nodes",),
    "file.edge_to_nowhere": ("source", "target"),
    "file.edge_twice": ("source", "target"),
}


def with_titles(problem: Problem, workflow: Workflow | None, title: Callable[[Node], str]) -> Problem:
    """The same problem; `title` gives a node's title."""
    names = _STEPS.get(problem.code)
    if names is None or workflow is None:
        return problem
    nodes = workflow.graph.nodes

    def shown(value: Argument) -> Argument:
        if isinstance(value, tuple):
            return tuple(title(nodes[one]) if one in nodes else one for one in value)
        return title(nodes[value]) if isinstance(value, str) and value in nodes else value

    return replace(problem, args={**problem.args, **{name: shown(problem.args.get(name)) for name in names}})

"""Every step of a workflow and of its Sub-workflows, by the ids that events call them by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.document import json_codec
from app.document.graph import every_node
from app.document.workflow import Graph, Node, Workflow


def steps_with_parts(workflow: Workflow, parts: Mapping[str, str]) -> dict[str, Node]:
    """`parts` are the texts of its Sub-workflows by digest; a step of one is called `<its step>/<id there>`."""
    read = {digest: json_codec.read(text.encode("utf-8", "surrogatepass")) for digest, text in parts.items()}
    graphs = {digest: part.workflow.graph for digest, part in read.items()}
    return dict(_steps(workflow.graph, graphs, ""))


def ids_around(step: str) -> Iterator[str]:
    """The steps that a step lies in, from the outermost, and then itself: `a`, `a/b` and `a/b/c` of `a/b/c`."""
    parts = step.split("/")
    return ("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def _steps(graph: Graph, parts: Mapping[str, Graph], around: str) -> Iterator[tuple[str, Node]]:
    for node in every_node(graph):
        yield f"{around}{node.id}", node
        part = parts.get(str(node.fields.get("digest", "")))
        if part is not None:
            yield from _steps(part, parts, f"{around}{node.id}/")

"""Picking another node's output in a text: the node grows an input for it and an edge leads there."""

from __future__ import annotations

import re
from collections.abc import Collection

from app.document.graph import would_close_cycle
from app.document.operations import Batch, Connect, Operation, SetFields
from app.document.operations.operation import home_of, inside, refuse
from app.document.workflow import Edge, Json, PortRef, Workflow

_NOT_IN_NAMES = re.compile(r"\W+")


def input_for(workflow: Workflow, node: str, source: PortRef, taken: Collection[str]) -> str:
    """The name to write into `{{…}}`: the input that this output feeds already, else a new name.

    A new name is the output's own, numbered where `taken` (the node's inputs) or an edge has it.
    """
    graph = inside(workflow, home_of(workflow, node))
    incoming = [edge for edge in graph.edges if edge.target.node == node]
    for edge in incoming:
        if edge.source == source:
            return edge.target.port
    used = {*taken, *(edge.target.port for edge in incoming)}
    wanted = _NOT_IN_NAMES.sub("_", source.port).strip("_")
    if not wanted or wanted[0].isdigit():
        wanted = f"input_{wanted}".strip("_")
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}_{number}", number + 1
    return name


def pick(workflow: Workflow, node: str, field: str, value: Json, source: PortRef, name: str) -> Operation:
    """One undo step: the field's new value, which refers to input `name`, and the edge that feeds it.

    Raises ProblemError `edit.would_loop` where the picked step needs this one's result.
    """
    edge = Edge(source, PortRef(node, name))
    change = SetFields(node, {field: value})
    graph = inside(workflow, home_of(workflow, node))
    if edge in graph.edges:
        return Batch("pick_reference", (change,))
    if would_close_cycle(graph, edge):
        raise refuse("would_loop", node=node, edge=edge.id)
    return Batch("pick_reference", (change, Connect(edge)))

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from app.document.change import Change
from app.document.document import Document
from app.document.operations import (
    AddNodes,
    Batch,
    Connect,
    MoveNodes,
    Operation,
    RemoveNodes,
    ReplaceWorkflow,
    SetFields,
    SetNode,
    SetNote,
    SetWorkflow,
)
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, Note, PortRef, Workflow


def edge(source: str, target: str) -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, "in"))


def sample(count: int = 3) -> Workflow:
    ids = [f"n{at}" for at in range(count)]
    edges = tuple(sorted(edge(a, b) for a, b in pairwise(ids)))
    layout = Layout(positions={name: (at * 24, 0) for at, name in enumerate(ids)})
    return Workflow("w", "Sample", graph=Graph({name: Node(name, "t") for name in ids}, edges), layout=layout)


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        (SetFields("n0", {"a": 1}), Change(frozenset({"n0"}))),
        (AddNodes((Node("x", "t"),), {"x": (0, 0)}), Change(frozenset({"x"}), layout=True)),
        (RemoveNodes(["n0"]), Change(frozenset({"n0"}), edges=True, layout=True)),
        (Connect(edge("n0", "n2")), Change(edges=True)),
        (MoveNodes({"n1": (5, 5)}), Change(layout=True)),
        (SetNote("note", Note("x", 0, 0)), Change(layout=True)),
        (SetWorkflow({"name": "New"}), Change(about=True)),
        (
            Batch("paste", (SetFields("n0", {"a": 1}), Connect(edge("n0", "n2")))),
            Change(frozenset({"n0"}), edges=True),
        ),
    ],
)
def test_listeners_hear_exactly_what_changed(operation: Operation, change: Change) -> None:
    document = Document(sample())
    heard: list[Change] = []
    document.listen(heard.append)
    inverse = document.apply(operation)
    document.apply(inverse)
    assert heard == [change, change]
    assert document.workflow == sample()


def test_another_workflow_means_everything_changed() -> None:
    document = Document(sample())
    heard: list[Change] = []
    document.listen(heard.append)
    document.apply(ReplaceWorkflow(Workflow("other", "Other")))
    assert heard[0].all


def test_a_refused_operation_changes_and_tells_nothing() -> None:
    document = Document(sample())
    heard: list[Change] = []
    document.listen(heard.append)
    before = document.workflow
    with pytest.raises(ProblemError):
        document.apply(Batch("paste", (SetNode("n0", {"title": "x"}), SetNode("gone", {}))))
    assert document.workflow is before
    assert heard == []


def test_listening_ends_when_asked() -> None:
    document = Document(sample())
    heard: list[Change] = []
    unlisten = document.listen(heard.append)
    unlisten()
    unlisten()
    document.apply(SetNode("n0", {"title": "x"}))
    assert heard == []


def test_a_thousand_nodes_change_in_a_moment() -> None:
    document = Document(sample(1000))
    document.listen(lambda _: None)
    operations = (
        SetFields("n500", {"prompt": "x"}),
        MoveNodes({"n500": (1, 1)}),
        Connect(edge("n1", "n900")),
        AddNodes((Node("new", "t"),), {"new": (0, 0)}, (edge("n3", "new"),)),
        RemoveNodes(["n500"]),
    )
    for operation in operations:
        fastest = 1.0
        for _ in range(20):
            start = time.process_time()
            inverse = document.apply(operation)
            fastest = min(fastest, time.process_time() - start)
            document.apply(inverse)
        assert fastest < 0.005  # seconds, on a busy machine; a quiet one needs a tenth of it

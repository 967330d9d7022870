from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from app.document.diff import Difference, diff
from app.document.operations import (
    AddNodes,
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    RemoveNodes,
    SetFields,
    SetGroup,
    SetNode,
    SetNote,
    SetWorkflow,
)
from app.document.workflow import Edge, Graph, Group, Node, Note, OnError, PortRef, Settings, Workflow
from app.texts import has
from tests.strategies import workflows

EDGE = Edge(PortRef("a", "out"), PortRef("b", "in"))
BEFORE = Workflow(
    "w",
    "Name",
    graph=Graph(
        {"a": Node("a", "t", title="Ask", fields={"prompt": "Hi", "n": 1}), "b": Node("b", "t")}, (EDGE,)
    ),
)


def test_each_kind_of_change_is_told() -> None:
    inner = Node("i", "data.template", title="Inner")
    after, _ = Batch(
        "paste",
        (
            SetWorkflow({"name": "New", "settings": Settings("2.00")}),
            SetFields("a", {"prompt": "Hello", "n": None, "more": [1]}),
            SetNode("a", {"title": "Question", "on_error": OnError("skip")}),
            Disconnect(EDGE),
            AddNodes((Node("c", "u", body=Graph({"i": inner})),)),
            Connect(Edge(PortRef("a", "out"), PortRef("c", "in"))),
            RemoveNodes(["b"]),
        ),
    ).apply(BEFORE)
    assert diff(BEFORE, after) == (
        Difference("workflow_changed", field="name", before="Name", after="New"),
        Difference("workflow_changed", field="settings.budgetUsd", before=None, after="2.00"),
        Difference("node_changed", "a", "Question", field="fields.more", before=None, after=[1]),
        Difference("node_changed", "a", "Question", field="fields.n", before=1, after=None),
        Difference("node_changed", "a", "Question", field="fields.prompt", before="Hi", after="Hello"),
        Difference("node_changed", "a", "Question", field="onError", before=None, after={"policy": "skip"}),
        Difference("node_changed", "a", "Question", field="title", before="Ask", after="Question"),
        Difference("node_removed", "b", "t"),
        Difference("node_added", "c", "u"),
        Difference("node_added", "i", "Inner"),
        Difference("edge_removed", edge=EDGE),
        Difference("edge_added", edge=Edge(PortRef("a", "out"), PortRef("c", "in"))),
    )


def test_bodies_are_compared_too() -> None:
    frame = Node("f", "flow.map", body=Graph({"i": Node("i", "t")}))
    before = Workflow("w", "", graph=Graph({"f": frame}))
    changed = replace(frame, body=Graph({"i": Node("i", "t", disabled=True)}))
    after = Workflow("w", "", graph=Graph({"f": changed}))
    assert diff(before, after) == (
        Difference("node_changed", "i", "t", field="disabled", before=None, after=True),
    )


def test_layout_is_no_difference() -> None:
    after, _ = Batch(
        "tidy", (MoveNodes({"a": (1, 1)}), SetNote("n", Note("", 0, 0)), SetGroup("g", Group("", ("a",))))
    ).apply(BEFORE)
    assert diff(BEFORE, after) == ()


@settings(max_examples=30)
@given(workflows(), workflows())
def test_no_difference_means_the_same(one: Workflow, other: Workflow) -> None:
    assert diff(one, one) == ()
    there, back = diff(one, other), diff(other, one)
    assert len(there) == len(back)
    for difference in (*there, *back):
        for language in ("en", "zh-CN"):
            assert has(f"difference.{difference.kind}", language)

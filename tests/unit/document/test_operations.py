from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.json_codec import read, write
from app.document.operations import (
    REMOVED,
    AddNodes,
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    Operation,
    RemoveNodes,
    SetDisabled,
    SetFields,
    SetGroup,
    SetNode,
    SetNote,
    SetWorkflow,
)
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Group, Layout, Node, Note, PortRef, Workflow
from tests.strategies import operations, workflows


def edge(source: str, target: str) -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, "in"))


def sample() -> Workflow:
    nodes = {name: Node(name, "model.text") for name in ("a", "b", "c")}
    layout = Layout(
        positions={"a": (0, 0), "b": (240, 0)},
        widths={"b": 300},
        groups={"g": Group("Both", ("a", "b")), "h": Group("One", ("b",))},
    )
    return Workflow("w", "Sample", graph=Graph(nodes, (edge("a", "b"), edge("b", "c"))), layout=layout)


@given(st.data())
def test_inverse_takes_every_operation_back_exactly(data: st.DataObject) -> None:
    before = data.draw(workflows())
    operation = data.draw(operations(before))
    after, inverse = operation.apply(before)
    assert list(after.graph.edges) == sorted(set(after.graph.edges))
    assert all(end.node in after.graph.nodes for e in after.graph.edges for end in (e.source, e.target))
    back, again = inverse.apply(after)
    assert back == before
    assert write(back) == write(before)
    assert write(again.apply(back)[0]) == write(after)


@settings(max_examples=40)
@given(st.data())
def test_a_whole_history_can_be_walked_back_and_forth(data: st.DataObject) -> None:
    workflow = data.draw(workflows())
    states = [write(workflow)]
    inverses: list[Operation] = []
    for _ in range(data.draw(st.integers(2, 8))):
        workflow, inverse = data.draw(operations(workflow)).apply(workflow)
        inverses.append(inverse)
        states.append(write(workflow))
    forward: list[Operation] = []
    for inverse, state in zip(reversed(inverses), reversed(states[:-1]), strict=True):
        workflow, operation = inverse.apply(workflow)
        forward.append(operation)
        assert write(workflow) == state
    for operation, state in zip(reversed(forward), states[1:], strict=True):
        workflow, _ = operation.apply(workflow)
        assert write(workflow) == state


def test_removing_a_node_takes_all_that_hangs_on_it() -> None:
    after, inverse = RemoveNodes(["b"]).apply(sample())
    assert set(after.graph.nodes) == {"a", "c"}
    assert after.graph.edges == ()
    assert after.layout.positions == {"a": (0, 0)}
    assert after.layout.widths == {}
    assert after.layout.groups == {"g": Group("Both", ("a",))}  # the empty group is gone
    assert inverse.apply(after)[0] == sample()


def test_setting_fields_back_to_default_removes_them() -> None:
    after, _ = SetFields("a", {"prompt": "Hi", "stop": None}).apply(sample())
    assert after.graph.nodes["a"].fields == {"prompt": "Hi", "stop": None}
    after, inverse = SetFields("a", {"prompt": REMOVED}).apply(after)
    assert after.graph.nodes["a"].fields == {"stop": None}
    assert inverse.apply(after)[0].graph.nodes["a"].fields == {"prompt": "Hi", "stop": None}


def test_disabling_takes_back_only_what_it_changed() -> None:
    before, _ = SetDisabled(["b"], disabled=True).apply(sample())
    after, inverse = SetDisabled(["a", "b"], disabled=True).apply(before)
    assert after.graph.nodes["a"].disabled
    assert inverse.apply(after)[0] == before


def test_moving_gives_whole_pixels() -> None:
    after, _ = MoveNodes({"c": (12.4, -7.6)}).apply(sample())
    assert after.layout.positions["c"] == (12, -8)


def test_nothing_goes_farther_than_a_file_may_say() -> None:
    operation = Batch(
        "paste",
        (
            AddNodes((Node("d", "t"),), {"d": (9**9, 0)}),
            MoveNodes({"a": (-1e12, 5)}),
            SetNote("n", Note("", 10**8, -(10**8))),
        ),
    )
    after, _ = operation.apply(sample())
    assert read(write(after)).workflow == after
    assert after.layout.positions["d"] == (1_000_000, 0)


def test_disconnecting_keeps_unknown_keys_for_undo() -> None:
    full = Edge(PortRef("a", "out"), PortRef("c", "in"), {"x-colour": "red"})
    before, _ = Connect(full).apply(sample())
    after, inverse = Disconnect(edge("a", "c")).apply(before)
    assert write(inverse.apply(after)[0]) == write(before)


def test_adding_joins_nodes_that_were_there_already() -> None:
    operation = AddNodes((Node("d", "model.text"),), {"d": (1, 2)}, (edge("a", "d"), edge("a", "c")))
    after, inverse = operation.apply(sample())
    assert edge("a", "c") in after.graph.edges
    assert inverse.apply(after)[0] == sample()


def test_a_batch_is_all_or_nothing() -> None:
    before = sample()
    with pytest.raises(ProblemError):
        Batch("paste", (SetNode("a", {"title": "New"}), Connect(edge("a", "b")))).apply(before)
    assert before == sample()


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (AddNodes((Node("a", "model.text"),)), "edit.id_taken"),
        (AddNodes((Node("f", "flow.map", body=Graph({"a": Node("a", "model.text")})),)), "edit.id_taken"),
        (AddNodes(tuple(Node(f"n{i}", "model.text") for i in range(5000))), "edit.too_many_nodes"),
        (AddNodes((Node("d", "model.text"),), edges=(edge("d", "nowhere"),)), "edit.no_such_node"),
        (RemoveNodes(["zz"]), "edit.no_such_node"),
        (MoveNodes({"zz": (0, 0)}), "edit.no_such_node"),
        (SetFields("zz", {}), "edit.no_such_node"),
        (SetNode("zz", {}), "edit.no_such_node"),
        (SetDisabled(["zz"], disabled=True), "edit.no_such_node"),
        (SetGroup("g", Group("", ("zz",))), "edit.no_such_node"),
        (Connect(edge("a", "zz")), "edit.no_such_node"),
        (Connect(edge("a", "b")), "edit.already_linked"),
        (Disconnect(edge("a", "c")), "edit.no_such_link"),
    ],
)
def test_what_cannot_be_done_is_refused(operation: Operation, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        operation.apply(sample())
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize("operation", [SetNode("a", {"id": "b"}), SetWorkflow({"graph": Graph()})])
def test_ids_and_graphs_are_not_set_by_name(operation: Operation) -> None:
    with pytest.raises(ValueError, match="not to be set"):
        operation.apply(sample())


def test_notes_come_and_go() -> None:
    after, inverse = SetNote("n", Note("Hello", 1, 2)).apply(sample())
    assert after.layout.notes["n"].text == "Hello"
    assert inverse.apply(after)[0] == sample()

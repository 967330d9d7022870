from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.change import change_between
from app.document.frames import (
    TOP,
    at_level,
    by_frame,
    frame_of,
    graph_at,
    graphs,
    level_of_change,
    node_in,
    path_to,
    with_graph,
)
from app.document.graph import every_node
from app.document.joining import join
from app.document.json_codec import read, write
from app.document.key_scan import refusals
from app.document.operations import (
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
from app.document.picking import input_for, pick
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Group, Layout, Node, Note, PortRef, Workflow
from tests.strategies import operations, workflows


def edge(source: str, target: str) -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, "in"))


def sample() -> Workflow:
    """a, and f that holds x > y and g, which holds z."""
    inner = Node("g", "t", body=Graph({"z": Node("z", "t")}))
    body = Graph({"x": Node("x", "t"), "y": Node("y", "t"), "g": inner}, (edge("x", "y"),))
    graph = Graph({"a": Node("a", "t"), "f": Node("f", "t", body=body)}, (edge("a", "f"),))
    layout = Layout(
        positions={"a": (0, 0), "f": (300, 0), "x": (0, 0), "z": (5, 5)},
        widths={"y": 300},
        notes={
            "top": Note("Top", 0, 0),
            "in_f": Note("F", 1, 1, frame="f"),
            "in_g": Note("G", 2, 2, frame="g"),
        },
        groups={"pair": Group("Pair", ("x", "y")), "outer": Group("Outer", ("a",))},
    )
    return Workflow("w", "Sample", graph=graph, layout=layout)


# --- where things are ---------------------------------------------------------------------------------------


def test_the_frames_around_a_node_are_found() -> None:
    workflow = sample()
    assert [path_to(workflow, n) for n in ("a", "x", "z", "no")] == [(), ("f",), ("f", "g"), None]
    assert [frame_of(workflow, n) for n in ("a", "x", "z", "no")] == [TOP, "f", "g", None]
    assert by_frame(workflow, ["z", "a", "no", "x", "a"]) == {"g": ["z"], TOP: ["a"], "f": ["x"]}
    found = graph_at(workflow, "g")
    assert found is not None
    assert set(found.nodes) == {"z"}
    assert graph_at(workflow, "x") == Graph()
    assert graph_at(workflow, "no") is None


@given(workflows())
def test_every_node_is_found_where_it_is(workflow: Workflow) -> None:
    for frame, graph in graphs(workflow):
        for node in graph.nodes.values():
            assert frame_of(workflow, node.id) == frame
            assert node_in(workflow, node.id) is node
        assert with_graph(workflow, frame, graph) == workflow


def test_a_level_shows_its_own_nodes_notes_and_groups() -> None:
    workflow = sample()
    top, inside, deep = (at_level(workflow, frame) for frame in (TOP, "f", "g"))
    assert (set(top.layout.notes), set(top.layout.groups)) == ({"top"}, {"outer"})
    assert (set(inside.graph.nodes), set(inside.layout.notes)) == ({"x", "y", "g"}, {"in_f"})
    assert set(inside.layout.groups) == {"pair"}
    assert set(deep.layout.notes) == {"in_g"}
    plain = Workflow("w", "", graph=Graph({"a": Node("a", "t")}))
    assert at_level(plain, TOP) is plain


# --- operations inside ---------------------------------------------------------------------------------------


def body(workflow: Workflow, frame: str) -> Graph:
    found = graph_at(workflow, frame)
    assert found is not None
    return found


def there_and_back(operation: Operation, before: Workflow) -> Workflow:
    after, inverse = operation.apply(before)
    back, again = inverse.apply(after)
    assert write(back) == write(before)
    assert back == before
    assert again.apply(back)[0] == after
    assert read(write(after)).workflow == after
    return after


def test_nodes_are_added_inside_a_frame_and_joined_there() -> None:
    new = AddNodes((Node("n", "t"),), {"n": (9, 9)}, (edge("n", "x"),), "f")
    after = there_and_back(new, sample())
    assert set(body(after, "f").nodes) == {"x", "y", "g", "n"}
    assert edge("n", "x") in body(after, "f").edges


def test_any_node_can_begin_to_hold_others() -> None:
    after = there_and_back(AddNodes((Node("n", "t"),), frame="y"), sample())
    assert set(body(after, "y").nodes) == {"n"}


def test_every_change_finds_its_node() -> None:
    steps: tuple[Operation, ...] = (
        SetFields("z", {"prompt": "Hi"}),
        SetNode("g", {"title": "Inner"}),
        SetDisabled(["a", "z", "g"], disabled=True),
        Connect(edge("y", "g")),
        Disconnect(edge("x", "y")),
        MoveNodes({"z": (7, 8), "a": (1, 2)}),
        SetNote("new", Note("New", 0, 0, frame="g")),
    )
    after = there_and_back(Batch("paste", steps), sample())
    assert body(after, "g").nodes["z"] == Node("z", "t", fields={"prompt": "Hi"}, disabled=True)
    assert body(after, "f").edges == (edge("y", "g"),)
    assert (node_in(after, "g") or Node("", "")).title == "Inner"


def test_a_frame_goes_with_everything_inside_it() -> None:
    after = there_and_back(RemoveNodes(["f"]), sample())
    assert set(after.layout.positions) == {"a"}
    assert (set(after.layout.notes), set(after.layout.groups)) == ({"top"}, {"outer"})
    assert after.layout.widths == {}


def test_nodes_of_several_levels_go_at_once_and_inner_ones_with_their_frame() -> None:
    after = there_and_back(RemoveNodes(["z", "x", "a", "g"]), sample())
    assert [node.id for node in every_node(after.graph)] == ["f", "y"]


def test_no_link_leads_into_a_frame_or_out_of_it() -> None:
    for operation in (Connect(edge("a", "x")), Connect(edge("x", "a")), Connect(edge("z", "y"))):
        with pytest.raises(ProblemError) as caught:
            operation.apply(sample())
        assert caught.value.problems[0].code == "edit.across_frames"
    with pytest.raises(ProblemError, match="across_frames"):
        join(sample(), edge("a", "y"), many=False)


def test_joining_and_picking_inside_look_at_the_own_level() -> None:
    assert join(sample(), edge("y", "g"), many=False) == Connect(edge("y", "g"))
    with pytest.raises(ProblemError, match="would_loop"):
        join(sample(), edge("y", "x"), many=True)
    workflow = sample()
    name = input_for(workflow, "g", PortRef("y", "out"), ())
    after, _ = pick(workflow, "g", "prompt", "{{out}}", PortRef("y", "out"), name).apply(workflow)
    assert Edge(PortRef("y", "out"), PortRef("g", "out")) in body(after, "f").edges


def test_a_key_inside_a_frame_is_found_and_named() -> None:
    hidden, _ = SetFields("z", {"header": "Bearer sk-abcdefghijklmnop1234567890"}).apply(sample())
    assert [problem.node for problem in refusals(hidden)] == ["z"]


# --- what changed --------------------------------------------------------------------------------------------


def test_a_change_inside_names_the_node_and_the_frames_around_it() -> None:
    before = sample()
    after, _ = SetFields("z", {"n": 1}).apply(before)
    change = change_between(before, after)
    assert (change.nodes, change.edges, change.layout) == ({"f", "g", "z"}, False, False)
    linked, _ = Connect(edge("y", "g")).apply(before)
    assert change_between(before, linked).edges
    assert change_between(before, linked).nodes == {"f"}
    gone, _ = RemoveNodes(["f"]).apply(before)
    assert change_between(before, gone).nodes == {"f", "x", "y", "g", "z"}


@pytest.mark.parametrize(
    ("operation", "level"),
    [
        (SetFields("a", {"n": 1}), TOP),
        (SetFields("f", {"n": 1}), TOP),
        (SetFields("x", {"n": 1}), "f"),
        (SetFields("z", {"n": 1}), "g"),
        (MoveNodes({"z": (1, 1)}), "g"),
        (MoveNodes({"x": (1, 1), "a": (1, 1)}), TOP),
        (Batch("paste", (SetFields("x", {"n": 1}), SetFields("z", {"n": 1}))), "f"),
        (Disconnect(edge("x", "y")), "f"),
        (SetNote("in_g", None), "g"),
        (SetGroup("pair", None), "f"),
        (RemoveNodes(["f"]), TOP),
        (RemoveNodes(["g"]), "f"),
        (SetWorkflow({"name": "New"}), None),
    ],
)
def test_the_level_of_a_change_is_the_same_both_ways(operation: Operation, level: str | None) -> None:
    before = sample()
    after, _ = operation.apply(before)
    assert level_of_change(before, after) == level
    assert level_of_change(after, before) == level


@given(st.data())
def test_the_level_of_a_change_is_there_before_and_after(data: st.DataObject) -> None:
    before = data.draw(workflows())
    after, _ = data.draw(operations(before)).apply(before)
    level = level_of_change(before, after)
    if level:
        assert node_in(before, level) is not None
        assert node_in(after, level) is not None
    if level is None:
        assert before.graph == after.graph


def test_a_note_without_its_frame_comes_back_to_the_top() -> None:
    lost = replace(sample(), layout=Layout(notes={"n": Note("Mine", 0, 0, frame="gone")}))
    assert read(write(lost)).workflow.layout.notes == {"n": Note("Mine", 0, 0)}


def test_a_note_names_its_frame_as_a_text() -> None:
    broken = write(sample()).replace(b'"frame": "g"', b'"frame": 7')
    with pytest.raises(ProblemError) as caught:
        read(broken)
    assert caught.value.problems[0].code == "file.must_be_text"


def test_edits_of_a_large_workflow_stay_quick() -> None:
    nodes = {f"n{i}": Node(f"n{i}", "t") for i in range(1000)}
    inside = Graph({f"i{i}": Node(f"i{i}", "t") for i in range(1000)})
    workflow = Workflow("w", "", graph=Graph({**nodes, "f": Node("f", "t", body=inside)}))
    begin = time.process_time()
    for i in range(100):
        workflow, _ = SetFields(f"i{i}", {"n": i}).apply(workflow)
        workflow, _ = MoveNodes({f"i{i}": (i, i)}).apply(workflow)
        workflow, _ = Connect(edge(f"i{i}", f"i{i + 1}")).apply(workflow)
    assert time.process_time() - begin < 3  # 10 ms an edit; measured: under 0.5

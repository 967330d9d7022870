from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from app.document.format import MAX_NODES
from app.document.json_codec import compact, digest, read, write
from app.document.operations import MoveNodes, SetFields
from app.document.problem import Problem, ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, OnError, PortRef, Retry, Workflow
from tests.strategies import json_values, workflows


def file(**workflow: Any) -> dict[str, Any]:
    return {"format": "baton.workflow", "formatVersion": 1, "workflow": {"id": "w", **workflow}}


def data(content: object) -> bytes:
    return json.dumps(content, indent=2, ensure_ascii=False).encode()


def refusal(content: object) -> Problem:
    with pytest.raises(ProblemError) as refused:
        read(content if isinstance(content, bytes) else data(content))
    (problem,) = refused.value.problems
    return problem


@given(workflows())
def test_what_another_process_gets_is_the_same(workflow: Workflow) -> None:
    words = compact(workflow)
    assert "\n" not in words
    assert read(words.encode()).workflow == workflow


def test_a_list_of_lines_stays_a_list_for_another_process() -> None:
    failing = OnError("fallback", ["one\n", "two"])
    workflow = Workflow("w", "W", graph=Graph({"a": Node("a", "model.text", on_error=failing)}))
    assert read(compact(workflow).encode()).workflow == workflow
    assert read(write(workflow)).workflow == workflow


def test_half_a_character_goes_to_no_other_process() -> None:
    with pytest.raises(ProblemError, match=r"file\.broken_character"):
        compact(Workflow("w", "half \ud800"))


@given(workflows())
def test_what_was_saved_loads_as_it_was(workflow: Workflow) -> None:
    saved = write(workflow)
    loaded = read(saved)
    assert loaded.workflow == workflow
    assert not [problem for problem in loaded.warnings if problem.code != "file.holds_key"]
    assert write(loaded.workflow) == saved
    assert digest(loaded.workflow) == digest(workflow)
    # plain JSON with two spaces, as any other tool writes it
    assert saved.decode() == json.dumps(json.loads(saved), indent=2, ensure_ascii=False) + "\n"
    assert b"\r" not in saved


@settings(max_examples=30)
@given(workflows())
def test_saving_does_not_depend_on_the_order_in_memory(workflow: Workflow) -> None:
    turned = Graph(dict(reversed(workflow.graph.nodes.items())), workflow.graph.edges)
    layout = Layout(dict(reversed(workflow.layout.positions.items())), *_rest(workflow.layout))
    other = Workflow(**{**_parts(workflow), "graph": turned, "layout": layout})
    assert write(other) == write(workflow)


def _parts(workflow: Workflow) -> dict[str, Any]:
    return {name: getattr(workflow, name) for name in workflow.__dataclass_fields__}


def _rest(layout: Layout) -> list[Any]:
    return [getattr(layout, name) for name in list(layout.__dataclass_fields__)[1:]]


def test_a_node_is_written_in_the_order_of_the_format() -> None:
    node = Node(
        "a1",
        "model.text",
        2,
        "Title",
        {"prompt": "one\ntwo", "alone": 1},
        OnError("fallback", [1]),
        Retry(2, 30.0),
        disabled=True,
        note="Why",
        body=Graph(),
        extra={"zebra": 1, "apple": 2, "retry": {"x": 1}},
    )
    saved = json.loads(write(Workflow("w", "", graph=Graph({"a1": node}))))
    assert json.dumps(saved["workflow"]["nodes"]["a1"]) == json.dumps(
        {
            "type": "model.text",
            "typeVersion": 2,
            "title": "Title",
            "fields": {"alone": 1, "prompt": ["one\n", "two"]},
            "onError": {"policy": "fallback", "value": [1]},
            "retry": {"attempts": 2, "timeout": 30, "x": 1},
            "disabled": True,
            "note": "Why",
            "body": {"nodes": {}, "edges": []},
            "apple": 2,
            "zebra": 1,
        }
    )


def test_the_file_begins_with_its_format_and_ends_with_the_layout() -> None:
    workflow = Workflow("w", "", layout=Layout(positions={"a": (1, 2)}), header={"x": 1}, requires={"y": 2})
    placed = Workflow(**{**_parts(workflow), "graph": Graph({"a": Node("a", "t")})})
    saved = json.loads(write(placed))
    assert list(saved) == [
        "$schema",
        "format",
        "formatVersion",
        "generator",
        "requires",
        "workflow",
        "x",
        "layout",
    ]
    assert saved["$schema"] == "baton.workflow/1"


@pytest.mark.parametrize("prompt", ["one\ntwo", ["one\n", "two"]])
def test_both_forms_of_a_text_load(prompt: Any) -> None:
    node = {"type": "model.text", "fields": {"prompt": prompt}, "note": ["by", "hand"]}
    loaded = read(data(file(nodes={"a": node}))).workflow.graph.nodes["a"]
    assert loaded.fields["prompt"] == "one\ntwo"
    assert loaded.note == "by\nhand"


def test_a_list_of_texts_stays_a_list() -> None:
    values: list[Any] = [
        ["a", "b"],
        ["a\n", "b"],
        ["a\n", "b\n", ""],
        ["a", "b\n"],
        [["a\n", "b"]],
        ["\n"],
        [],
    ]
    node = Node("a", "t", fields={f"f{at}": value for at, value in enumerate(values)})
    saved = write(Workflow("w", "", graph=Graph({"a": node})))
    assert read(saved).workflow.graph.nodes["a"] == node


@given(json_values)
def test_any_value_of_a_field_survives(value: Any) -> None:
    node = Node("a", "t", fields={"f": value})
    assert (
        read(write(Workflow("w", "", graph=Graph({"a": node})))).workflow.graph.nodes["a"].fields["f"]
        == value
    )


def test_a_byte_order_mark_is_allowed() -> None:
    assert read(b"\xef\xbb\xbf" + data(file(name="x"))).workflow.name == "x"


def test_unknown_nodes_and_keys_survive() -> None:
    content = file(
        nodes={"a": {"type": "who.knows", "typeVersion": 7, "fields": {"deep": {"er": [1]}}, "future": True}},
        edges=[
            {"from": {"node": "a", "port": "p", "x": 1}, "to": {"node": "a", "port": "q"}, "bend": [1, 2]}
        ],
        colour="blue",
    )
    content["layout"] = {"nodes": {"a": {"x": 1, "y": 2, "shape": "round"}}, "zoom": 2}
    content["signature"] = "abc"
    saved = json.loads(write(read(data(content)).workflow))
    assert saved["workflow"]["nodes"]["a"] == content["workflow"]["nodes"]["a"]
    assert saved["workflow"]["edges"] == content["workflow"]["edges"]
    assert saved["workflow"]["colour"] == "blue"
    assert saved["layout"] == content["layout"]
    assert saved["signature"] == "abc"


def test_an_edge_to_nowhere_is_told_and_left_out() -> None:
    edge = {"from": {"node": "a", "port": "out"}, "to": {"node": "gone", "port": "in"}}
    loaded = read(data(file(nodes={"a": {"type": "t"}}, edges=[edge])))
    (problem,) = loaded.warnings
    assert (problem.code, problem.severity, problem.node) == ("file.edge_to_nowhere", "error", "a")
    assert problem.args["missing"] == "gone"
    assert loaded.workflow.graph.edges == ()


def test_an_edge_that_stands_twice_is_kept_once() -> None:
    edge = {"from": {"node": "a", "port": "out"}, "to": {"node": "b", "port": "in"}}
    loaded = read(data(file(nodes={"a": {"type": "t"}, "b": {"type": "t"}}, edges=[edge, edge])))
    assert [problem.code for problem in loaded.warnings] == ["file.edge_twice"]
    assert len(loaded.workflow.graph.edges) == 1


def test_a_cycle_opens_for_the_planner_tells() -> None:
    there = {"from": {"node": "a", "port": "o"}, "to": {"node": "b", "port": "i"}}
    back = {"from": {"node": "b", "port": "o"}, "to": {"node": "a", "port": "i"}}
    loaded = read(data(file(nodes={"a": {"type": "t"}, "b": {"type": "t"}}, edges=[there, back])))
    assert len(loaded.workflow.graph.edges) == 2


def test_layout_of_nodes_that_are_not_there_is_left_out() -> None:
    content = file(nodes={"a": {"type": "t"}})
    content["layout"] = {
        "nodes": {"gone": {"x": 1, "y": 1}},
        "groups": {"g": {"title": "", "nodes": ["gone", "a"]}},
    }
    layout = read(data(content)).workflow.layout
    assert layout.positions == {}
    assert layout.groups["g"].nodes == ("a",)


def test_a_newer_file_opens_to_look_at() -> None:
    content = file(name="later", nodes={"a": {"type": "t", "shiny": 1}})
    content["formatVersion"] = 2
    loaded = read(data(content))
    assert loaded.newer
    assert (loaded.version, loaded.workflow.name) == (2, "later")
    assert [(p.code, p.severity) for p in loaded.warnings] == [("file.newer_version", "warning")]


def test_a_newer_file_of_another_shape_is_refused_as_newer() -> None:
    content = file(nodes=["now", "a", "list"])
    content["formatVersion"] = 3
    problem = refusal(content)
    assert (problem.code, problem.args["version"]) == ("file.newer_unreadable", 3)


def test_features_that_we_lack_are_told() -> None:
    content = file()
    content["requires"] = {"features": ["telepathy"]}
    (problem,) = read(data(content)).warnings
    assert (problem.code, problem.severity) == ("file.needs_features", "error")
    assert problem.args["features"] == ("telepathy",)


NODE = {"type": "t"}
EDGE = {"from": {"node": "a", "port": "p"}, "to": {"node": "a", "port": "q"}}


@pytest.mark.parametrize(
    ("content", "code", "path"),
    [
        ([], "not_a_workflow", ""),
        ({}, "not_a_workflow", ""),
        ({"format": "other", "formatVersion": 1}, "not_a_workflow", ""),
        ({"format": "baton.workflow", "workflow": {}}, "key_missing", "formatVersion"),
        ({"format": "baton.workflow", "formatVersion": "1"}, "must_be_whole_number", "formatVersion"),
        ({"format": "baton.workflow", "formatVersion": True}, "must_be_whole_number", "formatVersion"),
        ({"format": "baton.workflow", "formatVersion": 0}, "out_of_range", "formatVersion"),
        ({"format": "baton.workflow", "formatVersion": 1}, "key_missing", "workflow"),
        ({"format": "baton.workflow", "formatVersion": 1, "workflow": []}, "must_be_object", "workflow"),
        ({"format": "baton.workflow", "formatVersion": 1, "workflow": {}}, "key_missing", "workflow.id"),
        (file(id="a b"), "bad_id", "workflow.id"),
        (file(name=3), "must_be_text", "workflow.name"),
        (file(inputs=[]), "must_be_object", "workflow.inputs"),
        (file(settings={"budgetUsd": 1.5}), "bad_money", "workflow.settings.budgetUsd"),
        (file(settings={"budgetUsd": "-1"}), "bad_money", "workflow.settings.budgetUsd"),
        (file(settings={"concurrency": 0}), "out_of_range", "workflow.settings.concurrency"),
        (file(settings={"timeLimit": 0}), "must_be_positive", "workflow.settings.timeLimit"),
        (file(settings={"timeLimit": "1"}), "must_be_number", "workflow.settings.timeLimit"),
        (file(nodes=[]), "must_be_object", "workflow.nodes"),
        (file(nodes={"a": 1}), "must_be_object", "workflow.nodes.a"),
        (file(nodes={"": NODE}), "bad_id", "workflow.nodes."),
        (file(nodes={"a.b": NODE}), "bad_id", "workflow.nodes.a.b"),
        (file(nodes={"a": {}}), "key_missing", "workflow.nodes.a.type"),
        (file(nodes={"a": {"type": ""}}), "bad_name", "workflow.nodes.a.type"),
        (file(nodes={"a": {"type": "x\ny"}}), "bad_name", "workflow.nodes.a.type"),
        (file(nodes={"a": {**NODE, "typeVersion": 0}}), "out_of_range", "workflow.nodes.a.typeVersion"),
        (file(nodes={"a": {**NODE, "fields": 1}}), "must_be_object", "workflow.nodes.a.fields"),
        (file(nodes={"a": {**NODE, "disabled": "no"}}), "must_be_yes_no", "workflow.nodes.a.disabled"),
        (
            file(nodes={"a": {**NODE, "onError": {"policy": "hide"}}}),
            "not_one_of",
            "workflow.nodes.a.onError.policy",
        ),
        (
            file(nodes={"a": {**NODE, "retry": {"attempts": 0}}}),
            "out_of_range",
            "workflow.nodes.a.retry.attempts",
        ),
        (
            file(nodes={"a": {**NODE, "body": {"nodes": {"a": NODE}}}}),
            "id_twice",
            "workflow.nodes.a.body.nodes.a",
        ),
        (file(edges={}), "must_be_list", "workflow.edges"),
        (file(edges=[1]), "must_be_object", "workflow.edges[0]"),
        (
            file(nodes={"a": NODE}, edges=[EDGE, {"from": EDGE["from"]}]),
            "key_missing",
            "workflow.edges[1].to.node",
        ),
        (file(edges=[{**EDGE, "to": {"node": "a", "port": ""}}]), "bad_name", "workflow.edges[0].to.port"),
        ({**file(), "requires": 1}, "must_be_object", "requires"),
        ({**file(), "requires": {"features": "x"}}, "must_be_list", "requires.features"),
        ({**file(), "layout": 1}, "must_be_object", "layout"),
        (
            {**file(nodes={"a": NODE}), "layout": {"nodes": {"a": {"x": 1}}}},
            "key_missing",
            "layout.nodes.a.y",
        ),
        (
            {**file(nodes={"a": NODE}), "layout": {"nodes": {"a": {"x": 0.5, "y": 1}}}},
            "must_be_whole_number",
            "layout.nodes.a.x",
        ),
        ({**file(), "layout": {"notes": {"n": {"x": 9**9, "y": 0}}}}, "out_of_range", "layout.notes.n.x"),
        ({**file(), "layout": {"groups": {"g": {"title": None}}}}, "must_be_text", "layout.groups.g.title"),
    ],
)
def test_each_refusal_names_what_and_where(content: object, code: str, path: str) -> None:
    problem = refusal(content)
    assert (problem.code, problem.args["path"]) == (f"file.{code}", path)


def test_a_refusal_names_line_node_and_field() -> None:
    content = data(file(nodes={"a": {"type": "t", "disabled": 1}}))
    problem = refusal(content)
    assert (problem.node, problem.field) == ("a", "disabled")
    assert content.decode().splitlines()[int(str(problem.args["line"])) - 1].strip() == '"disabled": 1'


def test_long_labels_make_long_port_names() -> None:
    edge = Edge(PortRef("a", "is_" + "长" * 2000), PortRef("a", "wide\u3000space"))
    workflow = Workflow("w", "", graph=Graph({"a": Node("a", "t")}, (edge,)))
    assert read(write(workflow)).workflow == workflow


def test_too_many_nodes_are_refused_bodies_included() -> None:
    inner = {f"n{at}": NODE for at in range(MAX_NODES)}
    assert read(data(file(nodes=inner))).workflow
    assert refusal(file(nodes={"f": {**NODE, "body": {"nodes": inner}}})).code == "file.too_many_nodes"


def test_half_a_character_is_refused_before_anything_is_written() -> None:
    broken = Workflow("w", "", graph=Graph({"a": Node("a", "t", fields={"prompt": "half \ud83d"})}))
    with pytest.raises(ProblemError) as refused:
        write(broken)
    (problem,) = refused.value.problems
    assert (problem.code, problem.node, problem.field) == ("file.broken_character", "a", "prompt")


def test_the_digest_follows_the_content_not_the_layout() -> None:
    node = Node("a", "t", fields={"prompt": "x"})
    workflow = Workflow("w", "", graph=Graph({"a": node}, (Edge(PortRef("a", "o"), PortRef("a", "i")),)))
    moved, _ = MoveNodes({"a": (5, 5)}).apply(workflow)
    changed, _ = SetFields("a", {"prompt": "y"}).apply(workflow)
    assert digest(moved) == digest(workflow)
    assert digest(changed) != digest(workflow)
    assert len(digest(workflow)) == 64

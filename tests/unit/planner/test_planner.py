"""What the planner finds before a run, each with its node and field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.document.problem import Problem
from app.document.workflow import Layout, Node
from app.planner.planner import make_plan
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from app.sdk.references import as_text
from tests.flows import SPECS, ScriptedModels, flow, plan, planned


def found(problems: tuple[Problem, ...], code: str) -> Problem:
    matching = [p for p in problems if p.code == code]
    assert len(matching) == 1, problems
    return matching[0]


def test_steps_come_in_an_order_in_which_they_can_run() -> None:
    compiled = plan(
        flow({"c": "test.step", "a": "test.source", "b": "test.step"}, ["a.value>b.value", "b.value>c.value"])
    )
    assert compiled.ids == ("a", "b", "c")
    assert compiled.in_degrees == (0, 1, 1)
    assert compiled.first == (0,)


def test_the_plan_knows_how_those_steps_are_done_that_only_compute() -> None:
    off = Node("off", "test.source", disabled=True)
    edges = ["a.value>waits.value", "waits.value>r.value"]
    compiled = plan(flow({"a": "test.source", "waits": "test.step", "r": "test.result", "off": off}, edges))
    found = dict(zip(compiled.ids, compiled.computations, strict=True))
    assert found["waits"] is found["off"] is None
    assert (source := found["a"]) is not None
    assert (source.id, source.type, source.takes, source.result) == ("a", "test.source", (), None)
    assert (result := found["r"]) is not None
    assert result.links == {"value": "waits.value"}
    assert result.result is compiled.edges[1]


@pytest.mark.parametrize(
    ("nodes", "edges", "code", "node", "field"),
    [
        ({}, [], "workflow.empty", None, None),
        (
            {"a": "test.step", "b": "test.step"},
            ["a.value>b.value", "b.value>a.value"],
            "workflow.cycle",
            "a",
            None,
        ),
        ({"a": "nobody.knows"}, [], "node.unknown_type", "a", None),
        ({"a": Node("a", "test.step", type_version=9)}, [], "node.newer_version", "a", None),
        ({"a": ("test.step", {"turns": "many"})}, [], "field.not_whole_number", "a", "turns"),
        ({"a": "test.source"}, ["a.value>gone.value"], "edge.no_node", None, None),
        ({"a": "test.source", "b": "test.step"}, ["a.other>b.value"], "edge.no_port", "a", None),
        ({"a": "test.source", "b": "test.step"}, ["a.value>b.other"], "edge.no_port", "b", None),
        (
            {"a": "test.source", "b": "test.step", "c": "test.source"},
            ["a.value>b.value", "c.value>b.value"],
            "input.two_edges",
            "b",
            None,
        ),
        ({"a": "test.need"}, [], "input.missing", "a", None),
    ],
)
def test_problems_name_where(
    nodes: dict, edges: list[str], code: str, node: str | None, field: str | None
) -> None:
    result = planned(flow(nodes, edges))
    problem = found(result.problems, code)
    assert result.plan is None
    assert (problem.node, problem.field) == (node, field)


def test_an_unknown_node_beside_the_way_is_a_warning_and_is_skipped() -> None:
    result = planned(
        flow(
            {"a": "test.source", "r": "test.result", "x": "nobody.knows"},
            ["a.value>r.value", "a.value>x.any"],
        )
    )
    assert found(result.problems, "node.unknown_type").severity == "warning"
    assert result.plan
    assert {s.id: s.always_skipped for s in result.plan.steps} == {"a": "", "r": "", "x": "unknown"}


def test_a_disabled_node_needs_nothing() -> None:
    assert planned(flow({"a": "test.source", "n": Node("n", "test.need", disabled=True)}, [])).plan


def test_a_model_that_is_not_there_is_found_before_the_run() -> None:
    def nowhere(choice: ModelChoice) -> ModelFacts:
        raise NodeError("role.not_mapped", role=choice.role)

    result = make_plan(flow({"m": "test.model"}, []), "d", SPECS.get, nowhere)
    problem = found(result.problems, "role.not_mapped")
    assert (problem.node, problem.field, problem.args["role"]) == ("m", "model", "small")


def test_what_could_come_in_any_order_comes_as_on_the_canvas() -> None:
    workflow = flow(
        {"a": "test.step", "b": "test.step", "c": "test.step", "s": "test.source"},
        ["s.value>a.value", "s.value>b.value", "s.value>c.value"],
    )
    layout = Layout(positions={"s": (0, 0), "a": (300, 200), "b": (300, 0), "c": (200, 400)})
    assert plan(replace(workflow, layout=layout)).ids == ("s", "c", "b", "a")
    assert plan(workflow).ids == ("s", "a", "b", "c")


@pytest.mark.parametrize(("has_price", "found"), [(True, 0), (False, 1)])
def test_a_budget_that_cannot_hold_a_model_is_a_warning(has_price: bool, found: int) -> None:
    workflow = flow({"m": "test.model", "off": Node("off", "test.model", disabled=True)}, [])
    result = make_plan(workflow, "d", SPECS.get, ScriptedModels().facts, lambda _: has_price)
    assert result.plan
    assert len(result.problems) == found
    for problem in result.problems:
        assert (problem.code, problem.severity) == ("run.budget_unheld", "warning")
        assert (problem.node, problem.field, problem.args) == ("m", "model", {"model": "scripted-1"})


def test_without_a_budget_no_price_is_needed() -> None:
    assert planned(flow({"m": "test.model"}, [])).problems == ()


def test_what_may_be_anything_comes_as_the_text_that_a_step_wants() -> None:
    workflow = flow(
        {"a": "test.source", "m": ("flow.merge", {}), "t": "test.text", "r": "test.result"},
        ["a.value>m.values", "m.value>t.text", "t.value>r.value"],
    )
    made = plan(workflow)
    edge = next(edge for edge in made.edges if made.steps[edge.target].id == "t")
    assert edge.convert is not None
    assert edge.convert({"a": [1]}) == as_text({"a": [1]})
    assert edge.convert("as it is") == "as it is"
    assert edge.convert(None) == ""

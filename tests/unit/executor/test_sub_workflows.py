"""Sub-workflows: another workflow as one step, named by its content, with a bill of its own."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.adapters.workflow_parts import WorkflowParts
from app.document import json_codec
from app.document.json_codec import digest
from app.document.workflow import Node, Workflow
from app.events.run_events import NodeSettled
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.planner.planner import Planned, make_plan
from app.planner.sheet import sheet
from app.registry.part_fields import part_fields
from app.sdk.node_type import WorkflowRule
from app.settings import Folders
from tests.flows import SPECS, ScriptedModels, doors, events_of, flow, frame, inputs, status

INNER = flow(
    {
        "ask": ("intent.ask", {"asked": [{"name": "text"}, {"name": "tone", "required": False}]}),
        "m": "test.model",
        "o": ("output.output", {"name": "clean"}),
    },
    ["ask.text>m.value", "m.value>o.value"],
)


def step(inner: Workflow = INNER, name: str = "sub") -> Node:
    return Node(name, "flow.workflow", fields=dict(part_fields(inner, SPECS.get)))


def outer(node: Node | None = None) -> Workflow:
    return flow(
        {"a": "test.source", "sub": node or step(), "r": "test.result"},
        ["a.value>sub.text", "sub.clean>r.value"],
    )


def planned(workflow: Workflow, *parts: Workflow) -> Planned:
    known = {digest(part): part for part in parts}
    return make_plan(
        workflow, "d", SPECS.get, ScriptedModels().facts, part_of=lambda rule: known.get(rule.digest)
    )


async def test_it_runs_with_its_own_bill() -> None:
    made = planned(outer(), INNER)
    assert made.plan, made.problems
    assert set(made.plan.ids) == {"a", "sub", "sub/ask", "sub/m", "sub/o", "r"}
    execution = Execution(made.plan, doors(price="0.01"), Limits(), "r", {"value": "hello"})
    events = await events_of(execution)
    assert status(events) == "done"
    assert execution.outputs == {"result": "re: hello"}
    state = RunState()
    state.apply_all(events)
    assert state.frames["sub"].cost.known == Decimal("0.15") == state.cost.known
    assert state.nodes["sub/m"].calls == 1
    settled = next(e for e in events if isinstance(e, NodeSettled) and e.node == "sub")
    assert (settled.calls, settled.cost.known) == (1, Decimal("0.15"))


async def test_one_within_another_and_inside_a_map() -> None:
    middle = flow(
        {
            "ask": ("intent.ask", {"asked": [{"name": "text"}]}),
            "sub": step(),
            "o": ("output.output", {"name": "clean"}),
        },
        ["ask.text>sub.text", "sub.clean>o.value"],
    )
    body: dict[str, Any] = {"in": inputs(item="item"), "twice": step(middle, "twice"), "o": "output.output"}
    workflow = flow(
        {
            "a": "test.source",
            "map": frame("map", "flow.for_each", body, ["in.item>twice.text", "twice.clean>o.value"]),
            "r": "test.result",
        },
        ["a.value>map.items", "map.result>r.value"],
    )
    made = planned(workflow, INNER, middle)
    assert made.plan, made.problems
    execution = Execution(made.plan, doors(), Limits(), "r", {"value": ["x", "y"]})
    events = await events_of(execution)
    assert execution.outputs == {"result": ["re: x", "re: y"]}
    scopes = {e.scope for e in events if isinstance(e, NodeSettled) and e.node == "twice/sub/m"}
    assert scopes == {"map#0/twice/sub", "map#1/twice/sub"}


def test_a_missing_one_is_a_problem_of_the_step() -> None:
    assert [(p.code, p.node) for p in planned(outer()).problems] == [("frame.workflow_missing", "sub")]
    bare = flow({"sub": Node("sub", "flow.workflow")}, [])
    assert [(p.code, p.node, p.field) for p in planned(bare).problems] == [
        ("frame.no_workflow", "sub", "file")
    ]


def test_what_is_wrong_inside_is_said_of_the_step() -> None:
    broken = replace(INNER, graph=flow({"o": ("output.output", {"name": "clean"})}, []).graph)
    problems = planned(outer(step(broken)), broken).problems
    assert {(p.code, p.node) for p in problems} >= {("input.missing", "sub")}


def test_the_sheet_names_what_the_inner_steps_ask_for() -> None:
    inner = flow({"w": ("tool.web_request", {"url": "https://shop.example/"})}, [])
    workflow = flow({"sub": step(inner)}, [])
    row = sheet(workflow, SPECS, part_of=lambda _: inner).row("sends")
    assert row is not None
    assert [(item.target, item.nodes) for item in row.items] == [("shop.example", ("sub",))]


def folders(home: Path) -> Folders:
    return Folders(*(home / name for name in ("config", "data", "cache", "state", "logs")))


def test_only_the_content_that_was_chosen_is_found(tmp_path: Path) -> None:
    parts = WorkflowParts(folders(tmp_path))
    rule = WorkflowRule(INNER.id, digest(INNER), INNER.name, "inner.baton.json")
    file = tmp_path / "inner.baton.json"
    assert parts.find(rule, tmp_path) is None
    file.write_bytes(json_codec.write(INNER))
    assert parts.find(rule, tmp_path) == INNER
    parts.keep(INNER)
    file.write_bytes(json_codec.write(replace(INNER, graph=flow({"x": "test.source"}, []).graph)))
    assert parts.find(rule, tmp_path) == INNER, "the file has changed, the choice has not"


@pytest.mark.parametrize("odd", ["../../etc/passwd", "", "x" * 64])
def test_a_digest_is_no_path(tmp_path: Path, odd: str) -> None:
    assert WorkflowParts(folders(tmp_path)).find(WorkflowRule("w", odd), tmp_path) is None

"""Pins and partial runs inside frames: a pinned result holds in every row and turn, and only what is needed runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from app.document.json_codec import digest
from app.document.workflow import Node, Workflow
from app.events.run_events import NodeSettled, RunEvent
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import Journal, RunHead
from app.executor.memory_journal import MemoryRuns, journal_of_nothing
from app.executor.past import Keeping, Past
from app.planner.partial import before
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.part_fields import part_fields
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from tests.flows import SPECS, ScriptedModels, doors, events_of, flow, frame, inputs, plan, status

Pins = Mapping[str, Mapping[str, Any]]

CHAIN = (
    {
        "in": inputs(item="item"),
        "m": "test.model",
        "n": "test.model",
        "o": ("output.output", {"name": "result"}),
    },
    ["in.item>m.value", "m.value>n.value", "n.value>o.value"],
)
EACH = flow(
    {"list": "test.source", "map": frame("map", "flow.for_each", *CHAIN), "r": "test.result"},
    ["list.value>map.items", "map.result>r.value"],
)
LOOP = flow(
    {
        "a": "test.source",
        "loop": frame(
            "loop",
            "flow.loop",
            {
                "in": inputs(value="variable"),
                "m": "test.model",
                "n": "test.model",
                "extra": "test.model",
                "o": ("output.output", {"name": "value"}),
            },
            ["in.value>m.value", "m.value>n.value", "m.value>extra.value", "n.value>o.value"],
            max_turns=2,
        ),
        "r": "test.result",
    },
    ["a.value>loop.value", "loop.value>r.value"],
)


def planned(workflow: Workflow, pins: Collection[str] = (), to: str = "", *parts: Workflow) -> Plan:
    known = {digest(part): part for part in parts}
    made = make_plan(
        workflow,
        "digest",
        SPECS.get,
        ScriptedModels().facts,
        part_of=lambda rule: known.get(rule.digest),
        pinned=pins,
        to=to,
    )
    assert made.plan, made.problems
    return made.plan


async def run(
    made: Plan,
    models: ScriptedModels,
    value: Any = "x",
    pins: Pins | None = None,
    *,
    past: Past | None = None,
    journal: Journal | None = None,
    price: str = "",
) -> tuple[Execution, list[RunEvent]]:
    keeping = Keeping(journal or journal_of_nothing(), past=past or Past(pins=pins or {}))
    through = doors(models, price=price) if price else doors(models)
    execution = Execution(made, through, Limits(), "r", {"value": value}, keeping=keeping)
    events = await events_of(execution)
    assert status(events) == "done"
    return execution, events


def sources(events: list[RunEvent], node: str) -> list[str]:
    return [e.source for e in events if isinstance(e, NodeSettled) and e.node == node]


async def test_a_pin_in_a_body_holds_for_every_element_and_what_led_to_it_alone_does_not_run() -> None:
    models, pins = ScriptedModels(), {"m": {"value": "pinned"}}
    execution, events = await run(planned(EACH, pins), models, ["x", "y", "z"], pins)
    assert execution.outputs == {"result": ["re: pinned"] * 3}
    assert models.asked == ["pinned"] * 3
    assert sources(events, "m") == ["pin"] * 3
    state = RunState()
    state.apply_all(events)
    assert state.nodes["m"].sources["pin"] == 3


async def test_a_pin_in_a_loop_holds_in_every_turn() -> None:
    models, pins = ScriptedModels(), {"n": {"value": "pinned"}}
    execution, events = await run(planned(LOOP, pins), models, "x", pins)
    assert execution.outputs == {"result": "pinned"}
    assert sources(events, "n") == ["pin"] * 2
    assert models.asked == ["x", "re: x"] * 1 + ["pinned", "re: pinned"], (
        "extra is a result that somebody sees"
    )


async def test_a_pin_in_a_sub_workflow_is_named_by_the_way_to_it() -> None:
    inner = flow(
        {
            "ask": ("intent.ask", {"asked": [{"name": "text"}]}),
            "m": "test.model",
            "n": "test.model",
            "o": ("output.output", {"name": "clean"}),
        },
        ["ask.text>m.value", "m.value>n.value", "n.value>o.value"],
    )
    # The outer workflow has a step of the same id, which is none of the pin's business.
    outer = flow(
        {
            "m": "test.model",
            "sub": Node("sub", "flow.workflow", fields=dict(part_fields(inner, SPECS.get))),
            "r": "test.result",
        },
        ["m.value>sub.text", "sub.clean>r.value"],
    )
    models, pins = ScriptedModels(), {"sub/m": {"value": "pinned"}}
    made = planned(outer, pins, "", inner)
    execution, events = await run(made, models, "x", pins)
    assert execution.outputs == {"result": "re: pinned"}
    assert sources(events, "sub/m") == ["pin"]
    assert "sub/ask" not in made.ids
    assert models.asked == ["None", "pinned"]


async def test_a_run_to_a_step_in_a_body_runs_it_for_every_element_and_nothing_behind_it() -> None:
    made, models = planned(EACH, to="m"), ScriptedModels()
    assert set(made.ids) == {"list", "map", "in", "m"}
    _, events = await run(made, models, ["x", "y"])
    assert sorted(models.asked) == ["x", "y"]
    assert sources(events, "map") == [""]


async def test_a_run_to_a_step_in_a_loop_still_takes_its_turns() -> None:
    made, models = planned(LOOP, to="m"), ScriptedModels()
    assert set(made.ids) == {"a", "loop", "in", "m", "n", "o"}
    await run(made, models)
    assert models.asked == ["x", "re: x", "re: re: x", "re: re: re: x"]


async def test_what_is_wrong_with_a_pinned_step_does_not_matter() -> None:
    def no_model(choice: ModelChoice) -> ModelFacts:
        raise NodeError("model.missing", model=choice.model)

    pins = {"m": {"value": "pinned"}, "map": {"result": ["a", "b"]}}
    workflow = flow(
        {**EACH.graph.nodes, "m2": "test.model", "r2": ("test.result", {"name": "other"})},
        ["list.value>map.items", "map.result>r.value", "m2.value>r2.value"],
    )
    made = make_plan(workflow, "d", SPECS.get, no_model, pinned=("map", "m2"))
    assert made.plan, made.problems
    assert set(made.plan.ids) == {"map", "r", "m2", "r2"}
    assert not any(step.powers for step in made.plan.all_steps())
    execution, _ = await run(made.plan, ScriptedModels(), pins={**pins, "m2": {"value": "y"}})
    assert execution.outputs == {"result": ["a", "b"], "other": "y"}


async def test_a_pinned_value_that_its_port_can_t_carry_fails_the_step_and_says_so() -> None:
    workflow = flow(
        {"a": "test.source", "b": "test.branch", "r": "test.result"}, ["a.value>b.value", "b.yes>r.value"]
    )
    keeping = Keeping(past=Past(pins={"b": {"yes": "x", "verdict": "perhaps"}}))
    events = await events_of(Execution(plan(workflow), doors(), Limits(), "r", {}, keeping=keeping))
    (ended,) = [e for e in events if isinstance(e, NodeSettled) and e.node == "b"]
    assert ended.status == "failed"
    assert status(events) == "failed"


async def test_a_run_from_a_step_in_a_body_takes_what_came_before_it_from_the_last_run() -> None:
    made, models = planned(EACH), ScriptedModels()
    last = MemoryRuns()
    journal = await last.begin(RunHead("r", "w", "W", "d", "2026-03-01T10:00:00+08:00", "{}"))
    await run(made, models, ["x", "y"], journal=journal)
    assert before(made, "n") == {"list", "in", "m"}
    _, _, base = await last.look("r")
    models.asked.clear()
    past = Past(before={"list": {"value": ["x", "y"]}}, stays=before(made, "n"), base=base)
    execution, events = await run(made, models, past=past)
    assert sorted(models.asked) == ["re: x", "re: y"]
    assert execution.outputs == {"result": ["re: re: x", "re: re: y"]}
    assert sources(events, "m") == ["record"] * 2
    # Where an element is another one now, what stood there before isn't its own.
    models.asked.clear()
    await run(made, models, past=replace(past, before={"list": {"value": ["x", "z"]}}))
    assert sorted(models.asked) == ["re: x", "re: z", "z"]


async def test_a_run_from_a_step_behind_a_frame_does_not_pay_for_the_frame_again() -> None:
    made, models = planned(EACH), ScriptedModels()
    last = MemoryRuns()
    journal = await last.begin(RunHead("r", "w", "W", "d", "2026-03-01T10:00:00+08:00", "{}"))
    await run(made, models, ["x", "y"], journal=journal)
    _, _, base = await last.look("r")
    models.asked.clear()
    past = Past(before={"list": {"value": ["x", "y"]}}, stays=before(made, "r"), base=base)
    execution, _ = await run(made, models, past=past)
    assert execution.outputs == {"result": ["re: re: x", "re: re: y"]}
    assert models.asked == []


async def test_a_run_from_a_step_behind_a_loop_that_its_money_ended_goes_no_further() -> None:
    fields = {"in": inputs(value="variable"), "m": "test.model", "o": ("output.output", {"name": "value"})}
    inner = ["in.value>m.value", "m.value>o.value"]
    loop = frame("loop", "flow.loop", fields, inner, max_turns=50, max_usd=0.06)
    links = ["a.value>loop.value", "loop.value>r.value"]
    made, models = (
        planned(flow({"a": "test.source", "loop": loop, "r": "test.result"}, links)),
        ScriptedModels(),
    )
    last = MemoryRuns()
    journal = await last.begin(RunHead("r", "w", "W", "d", "2026-03-01T10:00:00+08:00", "{}"))
    first, _ = await run(made, models, journal=journal, price="0.002")
    assert 0 < len(models.asked) < 50
    _, _, base = await last.look("r")
    models.asked.clear()
    past = Past(before={"a": {"value": "x"}}, stays=before(made, "r"), base=base)
    journal = await last.begin(RunHead("r2", "w", "W", "d", "2026-03-01T10:00:00+08:00", "{}"))
    second, _ = await run(made, models, past=past, price="0.002", journal=journal)
    assert second.outputs == first.outputs
    assert models.asked == []
    of_second = replace(past, base=(await last.look("r2"))[2])
    third, _ = await run(made, models, past=of_second, price="0.002")
    assert third.outputs == first.outputs
    assert models.asked == [], "nor does one that begins from a run of that kind"
    # Given something else it is another Loop: what ended that one says nothing of how far this one goes.
    models.asked.clear()
    models.answer = lambda _: "y"  # of as many tokens
    past = replace(past, before={"a": {"value": "a text that is another now"}})
    await run(made, models, past=past, price="0.0000001")
    assert len(models.asked) == 50


def test_a_step_that_is_not_there_is_said_instead_of_running_everything() -> None:
    made = make_plan(EACH, "d", SPECS.get, ScriptedModels().facts, to="gone")
    assert made.plan is None
    assert [(p.code, p.args) for p in made.problems] == [("run.no_such_step", {"step": "gone"})]

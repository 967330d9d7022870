"""Frames: For each, Loop, and what they do with failures, limits, cancels and one another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.costs.cost import UNKNOWN
from app.document.workflow import Node, OnError, Retry, Workflow
from app.events.run_events import (
    FrameStarted,
    Message,
    NodeSettled,
    PersonAsked,
    RowSettled,
    RunEvent,
    RunPaused,
)
from app.events.run_state import RunState, frames_of
from app.executor.doors import Limits
from app.executor.journal import RunHead
from app.executor.memory_journal import MemoryRuns
from app.executor.past import Keeping
from app.executor.totals import totals_of
from app.planner.plan import Plan
from app.sdk.context import Answer
from app.sdk.data_types import LazyList
from tests.flows import (
    Step,
    doors,
    events_of,
    flow,
    frame,
    inputs,
    plan,
    planned,
    run,
    settled,
    start,
    status,
)

ITEMS = ["item>out.value"]


def each(body: dict[str, Any], edges: Sequence[str], **fields: Any) -> Workflow:
    """A list, For each over it, and its result."""
    return flow(
        {
            "list": "test.source",
            "map": frame("map", "flow.for_each", body, edges, **fields),
            "r": "test.result",
        },
        ["list.value>map.items", "map.result>r.value"],
    )


def simple(step: Any = "test.step", **fields: Any) -> Workflow:
    return each(
        {"in": inputs(item="item"), "s": step, "o": ("output.output", {"name": "result"})},
        ["in.item>s.value", "s.value>o.value"],
        **fields,
    )


def state_of(events: Sequence[RunEvent]) -> RunState:
    state = RunState()
    state.apply_all(events)
    return state


async def test_results_come_in_the_order_of_the_elements() -> None:
    slow_first = each(
        {
            "in": inputs(item="item", number="number"),
            "if": ("flow.if", {"conditions": [{"what": "{{value}}", "operator": "equals", "value": "1"}]}),
            "slow": ("test.step", {"turns": 30}),
            "m": "test.merge",
            "t": ("data.template", {"text": "{{n}}:{{x}}"}),
            "o": ("output.output", {"name": "result"}),
        },
        [
            "in.number>if.value",
            "if.yes>slow.value",
            "slow.value>m.values",
            "if.no>m.values",
            "m.value>t.n",
            "in.item>t.x",
            "t.text>o.value",
        ],
    )
    execution, events = await run(slow_first, values={"value": ["a", "b", "c"]})
    assert execution.outputs == {"result": ["1:a", "2:b", "3:c"]}
    rows = [event for event in events if isinstance(event, RowSettled)]
    assert {(row.frame, row.scope, row.status) for row in rows} == {("map", "", "done")}
    assert rows[-1].row == 0, "the slow one was last"
    assert ("t", "map#2") in settled(events)
    assert state_of(events).frames["map"].done == 3


async def test_an_empty_list_gives_empty_results() -> None:
    execution, events = await run(simple(), values={"value": []})
    assert execution.outputs == {"result": []}
    assert [event.total for event in events if isinstance(event, FrameStarted)] == [0]


async def test_what_is_no_list_is_a_failure_of_the_step() -> None:
    _, events = await run(simple(), values={"value": "one"})
    assert status(events) == "failed"
    failed = next(e for e in events if isinstance(e, NodeSettled) and e.failure)
    assert (failed.node, failed.failure and failed.failure.code) == ("map", "map.not_a_list")


async def test_failed_elements_stay_as_rows_that_say_why() -> None:
    workflow = simple(("test.step", {"fail": "test.broken", "fail_times": 1}))
    Step.failures.pop("test.broken", None)
    execution, events = await run(workflow, values={"value": ["a", "b"]}, limits=Limits(rows_at_a_time=1))
    assert status(events) == "done"
    result = execution.outputs["result"]
    assert isinstance(result, list)
    assert result[0] == {"item": "a", "number": 1, "error": {"code": "test.broken", "step": "s"}}
    assert result[1] == "b"
    assert state_of(events).frames["map"].failed == 1


async def test_failed_elements_can_be_left_out_and_leave_by_their_own_port() -> None:
    body = {
        "in": inputs(item="item"),
        "s": ("test.step", {"fail": "test.every", "fail_times": 1}),
        "o": ("output.output", {"name": "result"}),
    }
    Step.failures.pop("test.every", None)
    workflow = flow(
        {
            "list": "test.source",
            "map": frame(
                "map", "flow.for_each", body, ["in.item>s.value", "s.value>o.value"], keep_failed=False
            ),
            "r": "test.result",
            "f": ("test.result", {"name": "failed"}),
        },
        ["list.value>map.items", "map.result>r.value", "map.failed>f.value"],
    )
    execution, _ = await run(workflow, values={"value": ["a", "b"]}, limits=Limits(rows_at_a_time=1))
    assert execution.outputs["result"] == ["b"]
    assert [row["item"] for row in execution.outputs["failed"]] == ["a"]  # type: ignore[union-attr,index,call-overload]


async def test_it_stops_after_so_many_failures() -> None:
    workflow = simple(("test.step", {"fail": "test.all"}), when_failed="count", stop_after=3)
    _, events = await run(workflow, values={"value": list(range(100))}, limits=Limits(rows_at_a_time=1))
    rows = [event for event in events if isinstance(event, RowSettled) and event.status == "failed"]
    assert len(rows) == 3
    failure = next(e.failure for e in events if isinstance(e, NodeSettled) and e.node == "map")
    assert failure is not None
    assert (failure.code, failure.args) == ("map.too_many_failed", {"failed": 3, "done": 3})


async def test_it_stops_at_a_share_but_not_at_the_first_element() -> None:
    workflow = simple(("test.step", {"fail": "test.all"}), when_failed="share", stop_share=50)
    _, events = await run(workflow, values={"value": list(range(100))}, limits=Limits(rows_at_a_time=1))
    assert sum(isinstance(event, RowSettled) for event in events) == 10


async def test_columns_and_ports_come_in() -> None:
    workflow = flow(
        {
            "list": "test.source",
            "rate": ("test.source", {"value": "x"}),
            "map": frame(
                "map",
                "flow.for_each",
                {
                    "in": inputs(name="column", rate="port"),
                    "t": ("data.template", {"text": "{{name}} at {{rate | length}}"}),
                    "o": ("output.output", {"name": "result"}),
                },
                ["in.name>t.name", "in.rate>t.rate", "t.text>o.value"],
            ),
            "r": "test.result",
        },
        ["list.value>map.items", "rate.value>map.rate", "map.result>r.value"],
    )
    rows = [{"name": "Ada"}, {"name": "Bo"}]
    execution, _ = await run(workflow, values={"value": rows})
    assert execution.outputs == {"result": ["Ada at 2", "Bo at 2"]}


async def test_a_long_result_is_read_while_it_is_gone_through() -> None:
    execution, _ = await run(simple(), values={"value": list(range(2500))})
    result = execution.outputs["result"]
    assert isinstance(result, LazyList)
    assert len(result) == 2500
    assert list(result) == list(range(2500))
    assert (result[0], result[-1], result[10:12]) == (0, 2499, [10, 11])


async def test_equal_elements_have_places_of_their_own() -> None:
    execution, events = await run(simple(), values={"value": ["a", "a", "a"]})
    assert execution.outputs == {"result": ["a", "a", "a"]}
    assert len({scope for node, scope in settled(events) if node == "s"}) == 3


async def test_a_loop_ends_by_its_condition() -> None:
    execution, events = await run(counting(until="aaa", max_turns=9), values={"value": ""})
    assert execution.outputs == {"result": "aaa", "turns": 3, "by": "condition"}
    assert ("t", "loop#2") in settled(events)


async def test_a_loop_ends_at_its_limit_and_says_so() -> None:
    execution, events = await run(counting(until="never", max_turns=4), values={"value": ""})
    assert execution.outputs == {"result": "aaaa", "turns": 4, "by": "turns"}
    assert [m.code for m in events if isinstance(m, Message)] == ["loop.ended_by_turns"]


async def test_a_loop_ends_when_its_money_is_spent() -> None:
    workflow = flow(
        {
            "a": "test.source",
            "loop": frame(
                "loop",
                "flow.loop",
                {"in": inputs(v="variable"), "m": "test.model", "o": ("output.output", {"name": "v"})},
                ["in.v>m.value", "m.value>o.value"],
                max_turns=50,
                max_usd=0.06,
            ),
            "r": "test.result",
            "by": ("test.result", {"name": "by"}),
        },
        ["a.value>loop.v", "loop.v>r.value", "loop.ended_by>by.value"],
    )
    execution, events = await run(workflow, through=doors(price="0.002"))
    assert execution.outputs["by"] == "money"
    state = state_of(events)
    assert state.calls == 2, "3 cents a call"
    assert state.frames["loop"].cost.known == state.cost.known


async def test_what_nobody_knows_the_price_of_counts_against_the_money_of_a_loop() -> None:
    body = {"in": inputs(v="variable"), "m": "test.model", "o": ("output.output", {"name": "v"})}
    edges = ["in.v>m.value", "m.value>o.value"]
    loop = frame("loop", "flow.loop", body, edges, max_turns=50, max_usd=0.0003)
    workflow = flow(
        {"a": "test.source", "loop": loop, "by": "test.result"},
        ["a.value>loop.v", "loop.ended_by>by.value"],
    )
    through = replace(doors(), cost_of=lambda *_: UNKNOWN, upper_bound=lambda *_: None)
    execution, events = await run(workflow, through=through)
    assert execution.outputs == {"result": "money"}
    assert state_of(events).calls == 2, "10 tokens in and 5 out, at an estimate"


async def test_what_a_late_step_inside_took_is_recorded_once() -> None:
    late = Node("s", "test.step", fields={"for_ever": True}, retry=Retry(attempts=1, timeout=0.05))
    body = {"in": inputs(v="variable"), "m": "test.model", "s": late, "o": ("output.output", {"name": "v"})}
    loop = frame("loop", "flow.loop", body, ["in.v>m.value", "m.value>s.value", "s.value>o.value"])
    runs = MemoryRuns()
    journal = await runs.begin(RunHead("run-1", "w", "Test", "d", "", ""))
    execution = start(
        flow({"a": "test.source", "loop": loop, "r": "test.result"}, ["a.value>loop.v", "loop.v>r.value"]),
        through=doors(price="0.002"),
        keeping=Keeping(journal),
    )
    events = await events_of(execution)
    assert settled(events)["loop", ""] == "failed"
    assert (await totals_of(journal)).cost.known == state_of(events).cost.known > 0


def counting(until: str, max_turns: int) -> Workflow:
    """Adds a letter in every turn."""
    return flow(
        {
            "a": "test.source",
            "loop": frame(
                "loop",
                "flow.loop",
                {
                    "in": inputs(v="variable"),
                    "t": ("data.template", {"text": "{{v}}a"}),
                    "o": ("output.output", {"name": "v"}),
                },
                ["in.v>t.v", "t.text>o.value"],
                until=[{"what": "{{v}}", "operator": "equals", "value": until}],
                max_turns=max_turns,
            ),
            "r": "test.result",
            "n": ("test.result", {"name": "turns"}),
            "by": ("test.result", {"name": "by"}),
        },
        ["a.value>loop.v", "loop.v>r.value", "loop.turns>n.value", "loop.ended_by>by.value"],
    )


async def test_a_failing_turn_fails_the_loop_and_its_policy_decides() -> None:
    body = {
        "in": inputs(v="variable"),
        "s": ("test.step", {"fail": "test.x"}),
        "o": ("output.output", {"name": "v"}),
    }
    loop = frame("loop", "flow.loop", body, ["in.v>s.value", "s.value>o.value"])
    with_value = Node("loop", loop.type, on_error=OnError("fallback", "instead"), body=loop.body)
    workflow = flow(
        {"a": "test.source", "loop": with_value, "r": "test.result"}, ["a.value>loop.v", "loop.v>r.value"]
    )
    execution, events = await run(workflow)
    assert execution.outputs == {"result": "instead"}
    assert settled(events)["loop", ""] == "failed"


async def test_frames_within_frames() -> None:
    inner = frame(
        "inner",
        "flow.for_each",
        {"in2": inputs(item="item"), "t": ("data.template", {"text": "<{{x}}>"}), "o2": "output.output"},
        ["in2.item>t.x", "t.text>o2.value"],
    )
    workflow = each(
        {"in": inputs(item="item"), "inner": inner, "o": "output.output"},
        ["in.item>inner.items", "inner.result>o.value"],
    )
    execution, events = await run(workflow, values={"value": [["a", "b"], ["c"]]})
    assert execution.outputs == {"result": [["<a>", "<b>"], ["<c>"]]}
    assert ("t", "map#0/inner#1") in settled(events)
    assert state_of(events).frames["inner"].done == 3


async def test_stop_ends_what_is_inside() -> None:
    execution = start(simple(("test.step", {"for_ever": True})), values={"value": list(range(1000))})
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            if sum(getattr(e, "node", "") == "s" for e in events) >= 4:
                execution.stop()
    assert status(events) == "cancelled"
    assert {state for (node, _), state in settled(events).items() if node == "s"} == {"cancelled"}
    assert settled(events)["map", ""] == "cancelled"


async def test_stop_comes_between_the_turns_of_a_loop_that_only_computes() -> None:
    execution = start(counting(until="never", max_turns=50_000), values={"value": ""})
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            execution.stop()
    assert status(events) == "cancelled"
    assert len([node for node, _ in settled(events) if node == "t"]) < 1_000


async def test_a_person_inside_an_element_lets_the_others_go_on() -> None:
    workflow = each(
        {"in": inputs(item="item"), "p": "test.person", "o": "output.output"},
        ["in.item>p.value", "p.value>o.value"],
    )
    execution = start(workflow, values={"value": ["a", "b", "c"]}, limits=Limits(rows_at_a_time=2))
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            if any(isinstance(event, RunPaused) for event in batch):
                for asked in [e for e in events if isinstance(e, PersonAsked)]:
                    execution.answer(asked.node, asked.scope, Answer("approved", asked.value))
    assert execution.outputs == {"result": ["a", "b", "c"]}


@pytest.mark.parametrize(
    ("scope", "frames"),
    [
        ("", ()),
        ("#17", ()),
        ("map#2", ("map",)),
        ("#1/map#2/loop#3", ("map", "loop")),
        ("sub/map#2", ("sub", "sub/map")),
        ("map#1/sub/inner#0", ("map", "sub", "sub/inner")),
    ],
)
def test_the_frames_of_a_scope(scope: str, frames: tuple[str, ...]) -> None:
    assert frames_of(scope) == frames


def codes(workflow: Workflow) -> set[str]:
    return {problem.code for problem in planned(workflow).problems}


def test_faults_of_frames_are_found_before_the_run() -> None:
    assert codes(flow({"m": Node("m", "flow.for_each")}, [])) >= {"frame.empty", "input.missing"}
    assert codes(flow({"s": frame("s", "test.step", {"x": "test.source"}, [])}, [])) == {"frame.body_not_run"}
    assert codes(flow({"i": inputs(item="item")}, [])) == {"frame.inputs_outside"}
    wrong = {"in": inputs(v="variable"), "o": "output.output"}
    assert "frame.not_in_a_map" in codes(each(wrong, ["in.v>o.value"]))
    lost = frame("l", "flow.loop", {"in": inputs(v="variable"), "o": "output.output"}, ["in.v>o.value"])
    assert "frame.no_next_value" in codes(flow({"a": "test.source", "l": lost}, ["a.value>l.v"]))
    asks = {"q": "intent.ask", "o": "output.output"}
    assert "frame.ask_inside" in codes(each(asks, ["q.message>o.value"]))
    deep: Any = {"o": "output.output", "in": inputs(item="item")}
    edges = ["in.item>o.value"]
    for i in range(9):
        deep = {
            f"in{i}": inputs(item="item"),
            f"m{i}": frame(f"m{i}", "flow.for_each", deep, edges),
            f"o{i}": "output.output",
        }
        edges = [f"in{i}.item>m{i}.items", f"m{i}.result>o{i}.value"]
    assert "frame.too_deep" in codes(each(deep, edges))
    timed = replace(frame("l", "flow.loop", {"o": "output.output"}, []), retry=Retry(timeout=5.0))
    assert "frame.no_timeout" in codes(flow({"l": timed}, []))


def test_all_steps_are_named_by_the_plan() -> None:
    made: Plan = plan(simple())
    assert set(made.ids) == {"list", "map", "in", "s", "o", "r"}

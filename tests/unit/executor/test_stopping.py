"""Stop: nothing begins after it, what was under way is settled with what it cost, and nothing can hold the run."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from app.costs.cost import Cost
from app.document.workflow import Node, OnError, Retry
from app.events.run_events import Failure, ModelCalled, NodeSettled, NodeStarted, RowSettled, RunEvent
from app.executor import scope_run
from app.executor.doors import Limits
from tests.flows import ScriptedModels, Step, doors, events_of, flow, run, settled, start, status


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scope_run, "PATIENCE", (0.05, 0.05))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("times", [1, 2, 9])
async def test_a_step_that_does_not_let_itself_be_ended_cannot_hold_the_run(times: int) -> None:
    workflow = flow(
        {"a": "test.source", "b": ("test.step", {"stubborn": times}), "c": ("test.step", {"for_ever": True})},
        ["a.value>b.value", "b.value>c.value"],
    )
    execution = start(workflow)
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            if any(isinstance(e, NodeStarted) and e.node == "b" for e in batch):
                execution.stop()
    assert status(events) == "cancelled"
    assert settled(events)["c", ""] == "cancelled"
    assert not any(isinstance(e, NodeStarted) and e.node == "c" for e in events)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # the one that was left behind
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)


async def test_a_failed_branch_lets_no_other_step_begin() -> None:
    workflow = flow(
        {
            "a": "test.source",
            "bad": ("test.step", {"fail": "test.broken", "turns": 3}),
            "b": ("test.step", {"stubborn": 1}),
            "c": "test.step",
        },
        ["a.value>bad.value", "a.value>b.value", "b.value>c.value"],
    )
    async with asyncio.timeout(60):
        _, events = await run(workflow)
    assert status(events) == "failed"
    assert settled(events)["c", ""] == "cancelled"
    assert not any(isinstance(e, NodeStarted) and e.node == "c" for e in events)


async def test_what_was_stopped_says_what_it_cost() -> None:
    models = ScriptedModels()
    models.hold = asyncio.Event()
    execution = start(
        flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"]), through=doors(models, "1")
    )
    events: list[RunEvent] = []
    async for batch in execution.batches():
        events += batch
        if models.asked:
            execution.stop()
    call = next(e for e in events if isinstance(e, ModelCalled))
    end = next(e for e in events if isinstance(e, NodeSettled) and e.node == "m")
    assert (end.status, end.calls, end.usage, end.cost) == ("cancelled", 1, call.usage, call.cost)
    assert end.cost.state == "estimated"
    assert call.failure == Failure("call.stopped")
    assert end.seconds >= 0


async def test_a_call_that_the_run_s_limit_of_time_ended_was_stopped_with_it() -> None:
    models = ScriptedModels()
    models.hold = asyncio.Event()
    workflow = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
    events = await events_of(start(workflow, through=doors(models, "1"), limits=Limits(time=0.05)))
    (call,) = [event for event in events if isinstance(event, ModelCalled)]
    assert call.failure == Failure("call.stopped")


@pytest.mark.parametrize("policy", ["stop", "skip", "fallback"])
async def test_a_call_that_stop_prevented_is_no_failure(policy: Any) -> None:
    """The policy for failures must not turn a stopped call into a value, and a row into a failed one."""
    models = ScriptedModels()
    workflow = flow(
        {
            "a": ("test.step", {"turns": 6}),
            "m": Node("m", "test.model", on_error=OnError(policy, "f")),
            "r": "test.result",
        },
        ["a.value>m.value", "m.value>r.value"],
    )
    for turns in range(14):
        execution = start(workflow, rows=[{}] * 4, through=doors(models))
        for _ in range(turns):
            await asyncio.sleep(0)
        asked = len(models.asked)
        execution.stop()
        events = await events_of(execution)
        assert len(models.asked) == asked
        assert "failed" not in {e.status for e in events if isinstance(e, RowSettled)}
        assert "failed" not in settled(events).values()


async def test_a_waiting_call_that_gets_its_money_with_stop_is_not_made() -> None:
    """What wakes the second call and Stop come in one turn."""
    models = ScriptedModels()
    models.hold = asyncio.Event()
    workflow = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
    execution = start(
        workflow,
        rows=[{"value": "1"}, {"value": "2"}],
        through=doors(models, "1"),
        limits=Limits(budget=Decimal(228), rows_at_a_time=2),
    )
    for _ in range(20):
        await asyncio.sleep(0)
    assert models.asked == ["1"]
    execution.raise_budget(Decimal(1000))
    execution.stop()
    events = await events_of(execution)
    assert status(events) == "cancelled"
    assert models.asked == ["1"]


async def test_no_attempt_begins_after_stop() -> None:
    Step.failures.clear()
    node = Node("b", "test.step", fields={"fail": "test.timeout"}, retry=Retry(attempts=1000))
    execution = start(flow({"b": node}, []))
    await asyncio.sleep(0.01)
    tried = Step.failures["test.timeout"]
    execution.stop()
    await events_of(execution)
    assert Step.failures["test.timeout"] == tried


async def test_stop_is_heard_twice_and_by_a_run_that_has_not_begun() -> None:
    execution = start(flow({"a": ("test.step", {"for_ever": True})}, []))
    execution.stop()
    execution.stop()
    async with asyncio.timeout(60):
        events = await events_of(execution)
    assert status(events) == "cancelled"
    assert Cost() == next(e.cost for e in events if isinstance(e, NodeSettled)) if settled(events) else True

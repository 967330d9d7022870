"""Clocks that jump and laptops that sleep: what is timed goes by the monotonic clock alone."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.document.workflow import Node, Retry
from app.events.run_events import NodeSettled, RunEvent, StepsComputed
from app.executor.memory_journal import journal_of_nothing
from app.executor.past import Keeping
from tests.flows import events_of, flow, run, start, status

DAY = 86_400.0


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forth", "back"])
async def test_a_wall_clock_that_jumps_ends_no_step_early_and_lets_none_go_on(
    jump: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step has time enough and is let go on by the jump's far side; another's time is up all the same."""
    enough = Node("b", "test.step", fields={"turns": 50}, retry=Retry(attempts=1, timeout=20))
    late = Node("c", "test.step", fields={"for_ever": True}, retry=Retry(attempts=1, timeout=0.05))
    execution = start(
        flow({"a": "test.source", "b": enough, "c": late}, ["a.value>b.value", "b.value>c.value"])
    )
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    async with asyncio.timeout(60):
        events = await events_of(execution)
    ends = {e.node: e for e in events if isinstance(e, NodeSettled)}
    assert ends["b"].status == "ok"
    assert ends["c"].failure is not None
    assert ends["c"].failure.code == "node.timeout"
    assert_in_order(events)
    assert 0.04 < ends["c"].seconds < 9


async def test_events_are_timed_by_the_clock_that_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    jumps = iter([DAY, -DAY, 0.0, -2 * DAY] * 1000)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + next(jumps))
    steps = {f"s{n}": ("test.step", {"turns": 3}) for n in range(20)}
    _, events = await run(flow(steps, [f"s{n}.value>s{n + 1}.value" for n in range(19)]))
    assert status(events) == "done"
    assert_in_order(events)
    assert all(e.seconds < 5 for e in events if isinstance(e, NodeSettled))


async def test_steps_too_short_to_be_timed_lose_no_time_together() -> None:
    """What they took adds up to the time between the first one's begin and the event that says they are through."""
    words = ("data.template", {"text": "{{text | upper | lower | trim}}"})
    steps = {"a": ("intent.ask", {"asked": [{"name": "text"}]}), **{f"s{n}": words for n in range(200)}}
    edges = ["a.text>s0.text", *(f"s{n}.text>s{n + 1}.text" for n in range(199))]
    journal = journal_of_nothing()
    workflow, values = flow(steps, edges), {"text": "x" * 20_000}
    events = await events_of(start(workflow, values=values, keeping=Keeping(journal)))
    assert status(events) == "done"
    assert_in_order(events)
    told = [event for event in events if isinstance(event, StepsComputed)]
    assert [len(event.steps) for event in told] == [64, 64, 64, 9]
    records = await journal.steps("")
    begin = records["a"].at
    for event in told:
        for step in event.steps:
            assert (records[step.node].at, records[step.node].seconds) == (begin, step.seconds)
            begin = round(begin + step.seconds, 4)
        assert event.t == begin


async def test_a_laptop_that_slept_times_out_what_was_under_way_once_it_wakes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system's monotonic clock counts the sleep, the time is over; the run ends, nothing hangs."""
    slow = Node("b", "test.step", fields={"for_ever": True}, retry=Retry(attempts=1, timeout=3600))
    execution = start(flow({"a": "test.source", "b": slow}, ["a.value>b.value"]))
    loop = asyncio.get_running_loop()
    real = loop.time
    loop.call_later(0.05, lambda: monkeypatch.setattr(loop, "time", lambda: real() + 8 * 3600))
    loop.call_later(0.06, lambda: None)  # so that the loop looks at its clock again
    async with asyncio.timeout(None) as guard:
        guard.reschedule(real() + 9 * 3600)
        events = await events_of(execution)
    last = next(e for e in events if isinstance(e, NodeSettled) and e.node == "b")
    assert last.failure is not None
    assert last.failure.code == "node.timeout"
    assert status(events) == "failed"


def assert_in_order(events: list[RunEvent]) -> None:
    times = [e.t for e in events if hasattr(e, "t")]
    assert times == sorted(times)
    assert times[0] >= 0

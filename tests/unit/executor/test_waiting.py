"""What waits, for a person or for money, and when a run says that nothing goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest

from app.document.workflow import Node, Retry
from app.events.run_events import (
    BudgetReached,
    PersonAsked,
    RowSettled,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
)
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.sdk.context import Answer
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.flows import (
    ScriptedModels,
    doors,
    events_of,
    flow,
    frame,
    inputs,
    plan,
    rows_of,
    settled,
    start,
    status,
)

PERSON_WHERE_X = flow(
    {"a": "test.source", "if": "test.branch", "p": "test.person", "r": "test.result"},
    ["a.value>if.value", "if.yes>p.value", "if.no>r.value"],
)
PAID = flow(
    {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
)


async def test_a_run_over_rows_pauses_only_when_no_row_can_go_on() -> None:
    rows = [{"value": "x" if i == 0 else "other"} for i in range(30)]
    execution = start(PERSON_WHERE_X, rows=rows, limits=Limits(rows_at_a_time=2))
    seen: list[RunEvent] = []
    async for batch in execution.batches():
        for event in batch:
            seen.append(event)
            if isinstance(event, RunPaused):
                assert sum(isinstance(e, RowSettled) for e in seen) == 29
                execution.answer("p", "#0", Answer("approved", "x"))
    assert status(seen) == "done"
    assert sum(isinstance(e, RunPaused) for e in seen) == 1


async def test_a_source_of_rows_that_takes_its_time_is_no_pause() -> None:
    async def slow() -> AsyncIterator[list[dict[str, str]]]:
        yield [{"value": "x"}]
        for _ in range(200):
            await asyncio.sleep(0)
        yield [{"value": "other"}]

    execution = Execution(plan(PERSON_WHERE_X), doors(), Limits(rows_at_a_time=2), "r", {}, slow(), -1)
    seen: list[RunEvent] = []
    async for batch in execution.batches():
        for event in batch:
            seen.append(event)
            if isinstance(event, RunPaused):
                assert any(isinstance(e, RowSettled) and e.row == 1 for e in seen)
                execution.answer("p", "#0", Answer("approved", "x"))


async def test_time_in_which_a_person_or_money_is_waited_for_does_not_count_against_a_step(
    sleep: Callable[[float], None],
) -> None:
    short = Retry(attempts=1, timeout=60)
    workflow = flow(
        {
            "a": "test.source",
            "m": Node("m", "test.model", retry=short),
            "p": Node("p", "test.person", retry=short),
        },
        ["a.value>m.value", "m.value>p.value"],
    )
    execution = start(workflow, through=doors(price="1"), limits=Limits(budget=Decimal(1)))
    events: list[RunEvent] = []
    async for batch in execution.batches():
        events += batch
        for event in batch:
            if isinstance(event, RunPaused):
                sleep(3600)
                if event.status == "paused":
                    execution.raise_budget(Decimal(1000))
                else:
                    execution.answer("p", "", Answer("approved", "x"))
    assert status(events) == "done", events[-1]


async def test_a_step_keeps_the_time_that_it_had_left_when_it_began_to_wait() -> None:
    models = ScriptedModels()
    models.hold = asyncio.Event()
    node = Node("m", "test.model", retry=Retry(attempts=1, timeout=0.1))
    execution = start(flow({"m": node}, []), through=doors(models, "1"), limits=Limits(budget=Decimal(1)))
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            if any(isinstance(e, RunPaused) for e in batch):
                execution.raise_budget(None)
            last = batch[-1]
    assert isinstance(last, RunFinished)
    assert last.problems[0].code == "node.timeout"


async def test_a_run_that_ends_what_waits_for_a_person_does_not_pause_first() -> None:
    class Refusing(ScriptedModels):
        async def chat(self, request: ChatRequest) -> ChatReply:
            for _ in range(5):  # until the person is asked
                await asyncio.sleep(0)
            raise NodeError("model.key_refused")

    workflow = flow(
        {"a": "test.source", "m": "test.model", "p": "test.person"}, ["a.value>m.value", "a.value>p.value"]
    )
    events = await events_of(start(workflow, through=doors(Refusing())))
    assert status(events) == "failed"
    assert any(isinstance(event, PersonAsked) for event in events)
    assert not any(isinstance(event, RunPaused) for event in events)


async def test_the_time_limit_of_a_run_does_not_count_the_pauses(sleep: Callable[[float], None]) -> None:
    execution = start(PERSON_WHERE_X, limits=Limits(time=60))
    async for batch in execution.batches():
        if any(isinstance(e, RunPaused) for e in batch):
            sleep(3600)
            execution.answer("p", "", Answer("approved", "x"))
        last = batch[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "done"


async def test_the_time_limit_ends_a_run_and_says_so() -> None:
    execution = start(flow({"a": ("test.step", {"for_ever": True})}, []), limits=Limits(time=0.05))
    async with asyncio.timeout(60):
        events = await events_of(execution)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.status, [p.code for p in last.problems]) == ("failed", ["run.time_limit"])
    assert settled(events) == {("a", ""): "cancelled"}


async def test_a_time_out_of_something_else_is_not_taken_for_the_limit() -> None:
    async def hanging() -> AsyncIterator[list[dict[str, str]]]:
        yield [{}]
        raise TimeoutError("the disk")

    execution = Execution(
        plan(flow({"a": "test.source"}, [])), doors(), Limits(time=60), "r", {}, hanging(), -1
    )
    last = (await events_of(execution))[-1]
    assert isinstance(last, RunFinished)
    assert [p.code for p in last.problems] == ["engine.bug"]


async def test_a_cap_that_is_raised_too_little_pauses_again_and_says_what_is_needed() -> None:
    models = ScriptedModels()
    execution = start(
        PAID,
        rows=[{"value": str(i)} for i in range(6)],
        through=doors(models, "1"),
        limits=Limits(budget=Decimal(0), rows_at_a_time=3),
    )
    caps = iter([Decimal(50), Decimal(150), Decimal(10_000)])
    events: list[RunEvent] = []
    state = RunState()
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            for event in batch:
                events.append(event)
                state.apply(event)
                if isinstance(event, RunPaused):
                    assert state.status == "paused"
                    execution.raise_budget(next(caps))
    assert status(events) == "done"
    assert sorted(models.asked) == [str(i) for i in range(6)]
    reached = [e for e in events if isinstance(e, BudgetReached)]
    assert {e.scope for e in reached[:3]} == {"#0", "#1", "#2"}  # every row that waits is named
    assert {e.cap for e in reached} >= {"0", "50"}
    assert [e.budget for e in events if isinstance(e, RunResumed)] == ["50", "150", "10000"]


async def test_answers_that_are_asked_for_side_by_side_wait_as_one_step() -> None:
    three = [{"model": {"role": "small"}, "times": 3}]
    workflow = flow(
        {"a": "test.source", "e": ("model.ensemble", {"models": three, "prompt": "{{text}}"})},
        ["a.value>e.text"],
    )
    execution = start(
        workflow,
        values={"value": "x"},
        through=doors(ScriptedModels(lambda _: "4"), "0.001"),
        limits=Limits(budget=Decimal(0)),
    )
    caps = iter([Decimal("0.1"), Decimal(6)])  # room for none of them, for one at least
    events: list[RunEvent] = []
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            events += batch
            if any(isinstance(event, RunPaused) for event in batch):
                execution.raise_budget(next(caps))
    assert status(events) == "done", events[-1]
    assert sum(isinstance(event, RunPaused) for event in events) == 2
    assert {event.node for event in events if isinstance(event, BudgetReached)} == {"e"}


async def test_no_cap_never_pauses_and_raising_to_none_lets_all_go() -> None:
    models = ScriptedModels()
    execution = start(PAID, through=doors(models, "1"), limits=Limits(budget=Decimal(0)))
    events: list[RunEvent] = []
    async for batch in execution.batches():
        events += batch
        if any(isinstance(e, RunPaused) for e in batch):
            execution.raise_budget(None)
    assert status(events) == "done"
    assert len(models.asked) == 1


async def test_a_paused_run_that_an_answer_lets_go_on_pauses_again_afterwards() -> None:
    """A person and money are waited for; the answer lets one way go on, which then ends."""
    workflow = flow(
        {"a": "test.source", "m": "test.model", "p": "test.person", "then": "test.step"},
        ["a.value>m.value", "a.value>p.value", "p.value>then.value"],
    )
    execution = start(workflow, through=doors(price="1"), limits=Limits(budget=Decimal(0)))
    state, pauses = RunState(), 0
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            for event in batch:
                state.apply(event)
                if isinstance(event, PersonAsked):
                    question = event
                if not isinstance(event, RunPaused):
                    continue
                pauses += 1
                if pauses == 1:
                    execution.answer(question.node, question.scope, Answer("approved", "x"))
                else:
                    assert state.nodes["then"].ok == 1
                    execution.raise_budget(None)
    assert pauses == 2
    assert state.status == "done"


async def test_one_question_that_times_out_does_not_hide_the_next_pause() -> None:
    workflow = flow(
        {
            "a": "test.source",
            "short": Node("short", "test.person", fields={"timeout": 0.5}),
            "oops": ("test.step", {}),
            "long": "test.person",
        },
        ["a.value>short.value", "a.value>long.value", "short.error>oops.value"],
    )
    execution = start(workflow)
    pauses = 0
    async with asyncio.timeout(60):
        async for batch in execution.batches():
            for event in batch:
                if isinstance(event, RunPaused):
                    pauses += 1
                    if pauses == 2:
                        execution.answer("long", "", Answer("approved", "x"))
    assert pauses == 2


async def test_rows_are_not_read_ahead_of_what_waits() -> None:
    taken: list[int] = []

    async def source() -> AsyncIterator[list[dict[str, str]]]:
        for i in range(1000):
            taken.append(i)
            yield [{"value": "x"}]

    execution = Execution(plan(PERSON_WHERE_X), doors(), Limits(rows_at_a_time=3), "r", {}, source(), -1)
    async for batch in execution.batches():
        if any(isinstance(e, RunPaused) for e in batch):
            assert len(taken) == 3
            execution.stop()
    assert rows_of is not None


EACH = frame(
    "frame",
    "flow.for_each",
    {"in": inputs(item="item"), "m": "test.model", "out": ("output.output", {"name": "v"})},
    ["in.item>m.value", "m.value>out.value"],
)
LOOP = frame(
    "frame",
    "flow.loop",
    {"in": inputs(v="variable"), "out": ("output.output", {"name": "v"})},
    ["in.v>out.value"],
    max_turns=5,
)


@pytest.mark.parametrize(("body", "port"), [(EACH, "items"), (LOOP, "v")])
async def test_a_frame_that_begins_and_ends_beside_a_question_is_no_pause(body: Node, port: str) -> None:
    steps = {
        "list": "test.source",
        "p": "test.person",
        "late": ("test.step", {"turns": 20}),
        "frame": body,
        "then": ("test.step", {"turns": 20}),
    }
    edges = ["list.value>p.value", "list.value>late.value", f"late.value>frame.{port}", "frame.v>then.value"]
    execution = start(flow(steps, edges), values={"value": ["x", "y"]})
    seen: list[RunEvent] = []
    async for batch in execution.batches():
        for event in batch:
            seen.append(event)
            if isinstance(event, RunPaused):
                assert settled(seen)["then", ""] == "ok"
                execution.answer("p", "", Answer("approved", "x"))
    assert status(seen) == "done"
    assert sum(isinstance(e, RunPaused) for e in seen) == 1

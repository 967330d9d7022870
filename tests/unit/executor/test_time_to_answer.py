"""How long a person has for an answer: over all lives of a run, whatever is done to the clocks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.boot_clock import this_moment
from app.document.workflow import Node
from app.events.run_events import NodeSettled, PersonAsked, RunEvent, RunPaused
from app.executor import asked_since
from app.executor.asked_since import BACK
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.instance import Instance
from app.executor.journal import RunHead
from app.executor.memory_journal import MemoryRuns
from app.executor.moments import Moment, between, moment_of, plain_moment
from app.executor.past import Keeping, Past
from app.sdk.context import Answer
from tests.flows import doors, flow, plan
from tests.journals import head

HEAD = RunHead("r", "w", "Test", "d", "2026-01-01T00:00:00Z", "{}")
HOUR = 3600.0
FIRST = Moment(1_000_000.0, "monday", 500.0)
TIMES = st.floats(-1e9, 1e9)
LATER = {
    "the same start of the machine": (Moment(FIRST.wall + HOUR, "monday", 500 + HOUR), HOUR),
    "the wall clock was set ahead": (Moment(FIRST.wall + 1000 * HOUR, "monday", 500 + HOUR), HOUR),
    "the wall clock was set back": (Moment(FIRST.wall - 1000 * HOUR, "monday", 500 + HOUR), HOUR),
    "the machine was started anew": (Moment(FIRST.wall + HOUR, "tuesday", 3.0), HOUR),
    "and its clock was lost": (Moment(0.0, "tuesday", 3.0), 0.0),
    "no clock but the wall's": (Moment(FIRST.wall + HOUR), HOUR),
}


@dataclass
class Lives:
    """Runs of one question, each in a life of its own, with a clock that a test sets."""

    timeout: float
    runs: MemoryRuns = field(default_factory=MemoryRuns)
    moment: Moment = FIRST
    elapsed: float = 0.0

    async def run(self, answer: str = "") -> list[RunEvent]:
        """Answers at the pause, or is left there; or waits until the time is up where the answer is `late`."""
        if self.elapsed:
            await self.runs.leave("r")
            journal = (await self.runs.reopen("r"))[2]
        else:
            journal = await self.runs.begin(HEAD)
        person = Node("p", "test.person", fields={"timeout": self.timeout})
        workflow = flow({"a": "test.source", "p": person}, ["a.value>p.value"])
        through = replace(doors(), moment=lambda: self.moment)
        keeping = Keeping(journal, past=Past(elapsed=self.elapsed))
        execution = Execution(plan(workflow), through, Limits(), "r", {"value": "x"}, keeping=keeping)
        events: list[RunEvent] = []
        async with asyncio.timeout(60):
            async for batch in execution.batches():
                events += batch
                if any(isinstance(event, RunPaused) for event in batch) and answer != "late":
                    if answer:
                        execution.answer("p", "", Answer("approved", answer))
                    else:
                        execution.stop("waiting")
        self.elapsed = events[-1].t + 1  # type: ignore[union-attr]
        return events

    async def left(self, most: float) -> float:
        """What a life that begins now would give."""
        _, _, journal = await self.runs.look("r")
        return await asked_since.time_to_answer(journal, Instance("p", "", 0.0), most, self.moment, 0.0)


def failure_of(events: list[RunEvent]) -> str:
    record = next(e for e in events if isinstance(e, NodeSettled) and e.node == "p")
    return record.failure.code if record.failure else record.status


@pytest.mark.parametrize("case", LATER)
async def test_the_time_goes_on_from_when_the_question_was_first_asked(case: str) -> None:
    lives = Lives(timeout=10 * HOUR)
    await lives.run()
    lives.moment, waited = LATER[case]
    assert await lives.left(10 * HOUR) == 10 * HOUR - waited


async def test_what_is_over_when_it_comes_back_is_open_for_a_moment_and_can_still_be_answered() -> None:
    lives = Lives(timeout=HOUR)
    await lives.run()
    lives.moment = replace(FIRST, steady=FIRST.steady + 50 * HOUR)
    assert await lives.left(HOUR) == BACK
    assert await lives.left(5.0) == 5.0, "no longer than it would have been at first"
    events = await lives.run("y")
    assert any(isinstance(event, PersonAsked) for event in events)
    assert failure_of(events) == "ok"


async def test_an_answer_is_dated_by_when_it_was_given_and_none_is_where_there_was_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked_since, "BACK", 0.01)
    for answer, decided in (("y", FIRST.wall + 9 * HOUR), ("late", 0.0)):
        lives = Lives(timeout=HOUR if answer == "late" else 20 * HOUR)
        await lives.run()
        lives.moment = Moment(FIRST.wall + 9 * HOUR, "tuesday", 3.0)
        await lives.run(answer)
        _, _, journal = await lives.runs.look("r")
        record = (await journal.steps(""))["p"]
        assert (record.decided, record.status) == (decided, "ok" if decided else "failed")


async def test_it_is_over_over_several_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked_since, "BACK", 0.01)
    lives = Lives(timeout=HOUR)
    for minutes in (0, 20, 40):
        lives.moment = replace(FIRST, steady=FIRST.steady + minutes * 60)
        await lives.run()
    lives.moment = replace(FIRST, steady=FIRST.steady + 61 * 60)
    assert failure_of(await lives.run("late")) == "person.no_answer"


async def test_each_question_of_a_step_has_its_own_time() -> None:
    runs, instance = MemoryRuns(), Instance("p", "", 0.0)
    journal = await runs.begin(head("r"))
    assert await asked_since.time_to_answer(journal, instance, HOUR, Moment(0), 0.0) == HOUR
    await runs.leave("r")
    _, _, journal = await runs.reopen("r")
    again = Instance("p", "", 0.0)
    assert await asked_since.time_to_answer(journal, again, HOUR, Moment(3000), 10.0) == HOUR - 3000
    assert await asked_since.time_to_answer(journal, again, HOUR, Moment(3300), 310.0) == HOUR


async def test_a_run_that_goes_on_because_nobody_answered_gives_the_whole_time_again() -> None:
    lives = Lives(timeout=0.05)
    assert failure_of(await lives.run("late")) == "person.no_answer"
    lives.timeout = HOUR
    lives.moment = replace(FIRST, steady=FIRST.steady + 10 * HOUR)
    await lives.run()
    assert await lives.left(HOUR) == HOUR, "asked anew, then"
    assert failure_of(await lives.run("y")) == "ok"


@given(TIMES, TIMES, TIMES, TIMES, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "a", "b"]))
def test_no_time_is_ever_taken_back_and_moments_are_kept_whole(
    wall: float, steady: float, wall_then: float, steady_then: float, boot: str, then: str
) -> None:
    one, other = Moment(wall, boot, steady), Moment(wall_then, then, steady_then)
    assert between(one, other) >= 0
    assert min(between(one, other), between(other, one)) == 0
    assert moment_of(plain_moment(one)) == one


def test_the_machine_s_own_moments_go_forward() -> None:
    one, other = this_moment(), this_moment()
    assert one.boot == other.boot
    assert other.steady >= one.steady
    assert between(one, other) < 60

"""A Loop's or an Agent's own limits of time and money hold over lives of the run, with the step that was under way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from app.costs.usage import Usage
from app.document.workflow import Node, Retry, Workflow
from app.executor import frame_limits
from app.executor.executor import Execution
from app.executor.frame_limits import FrameLimits
from app.sdk.errors import NodeError
from tests.flows import events_of, flow, frame, inputs
from tests.lives import Lives

PLACE = "loop"
A_CALL = Decimal("0.015")  # US dollars, at PRICE a token
PRICE = "0.001"
MOST = 0.701


def loop_of(**limits: Any) -> Workflow:
    model = Node("m", "test.model", retry=Retry(attempts=5))
    body = frame(
        "loop",
        "flow.loop",
        {"in": inputs(v="variable"), "m": model, "o": ("output.output", {"name": "v"})},
        ["in.v>m.value", "m.value>o.value"],
        max_turns=1000,
        **limits,
    )
    edges = ["a.value>loop.v", "loop.v>r.value", "loop.ended_by>by.value"]
    return flow(
        {"a": "test.source", "loop": body, "r": "test.result", "by": ("test.result", {"name": "by"})}, edges
    )


class Held(Lives):
    """Its models answer so many times, and are then under way for ever."""

    async def until_held(self, answers: int) -> Execution:
        execution, answer = await self.start(), self.models.answer
        asked = len(self.models.asked)
        hold, left = asyncio.Event(), answers

        def counted(text: str) -> str:
            nonlocal left
            left -= 1
            self.models.hold = None if left else hold
            return answer(text)

        self.models.answer, self.models.hold = counted, None if answers else hold
        await until(lambda: len(self.models.asked) > asked + answers)
        self.models.answer = answer
        return execution

    def so_far(self) -> dict[str, Any]:
        record = self.runs._runs["r"].steps.get(PLACE, {}).get("#so_far")  # noqa: SLF001
        return dict(record.outputs) if record else {"seconds": 0.0, "usd": "0"}

    async def to_the_limit(self) -> None:
        """A life that its money ends, after just as many calls as there is left for."""
        had, asked = Decimal(self.so_far()["usd"]), len(self.models.asked)
        execution, _ = await self.run()
        assert execution.outputs["by"] == "money"
        turns = len(self.models.asked) - asked
        assert had + (turns - 1) * A_CALL < Decimal(str(MOST)) <= had + turns * A_CALL

    async def end(self, execution: Execution) -> None:
        self.models.hold = None
        execution.stop()
        await events_of(execution)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not is_so():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("killed", [False, True])
async def test_the_time_of_a_step_under_way_is_not_given_back(
    killed: bool, sleep: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = Held(loop_of(max_minutes=60))
    for minutes in (50, 70):
        with monkeypatch.context() as patched:
            patched.setattr(frame_limits, "EVERY", 0.01 if killed else 3600.0)
            execution = await lives.until_held(0)
            sleep(minutes * 60 - lives.so_far()["seconds"])
            if killed:  # what it says at its end goes nowhere
                await until(lambda: lives.so_far()["seconds"] >= minutes * 60)  # noqa: B023 - at once
                patched.setattr(FrameLimits, "_write", nothing)
            await lives.end(execution)
    execution, _ = await lives.run()
    assert execution.outputs == {"by": "time", "result": "re: x"}, "the turn under way is the last one"


async def nothing(_: object) -> None:
    pass


@pytest.mark.parametrize("killed", [False, True])
async def test_what_a_lost_attempt_has_cost_is_not_given_back(
    killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its record comes when the step settles: until then only the frame knows."""
    lives = Held(loop_of(max_usd=MOST), price=PRICE)

    def lose(_: str) -> str:
        lost = NodeError("model.stream_cut", retry_after=0.001)
        lost.used = Usage(10, 5)
        raise lost

    answer, lives.models.answer = lives.models.answer, lose
    with monkeypatch.context() as patched:
        patched.setattr(frame_limits, "EVERY", 0.01 if killed else 3600.0)
        execution = await lives.until_held(2)
        if killed:
            await until(lambda: lives.so_far()["usd"] == str(A_CALL * 2))
            patched.setattr(FrameLimits, "_write", nothing)
        await lives.end(execution)
    lives.models.answer = answer
    assert (Decimal(lives.so_far()["usd"]) == A_CALL * 2) == killed, "Stop pays for the call under way, too"
    await lives.to_the_limit()


async def test_what_is_recorded_is_not_counted_twice() -> None:
    lives = Held(loop_of(max_usd=MOST), price=PRICE)
    for answers in (2, 1, 1):
        await lives.end(await lives.until_held(answers))
    await lives.to_the_limit()


async def test_another_input_begins_anew(sleep: Callable[[float], None]) -> None:
    lives = Held(loop_of(max_minutes=60))
    execution = await lives.until_held(0)
    sleep(59 * 60)
    await lives.end(execution)
    lives.more["values"] = {"value": "y"}
    execution = await lives.until_held(3)
    sleep(30 * 60)
    await until(lambda: len(lives.models.asked) == 5)
    await lives.end(execution)
    assert lives.so_far()["seconds"] < 59 * 60

"""Answers are streamed only where somebody looks, and of each step one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import pytest

from app.events.run_events import RunEvent, TextStreamed
from app.executor.doors import Limits
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.flows import ScriptedModels, doors, events_of, flow, start, status

ASKS = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
TWO = flow({"a": "test.source", "m": "test.model", "n": "test.model"}, ["a.value>m.value", "a.value>n.value"])


class Watched(ScriptedModels):
    """Keeps how many calls were streamed, and how many at a time."""

    def __init__(self, answer: Callable[[str], str] = str) -> None:
        super().__init__(answer)
        self.streamed = self.at_a_time = self.most = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        is_streamed = request.on_text is not None
        self.streamed += is_streamed
        self.at_a_time += is_streamed
        self.most = max(self.most, self.at_a_time)
        for _ in range(5):
            await asyncio.sleep(0)
        try:
            return await super().chat(request)
        finally:
            self.at_a_time -= is_streamed


@pytest.mark.parametrize(("steps", "seen"), [((), set[str]()), (("m",), {"m"}), (None, {"m", "n"})])
async def test_only_what_somebody_looks_at_is_streamed(steps: Collection[str] | None, seen: set[str]) -> None:
    models = Watched()
    execution = start(TWO, through=doors(models))
    execution.look(steps)
    events = await events_of(execution)
    assert status(events) == "done"
    assert models.streamed == len(seen)
    assert {event.node for event in events if isinstance(event, TextStreamed)} == seen


async def test_over_rows_one_instance_of_a_step_is_streamed_at_a_time() -> None:
    models = Watched()
    rows = [{"value": str(n)} for n in range(40)]
    execution = start(ASKS, rows=rows, through=doors(models), limits=Limits(rows_at_a_time=8))
    execution.look(None)
    events = await events_of(execution)
    assert status(events) == "done"
    assert len(models.asked) == 40
    assert models.most == 1
    assert 2 <= models.streamed <= 10  # another one as soon as one is through, and the others are not


async def test_who_begins_to_look_sees_the_next_call() -> None:
    models, events = Watched(), list[RunEvent]()
    rows = [{"value": str(n)} for n in range(6)]
    execution = start(ASKS, rows=rows, through=doors(models), limits=Limits(rows_at_a_time=1))
    async for batch in execution.batches():
        events += batch
        if len(models.asked) == 3:
            execution.look(("m",))
    assert status(events) == "done"
    assert 1 <= models.streamed <= 3
    seen = {event.scope for event in events if isinstance(event, TextStreamed)}
    assert seen
    assert seen <= {"#3", "#4", "#5"}


async def test_a_call_that_fails_lets_the_next_one_be_seen() -> None:
    models = Watched(lambda _: refuse())
    rows = [{"value": str(n)} for n in range(3)]
    execution = start(ASKS, rows=rows, through=doors(models), limits=Limits(rows_at_a_time=1))
    execution.look(None)
    assert status(await events_of(execution)) == "failed"
    assert models.streamed == 3


def refuse() -> str:
    raise NodeError("model.key_refused")

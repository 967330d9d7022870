"""Waiting for one's turn at a connection: told now and then, not counted as time or money, and ended without a call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from app.adapters.call_gate import CallGate, CallLimits
from app.adapters.call_total import CallTotal
from app.document.workflow import Node, Retry
from app.events.run_events import Message, ModelCalled, RunEvent
from app.executor.doors import Limits
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest, Waiting
from tests.flows import ScriptedModels, doors, events_of, flow, start, status
from tests.unit.adapters.turned_clock import TurnedClock, settled, until

ASK = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
ROWS = [{"value": str(number)} for number in range(6)]


class GatedModel(ScriptedModels):
    """A model behind a real gate, whose clock the test turns."""

    def __init__(self, parallel: int = 1) -> None:
        super().__init__()
        self.clock = TurnedClock()
        self.gate = CallGate("Company OpenAI", CallLimits(parallel), CallTotal(99), self.clock)

    async def chat(self, request: ChatRequest) -> ChatReply:
        async with self.gate.turn(lambda: 1, request.waits):
            return await super().chat(request)


def messages(events: list[RunEvent]) -> list[Message]:
    return [event for event in events if isinstance(event, Message)]


async def test_people_hear_what_steps_wait_for_but_not_from_each_of_them() -> None:
    models = GatedModel()
    models.hold = asyncio.Event()
    execution = start(ASK, rows=ROWS, through=doors(models), limits=Limits(rows_at_a_time=6))
    following = asyncio.ensure_future(events_of(execution))
    await until(lambda: models.gate.waiting == 5)
    for _ in range(4):  # all within the same five seconds of the run
        await models.clock.turn(1)
    models.hold.set()
    (said,) = messages(await following)
    assert (said.node, said.code) == ("m", "model.waits_turn")
    assert said.args == {"connection": "Company OpenAI", "running": 1, "ahead": 0}


async def test_a_provider_that_asks_to_wait_is_named_with_its_seconds() -> None:
    models = GatedModel()
    models.gate.pace.failed(0, NodeError("model.too_many_requests", retry_after=20), models.clock.now())
    execution = start(ASK, through=doors(models))
    following = asyncio.ensure_future(events_of(execution))
    await until(lambda: models.gate.waiting == 1)
    await models.clock.turn(21)
    (said,) = messages(await following)
    assert (said.code, said.args) == ("model.waits_asked", {"connection": "Company OpenAI", "n": 19})


async def test_waiting_is_no_part_of_a_step_s_time_limit(sleep: Callable[[float], None]) -> None:
    models = GatedModel()
    models.hold = asyncio.Event()
    slow = Node("m", "test.model", retry=Retry(attempts=1, timeout=60))
    workflow = flow({"a": "test.source", "m": slow}, ["a.value>m.value"])
    async with models.gate.turn(lambda: 1):
        following = asyncio.ensure_future(events_of(start(workflow, through=doors(models))))
        await until(lambda: models.gate.waiting == 1)
        sleep(3600)
        await settled()
        assert models.gate.waiting == 1
        models.hold.set()
    events = await following
    assert status(events) == "done"
    (call,) = [event for event in events if isinstance(event, ModelCalled)]
    assert call.seconds < 60, "nor of the call's own time"


async def test_what_is_stopped_while_it_waits_was_no_call_and_cost_nothing() -> None:
    models = GatedModel()
    models.hold = asyncio.Event()
    execution = start(ASK, rows=ROWS, through=doors(models, "1"), limits=Limits(rows_at_a_time=6))
    following = asyncio.ensure_future(events_of(execution))
    await until(lambda: models.gate.waiting == 5)
    execution.stop()
    models.hold.set()  # the place becomes free in the very moment of the stop
    events = await following
    calls = [event for event in events if isinstance(event, ModelCalled)]
    assert len(calls) == len(models.asked) == 1
    assert (models.gate.running, models.gate.waiting) == (0, 0)


async def test_what_is_stopped_while_its_model_waits_for_memory_was_no_call() -> None:
    """The gate has let it in; behind that it waits again."""

    class WithoutMemory(GatedModel):
        async def chat(self, request: ChatRequest) -> ChatReply:
            async with self.gate.turn(lambda: 1, request.waits):
                assert request.waits is not None
                request.waits.begins()
                try:
                    await asyncio.Event().wait()
                finally:
                    request.waits.ends()
            raise AssertionError

    models = WithoutMemory()
    models.gate.sends = False
    execution = start(ASK, through=doors(models, "1"))
    following = asyncio.ensure_future(events_of(execution))
    await until(lambda: models.gate.running == 1)
    execution.stop()
    assert not [event for event in await following if isinstance(event, ModelCalled)]


async def test_messages_are_told_once_for_each_connection_in_five_seconds() -> None:
    execution = start(ASK, through=doors(GatedModel()))
    run = execution._run  # noqa: SLF001 - its clock can't be turned from outside
    instance = type("I", (), {"node": "m", "scope": "", "limit": None})()
    for connection in ("A", "A", "B", "A", "B"):
        run.tell_wait(instance, Waiting(connection, "rate", 0, 0, 2.1))
    run._begun -= 5.1  # noqa: SLF001
    run.tell_wait(instance, Waiting("A", "rate", 0, 0, 0.2))
    told = [(one.args["connection"], one.args["n"]) for one in messages(await run.take())]
    assert told == [("A", 3), ("B", 3), ("A", 1)]
    await settled()
    execution.stop()
    await events_of(execution)

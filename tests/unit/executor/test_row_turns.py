"""Rows of one conversation have their turns one at a time, in their order, and none waits for what can't come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext

import pytest

from app.document.workflow import Json
from app.executor.doors import Limits
from app.executor.row_turns import CAME_TO_NOTHING, RowTurns
from app.sdk.gateway import ChatReply, ChatRequest
from tests.flows import ScriptedModels, doors, flow, run, status


async def through(turns: RowTurns, said: list[str], row: str, what: str = "anna") -> None:
    async with turns.turn(what, "chat", row, nullcontext):
        said.append(f"{row} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        said.append(f"{row} ends")


async def some_turns_of_the_loop() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_one_at_a_time_in_the_order_of_the_rows_however_they_come() -> None:
    turns, said = RowTurns(list), list[str]()
    with turns.over("", dict.fromkeys(range(3), CAME_TO_NOTHING)):
        late = [asyncio.create_task(through(turns, said, f"#{number}")) for number in (2, 1)]
        other = asyncio.create_task(through(turns, said, "#1/map#0", "ben"))
        await some_turns_of_the_loop()
        assert said == [], "the first may still come"
        await through(turns, said, "#0")
        await asyncio.gather(*late, other)
    mine = [one for one in said if "map" not in one]
    assert mine == [f"#{number} {what}" for number in range(3) for what in ("begins", "ends")]


@pytest.mark.parametrize("why", ["ended", "elsewhere", "held up", "cancelled"])
async def test_none_waits_for_a_row_that_does_not_come(why: str) -> None:
    held: list[str] = []
    turns, said = RowTurns(lambda: held), list[str]()
    came = {0: CAME_TO_NOTHING, 1: CAME_TO_NOTHING}
    with turns.over("", came):
        first = asyncio.create_task(through(turns, said, "#0")) if why == "cancelled" else None
        second = asyncio.create_task(through(turns, said, "#1"))
        if first:
            await asyncio.sleep(0)
            first.cancel()
        else:
            await some_turns_of_the_loop()
            assert said == []
        if why == "ended":
            del came[0]
            turns.look()
        elif why == "elsewhere":
            await through(turns, [], "#0", "ben")
        elif why == "held up":
            held.append("#0/map#3")
            turns.look()
        await second
    assert said[-1] == "#1 ends"


async def test_what_is_in_no_row_has_its_turn_when_it_comes() -> None:
    turns, said = RowTurns(list), list[str]()
    await asyncio.gather(through(turns, said, ""), through(turns, said, "agent#0"))
    assert said == [" begins", " ends", "agent#0 begins", "agent#0 ends"]


class Overtaking(ScriptedModels):
    """What prepares the first row is through only when the others' is; the chat keeps what it saw."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.prepared = 0
        self.rows = rows
        self.others = asyncio.Event()
        self.seen: list[list[str]] = []

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        if request.max_tokens == CHAT:
            self.seen.append([one.content for one in request.messages])
            return await super().chat(request)
        if text == "0":
            await self.others.wait()
        self.prepared += 1
        if self.prepared == self.rows - 1:
            self.others.set()
        await super().chat(request)
        return ChatReply(text, "stop", None, "scripted-1", 0.0)


CHAT = 77


async def test_rows_of_one_conversation_know_those_before_them() -> None:
    rows: list[Mapping[str, Json]] = [{"value": str(number)} for number in range(4)]
    made = flow(
        {
            "in": "test.source",
            "first": "test.model",
            "name": ("data.template", {"text": "anna"}),
            "chat": ("model.chat", {"summarise": False, "max_tokens": CHAT}),
            "out": "test.result",
        },
        [
            "in.value>first.value",
            "first.value>chat.message",
            "name.text>chat.conversation",
            "chat.text>out.value",
        ],
    )
    models = Overtaking(len(rows))
    execution, events = await run(made, rows=rows, through=doors(models), limits=Limits(rows_at_a_time=4))
    assert status(events) == "done"
    assert execution.outputs == {"result": [f"re: {number}" for number in range(4)]}
    asked = [[one for one in seen if not one.startswith("re: ")] for seen in models.seen]
    assert asked == [[str(one) for one in range(number + 1)] for number in range(4)]

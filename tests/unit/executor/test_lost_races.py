"""Who lost a race that is recorded is not asked again when the run goes on, and what was paid for stays on the bill."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec import structs

from app.costs.usage import Usage
from app.document.workflow import Node, OnError, Workflow
from app.events.run_events import RunEvent
from app.events.run_state import RunState
from app.executor.digests import digest_of
from app.executor.totals import totals_of
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.acts import ACTING
from tests.flows import ScriptedModels, flow, frame, inputs, plan, status
from tests.lives import Lives, answered


class Racing(ScriptedModels):
    """Never answers some texts, and refuses others for good."""

    def __init__(self, *never: str) -> None:
        super().__init__()
        self.never = set(never)
        self.refused: set[str] = set()

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        self.asked.append(text)
        await asyncio.sleep(0)
        if text in self.never:
            await asyncio.Event().wait()
        if text in self.refused:
            raise NodeError("model.key_refused", connection="Test")
        return ChatReply(f"re: {text}", "stop", Usage(10, 5), "scripted-1", 0.01)


BODY = (
    {"i": inputs(item="item"), "m": "test.model", "o": ("output.output", {"name": "item"})},
    ["i.item>m.value", "m.value>o.value"],
)
EACH = frame("winner", "flow.for_each", *BODY, at_a_time=1)
MODEL = Node("winner", "test.model", on_error=OnError("skip"))


def race(winner: Node, into: str, out: str, loser: str) -> Workflow:
    """Both are behind the same source, the loser first by its name; a last model comes behind the Merge."""
    nodes = {
        "a": "test.source",
        "p": "test.pair",
        "says": ("test.step", {"says": "slow"}),
        "beaten": loser,
        "winner": winner,
        "g": "test.merge",
        "s": ("test.step", {"says": "last"}),
        "m2": "test.model",
        "r": "test.result",
    }
    edges = ["a.value>p.value", "p.value>says.value", "says.value>beaten.value", f"p.value>winner.{into}"]
    edges += [f"winner.{out}>g.values", "beaten.value>g.values", "g.value>s.value", "s.value>m2.value"]
    return flow(nodes, [*edges, "m2.value>r.value"])


KINDS = {"a step": (MODEL, "value", "value"), "a frame": (EACH, "items", "item")}


async def cut_behind(workflow: Workflow, models: Racing) -> Lives:
    """A run that was stopped when the last of its models was under way."""
    lives = Lives(workflow, models, plan=plan(workflow, ACTING), price="0.001")
    execution = await lives.start()
    async for _ in execution.batches():
        if "last" in models.asked:
            execution.stop()
    assert "slow" in models.asked
    models.asked.clear()
    models.never.clear()
    return lives


@pytest.mark.parametrize("kind", KINDS)
async def test_who_was_beaten_is_not_asked_again(kind: str) -> None:
    models = Racing("slow", "last")
    lives = await cut_behind(race(*KINDS[kind], loser="test.model"), models)
    _, events = await lives.run()
    assert status(events) == "done"
    assert models.asked == ["last"]
    assert await told(lives, events) == [], "the bill is that of the records"


async def test_who_was_beaten_begins_where_the_winner_does_not_come_again() -> None:
    """People don't take the winner's record, nor what the Merge made of it, and now it is refused."""
    models = Racing("slow", "last")
    workflow = race(MODEL, "value", "value", "test.model")
    lives = await cut_behind(workflow, models)
    journal = await lives.journal()
    for name in ("winner", "g"):
        await journal.commit(structs.replace((await journal.steps(""))[name], version=0))
    models.refused.add("['p', 'q']")
    events, asked = await answered(await lives.start(), "rejected")
    assert [one.node for one in asked] == ["winner", "g"]
    assert status(events) == "done"
    assert models.asked == ["['p', 'q']", "slow", "last"]


async def test_what_lost_and_was_paid_for_stays_on_the_bill() -> None:
    """It came in a moment after the winner; in the next life it isn't even begun."""
    models = Racing("slow", "last")
    lives = await cut_behind(race(MODEL, "value", "value", "test.model"), models)
    journal = await lives.journal()
    won = (await journal.steps(""))["winner"]
    slow = digest_of({"value": "slow"})
    await journal.commit(structs.replace(won, node="beaten", inputs=slow, at=2.0))
    _, events = await lives.run()
    assert models.asked == ["last"]
    assert await told(lives, events) == []


async def told(lives: Lives, events: Sequence[RunEvent]) -> list[Any]:
    """In what the events of a life differ from the records."""
    state = RunState()
    state.apply_all(events)
    _, _, journal = await lives.runs.look("r")
    totals = await totals_of(journal)
    pairs = [(state.cost, totals.cost), (state.calls, totals.calls), (state.usage, totals.usage)]
    return [pair for pair in pairs if pair[0] != pair[1]]

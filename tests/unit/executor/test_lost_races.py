"""Who lost a race that is recorded, or was under way when a failure ended all of it, is not asked again when the run
goes on, and what was paid for stays on the bill.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from app.adapters.sqlite_runs import SqliteRuns
from app.costs.usage import Usage
from app.document.workflow import Node, OnError, Workflow
from app.events.run_events import RunEvent
from app.events.run_state import RunState
from app.executor.digests import digest_of
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.past import Keeping
from app.executor.totals import totals_of
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from tests.acts import ACTING
from tests.flows import ScriptedModels, doors, events_of, flow, frame, inputs, plan, settled, status
from tests.journals import head, profile
from tests.lives import Lives, answered


class Racing(ScriptedModels):
    """Never answers some texts, refuses others for good, and answers those with a gate once another was asked."""

    def __init__(self, *never: str) -> None:
        super().__init__()
        self.never = set(never)
        self.refused: set[str] = set()
        self.gates: dict[str, str] = {}

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        self.asked.append(text)
        await asyncio.sleep(0)
        while self.gates.get(text, text) not in self.asked:  # noqa: ASYNC110 - a turn of the loop, no time
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


async def test_who_was_under_way_beside_a_failure_is_not_asked_again() -> None:
    """The run has lived with the failure, and so it ends the turn in each life: no sooner answer makes it another."""
    turn = {
        "i": inputs(item="variable"),
        "says": ("test.step", {"says": "slow"}),
        "slow": "test.model",
        "fails": "test.model",
        "first": "test.merge",
        "o": ("output.output", {"name": "item"}),
    }
    edges = ["i.item>says.value", "says.value>slow.value", "i.item>fails.value", "first.value>o.value"]
    edges += [f"{racer}.value>first.values" for racer in ("slow", "fails")]
    loop = frame("l", "flow.loop", turn, edges, max_turns=2)
    nodes = {"a": "test.source", "l": loop, "s": ("test.step", {"says": "last"}), "m": "test.model"}
    workflow = flow(
        {**nodes, "r": "test.result"},
        ["a.value>l.item", "l.error>s.value", "s.value>m.value", "m.value>r.value"],
    )
    models = Racing("slow", "last")
    models.refused.add("x")
    models.gates["x"] = "slow"
    lives = await cut_behind(workflow, models)
    events, questions = await answered(await lives.start(), "approved")
    assert status(events) == "done"
    assert models.asked == ["last"]
    assert not questions


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


async def test_who_loses_two_races_at_once_is_ended_once() -> None:
    """The same winner decides both Merges before the loser has heard of the first."""
    models = Racing("slow")
    nodes = {
        "a": "test.source",
        "says": ("test.step", {"says": "slow"}),
        "beaten": "test.model",
        "winner": "test.model",
        "g": "test.merge",
        "h": "test.merge",
    }
    edges = ["a.value>says.value", "says.value>beaten.value", "a.value>winner.value"]
    edges += [f"{racer}.value>{race}.values" for racer in ("winner", "beaten") for race in ("g", "h")]
    _, events = await Lives(flow(nodes, edges), models).run()
    assert status(events) == "done"
    assert settled(events)["beaten", ""] == "cancelled"


async def test_what_was_paid_for_a_loser_of_two_races_is_on_the_bill_once(tmp_path: Path) -> None:
    """Reading what a frame on the losing line has paid takes a while, in which the second Merge has its turn."""
    models, runs = Racing("['re: p', 're: q']", "re: x"), SqliteRuns(profile(tmp_path))
    nodes = {
        "a": "test.source",
        "winner": "test.model",
        "b": ("test.source", {"value": "lose"}),
        "first": "test.model",
        "p": "test.pair",
        "each": frame("each", "flow.for_each", *BODY, at_a_time=1),
        "last": "test.model",
        "g": "test.merge",
        "h": "test.merge",
        "m2": "test.model",
    }
    edges = ["a.value>winner.value", "b.value>first.value", "first.value>p.value", "p.value>each.items"]
    edges += ["each.item>last.value", "g.value>m2.value"]
    edges += [f"{racer}.value>{race}.values" for racer in ("winner", "last") for race in ("g", "h")]
    whole = plan(flow(nodes, edges), ACTING)

    def life(journal: Any) -> Execution:
        return Execution(whole, doors(models, "0.001"), Limits(), "r", {}, keeping=Keeping(journal))

    models.gates["x"] = "['re: p', 're: q']"
    execution = life(await runs.begin(head("r")))
    async for _ in execution.batches():
        if "re: x" in models.asked:
            execution.stop()
    await runs.leave("r")
    models.never.clear()
    journal = (await runs.reopen("r"))[2]
    state = RunState()
    state.apply_all(await events_of(life(journal)))
    totals = await totals_of(journal)
    assert (state.calls, state.cost) == (totals.calls, totals.cost)
    await runs.leave("r")
    runs.close()

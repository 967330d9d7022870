"""Effects outside of which nobody knows whether they happened: never begun again unasked, never torn off by a Merge."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from app.costs.usage import Usage
from app.document.json_codec import write
from app.document.workflow import Json, Node, OnError, Retry, Workflow
from app.events.run_events import Failure, NodeSettled, PersonAsked, Retrying, RowSettled, RunEvent
from app.executor.doors import Doors
from app.executor.executor import Execution
from app.executor.memory_journal import MemoryRuns
from app.executor.past import Keeping, Past
from app.executor.recalled import past_events
from app.planner.partial import before
from app.sdk.context import Answer, Decision
from app.sdk.gateway import ChatReply, ChatRequest, ToolCall
from tests.acts import ACTING, LOST, Act
from tests.flows import ScriptedModels, doors, flow, frame, inputs, plan, start, status
from tests.journals import head

LINE = ["a.value>e.value", "e.value>r.value"]


@pytest.fixture(autouse=True)
def diary() -> Iterator[list[Any]]:
    Act.diary.clear()
    yield Act.diary
    Act.diary.clear()


def line(*ends: str, on_error: str = "stop", **fields: Json) -> Workflow:
    act = Node(
        "e",
        "test.act",
        fields={"ends": list(ends), **fields},
        retry=Retry(attempts=3),
        on_error=OnError(on_error, "f"),  # type: ignore[arg-type]
    )
    return flow({"a": "test.source", "e": act, "r": "test.result"}, LINE)


class Lives:
    """One run over several lives."""

    def __init__(
        self, workflow: Workflow, models: ScriptedModels | None = None, through: Doors | None = None
    ) -> None:
        self.workflow = workflow
        self.runs = MemoryRuns()
        self.through = through or (doors(models) if models else None)
        self.execution: Execution | None = None
        self.events: list[RunEvent] = []  # of the life under way
        self._begun = False

    async def next(
        self,
        decision: Decision | Mapping[str, Decision] = "approved",
        rows: Sequence[Mapping[str, Json]] | None = None,
        value: str = "x",
        **past: Any,
    ) -> tuple[list[RunEvent], list[str]]:
        """What happened, and what people were asked about; they answer all alike, or by what it is about; the
        run is stopped where they don't know what to say.
        """
        if not self._begun:
            await self.runs.begin(head("r", workflow=write(self.workflow).decode()))
        await self.runs.leave("r")
        journal = (await self.runs.reopen("r"))[2]
        self._begun = True
        keeping = Keeping(journal, past=Past(**past))
        execution = start(
            self.workflow,
            specs=ACTING,
            rows=rows,
            keeping=keeping,
            through=self.through,
            values={"value": value},
        )
        self.execution, self.events = execution, (events := [])
        asked: list[str] = []
        async with asyncio.timeout(60):
            async for batch in execution.batches():
                events += batch
                for event in batch:
                    if isinstance(event, PersonAsked):
                        asked.append(event.about)
                        said = decision if isinstance(decision, str) else decision.get(event.about)
                        if said is None:
                            execution.stop()
                        else:
                            execution.answer(event.node, event.scope, Answer(said, event.value))
        return events, asked

    async def as_before(self) -> None:
        """Rewrites what was kept of the step in doubt as versions before would have written it."""
        await self.runs.leave("r")
        journal = (await self.runs.reopen("r"))[2]
        for _, record in await journal.each(0, 100):
            if record.node == "e" and record.failure:
                code = record.failure.args.get("cause", record.failure.code)
                old = replace(record, status="failed", failure=Failure(str(code)), never_happened=False)
                await journal.commit(old)


def begun() -> int:
    return sum(what == "begun" for _, what in Act.diary)


def failure(events: Sequence[RunEvent]) -> str:
    return next(e.failure.code for e in events if isinstance(e, NodeSettled) and e.failure)


@pytest.mark.parametrize("end", LOST)
@pytest.mark.parametrize(("decision", "times"), [("approved", 1), ("rejected", 2)])
async def test_what_nobody_saw_the_end_of_fails_at_once_and_is_asked_about(
    end: str, decision: Decision, times: int
) -> None:
    lives = Lives(line(end))
    events, asked = await lives.next()
    assert (failure(events), asked, begun()) == ("effect.in_doubt", [], 1)
    events, asked = await lives.next(decision)
    assert (status(events), asked, begun()) == ("done", ["effect"], times)
    events, asked = await lives.next()
    assert (status(events), asked, begun()) == ("done", [], times)


@pytest.mark.parametrize(
    ("end", "times"), [("unsent", 3), ("test.too_many_requests", 3), ("test.refused", 1)]
)
async def test_what_surely_did_not_happen_is_tried_as_before(end: str, times: int) -> None:
    lives = Lives(line(end, end, end))
    events, _ = await lives.next()
    assert failure(events) in (end, "net.unreachable")
    assert begun() == times
    _, asked = await lives.next()
    assert asked == []
    assert begun() > times


async def broken_off(lives: Lives, at: Callable[[], bool], rows: Any = None) -> None:
    """A life that is stopped as soon as it is `at` a point."""
    running = asyncio.create_task(lives.next(rows=rows))
    async with asyncio.timeout(60):
        while lives.execution is None or not at():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        lives.execution.stop()
        await running


@pytest.mark.parametrize("over_rows", [False, True])
@pytest.mark.parametrize("refused", ["unsent@500", "test.too_many_requests@500"])
async def test_nothing_is_in_doubt_between_two_tries(refused: str, over_rows: bool) -> None:
    lives, rows = Lives(line(refused)), [{"value": "1"}] if over_rows else None
    await broken_off(lives, lambda: any(isinstance(one, Retrying) for one in lives.events), rows)
    events, asked = await lives.next(rows=rows)
    assert (status(events), asked, begun()) == ("done", [], 2)
    assert not [event for event in events if isinstance(event, RowSettled) and event.status == "failed"]


async def test_the_next_try_may_have_happened_again() -> None:
    lives = Lives(line("unsent", "never"))
    await broken_off(lives, lambda: begun() == 2)
    events, asked = await lives.next()
    assert (status(events), asked, begun()) == ("done", ["effect"], 2)


@pytest.mark.parametrize(("end", "asks", "times"), [("never", ["effect"], 1), ("on its way", [], 2)])
async def test_what_is_stopped_before_anything_left_is_no_question(
    end: str, asks: list[str], times: int
) -> None:
    lives = Lives(line(end))
    await broken_off(lives, lambda: begun() == 1)
    events, asked = await lives.next()
    assert (status(events), asked, begun()) == ("done", asks, times)


@pytest.mark.parametrize(
    ("end", "code", "asks", "times"),
    [("never", "effect.in_doubt", ["effect"], 1), ("on its way", "node.timeout", [], 2)],
)
async def test_a_try_whose_time_was_up_before_anything_left_is_no_question(
    end: str, code: str, asks: list[str], times: int
) -> None:
    lives = Lives(line(end))
    act = lives.workflow.graph.nodes["e"]
    hasty = {**lives.workflow.graph.nodes, "e": dataclasses.replace(act, retry=Retry(1, 0.01))}
    lives.workflow = dataclasses.replace(
        lives.workflow, graph=dataclasses.replace(lives.workflow.graph, nodes=hasty)
    )
    events, _ = await lives.next()
    assert (failure(events), begun()) == (code, 1)
    events, asked = await lives.next()
    assert (status(events), asked, begun()) == ("done", asks, times)


async def test_what_may_be_done_twice_is() -> None:
    events, _ = await Lives(line("net.unreachable", "test.timeout", twice=True)).next()
    assert (status(events), begun()) == ("done", 3)


async def test_a_try_that_was_lost_after_one_that_never_left_is_the_last() -> None:
    events, _ = await Lives(line("unsent", "net.cut_off")).next()
    assert (failure(events), begun()) == ("effect.in_doubt", 2)


@pytest.mark.parametrize("policy", ["skip", "fallback"])
async def test_a_run_that_lived_with_the_doubt_goes_on_living_with_it(policy: str) -> None:
    lives = Lives(line("net.unreachable", on_error=policy))
    for _ in range(2):
        events, asked = await lives.next()
        assert (failure(events), asked, begun()) == ("effect.in_doubt", [], 1)
        assert status(events) == "done"


@pytest.mark.parametrize("retry_failed", [False, True])
async def test_over_rows_each_in_doubt_is_asked_about(retry_failed: bool) -> None:
    rows = [{"value": str(number)} for number in range(4)]
    lives = Lives(line("net.unreachable"))
    await lives.next(rows=rows)
    assert begun() == 4
    events, asked = await lives.next(rows=rows, retry_failed=retry_failed)
    assert (status(events), asked, begun()) == ("done", ["effect"] * 4, 4)


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.parametrize(
    ("value", "decision", "asks", "times"),
    [("x", "approved", ["effect"], 1), ("x", "rejected", ["effect"], 2), ("y", "approved", [], 2)],
)
async def test_a_run_from_a_later_step_asks_about_a_doubt_before_it(
    value: str, decision: Decision, asks: list[str], times: int, is_old: bool
) -> None:
    nodes = {
        "a": "test.source",
        "e": Node("e", "test.act", fields={"ends": ["net.unreachable"]}, on_error=OnError("skip")),
        "b": "test.step",
    }
    first = Lives(flow(nodes, ["a.value>e.value"]))
    await first.next()
    if is_old:
        await first.as_before()
    second = Lives(first.workflow)
    base = (await first.runs.look("r"))[2]
    stays = before(plan(first.workflow, ACTING), "b")
    for expected in (asks, []):  # when that run goes on, nobody is asked again
        events, asked = await second.next(decision, base=base, stays=stays, before={"a": {"value": value}})
        assert (status(events), asked, begun()) == ("done", expected, times)


@pytest.mark.parametrize("end", ["net.unreachable", "net.cut_off", "test.timeout", "bug", "web.server_error"])
@pytest.mark.parametrize(("decision", "times"), [("approved", 1), ("rejected", 2)])
async def test_what_a_version_before_called_failed_is_asked_about_where_it_may_have_happened(
    end: str, decision: Decision, times: int
) -> None:
    act = Node("e", "test.act", fields={"ends": [end]}, retry=Retry(attempts=1))
    lives = Lives(flow({"a": "test.source", "e": act, "r": "test.result"}, LINE))
    await lives.next()
    await lives.as_before()
    events, asked = await lives.next(decision)
    assert (status(events), asked, begun()) == ("done", ["effect"], times)


async def test_what_a_version_before_called_failed_stays_so_where_it_surely_did_not_happen() -> None:
    lives = Lives(line("test.refused"))
    await lives.next()
    await lives.as_before()
    events, asked = await lives.next()
    assert (status(events), asked, begun()) == ("done", [], 2)


@pytest.mark.parametrize("retry_failed", [False, True])
async def test_rows_that_a_version_before_called_failed_are_asked_about(retry_failed: bool) -> None:
    rows = [{"value": "1"}, {"value": "2"}]
    lives = Lives(line("net.cut_off"))
    await lives.next(rows=rows)
    await lives.as_before()
    events, asked = await lives.next(rows=rows, retry_failed=retry_failed)
    assert (status(events), asked, begun()) == ("done", ["effect"] * 2, 2)


async def test_a_run_of_a_version_before_that_lived_with_the_failure_goes_on_living_with_it() -> None:
    lives = Lives(line("net.cut_off", on_error="skip"))
    await lives.next()
    await lives.as_before()
    for _ in range(2):
        events, asked = await lives.next()
        assert (failure(events), asked, begun()) == ("effect.in_doubt", [], 1)


APART = [
    ({"effect": "rejected"}, ["effect"], 2),
    ({"effect": "approved", "inputs": "approved"}, ["effect", "inputs"], 1),
    ({"effect": "approved", "inputs": "rejected"}, ["effect", "inputs"], 2),
]


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize(("said", "asks", "times"), APART)
async def test_that_it_happened_with_other_inputs_does_not_settle_what_was_never_begun(
    on_error: str, said: Mapping[str, Decision], asks: list[str], times: int
) -> None:
    lives = Lives(line("net.unreachable", on_error=on_error))
    await lives.next()
    events, asked = await lives.next(said, value="y")
    assert (status(events), asked, begun()) == ("done", asks, times)
    events, asked = await lives.next(value="y")
    assert (status(events), asked, begun()) == ("done", [], times)


@pytest.mark.parametrize(("said", "times"), [("approved", 1), ("rejected", 2)])
async def test_people_say_only_once_that_it_happened_with_other_inputs(said: Decision, times: int) -> None:
    lives = Lives(line("net.unreachable"))
    await lives.next()
    events, asked = await lives.next({"effect": "approved"}, value="y")
    assert (status(events), asked, begun()) == ("cancelled", ["effect", "inputs"], 1)
    events, asked = await lives.next({"inputs": said}, value="y")
    assert (status(events), asked, begun()) == ("done", ["inputs"], times)


async def test_the_history_shows_what_was_seen() -> None:
    lives = Lives(line("net.unreachable"))
    await lives.next()
    past = [event async for batch in past_events(*await lives.runs.look("r")) for event in batch]
    assert failure(past) == "effect.in_doubt"


def race(loser: Any) -> Workflow:
    nodes = {
        "a": "test.source",
        "fast": ("test.step", {"turns": 2}),
        "slow": loser,
        "m": "test.merge",
        "r": "test.result",
    }
    edges = ["a.value>fast.value", "a.value>slow.value", "fast.value>m.values", "slow.value>m.values"]
    return flow(nodes, [*edges, "m.value>r.value"])


def loop(name: str, inner: Any) -> Node:
    nodes = {"i": inputs(value="variable"), name: inner, "o": ("output.output", {"name": "value"})}
    edges = [f"i.value>{name}.value", f"{name}.value>o.value"]
    return frame("slow" if name != "slow" else "outer", "flow.loop", nodes, edges, max_turns=2)


SLOW = ("test.act", {"turns": 40})


@pytest.mark.parametrize(
    "loser",
    [
        SLOW,
        loop("e", SLOW),
        loop(
            "deep",
            frame(
                "deep",
                "flow.loop",
                {"j": inputs(value="variable"), "e": SLOW, "p": ("output.output", {"name": "value"})},
                ["j.value>e.value", "e.value>p.value"],
                max_turns=1,
            ),
        ),
    ],
    ids=["plain", "in a frame", "in a frame in a frame"],
)
async def test_a_merge_lets_an_effect_under_way_come_to_its_end_however_deep_it_lies(loser: Any) -> None:
    events, _ = await Lives(race(loser)).next()
    assert status(events) == "done"
    assert [what for _, what in Act.diary].count("well") == begun() > 0


async def test_a_merge_still_ends_a_frame_that_does_nothing_outside() -> None:
    loser = loop("e", ("test.step", {"for_ever": True}))
    events, _ = await Lives(race(loser)).next()
    ends = {e.node: e.status for e in events if isinstance(e, NodeSettled)}
    assert (status(events), ends["slow"]) == ("done", "cancelled")


class Sender(ScriptedModels):
    """Calls its tool until it hears that it went well."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.turns += 1
        last = request.messages[-1]
        if last.role == "tool" and not last.content.startswith("Error"):
            return ChatReply("Sent.", "stop", Usage(1, 1), "m", 0)
        call = ToolCall(f"c{self.turns}", "act", json.dumps({"value": "x"}))
        return ChatReply("", "tool_calls", Usage(1, 1), "m", 0, (call,))


async def test_a_model_does_not_hear_of_a_tool_in_doubt_before_a_person_has_said_what_happened() -> None:
    tool = ("test.act", {"ends": ["net.unreachable"]})
    agent = frame("agent", "flow.agent", {"e": tool}, [], task="Send it")
    models = Sender()
    lives = Lives(flow({"agent": agent, "r": "test.result"}, ["agent.text>r.value"]), models)
    events, asked = await lives.next()
    assert (failure(events), asked, begun(), models.turns) == ("effect.in_doubt", ["tool"], 1, 1)
    events, asked = await lives.next()
    assert (status(events), asked, begun(), models.turns) == ("done", ["effect"], 1, 2)

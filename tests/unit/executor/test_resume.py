"""Going on after anything: what was recorded is never done again, and what changed is asked about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from msgspec import structs

from app.document.workflow import CachePolicy, Json, Node, OnError, Workflow
from app.events.run_events import (
    Message,
    NodeSettled,
    RunEvent,
    RunFinished,
    RunPaused,
)
from app.events.run_state import RunState
from app.executor.cache import CacheState, Kept
from app.executor.digests import digest_of
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import JournalError, StepRecord
from app.executor.past import Keeping, Past
from app.executor.run import Run
from app.executor.totals import totals_of
from app.sdk.context import Answer, Decision
from app.sdk.errors import NodeError
from tests.flows import (
    Effect,
    ScriptedModels,
    doors,
    events_of,
    flow,
    frame,
    inputs,
    plan,
    settled,
    status,
)
from tests.lives import Lives, answered


def chain(*more: str) -> Workflow:
    """Three models in a line."""
    return flow(
        {"a": "test.source", "m1": "test.model", "m2": "test.model", "m3": "test.model", "r": "test.result"},
        ["a.value>m1.value", "m1.value>m2.value", "m2.value>m3.value", "m3.value>r.value", *more],
    )


def sources(events: Sequence[RunEvent]) -> dict[str, str]:
    return {e.node: e.source for e in events if isinstance(e, NodeSettled) and e.source}


async def test_what_was_recorded_is_not_asked_again() -> None:
    lives = Lives(chain(), price="0.001")
    await lives.cut_after(2)
    asked = list(lives.models.asked)
    execution, events = await lives.run()
    assert status(events) == "done"
    assert execution.outputs == {"result": "re: re: re: x"}
    assert len(lives.models.asked) == 4, "the third was under way at the end, and asked again"
    assert lives.models.asked[:2] == asked[:2]
    assert sources(events) == {"m1": "record", "m2": "record"}
    state = RunState()
    state.apply_all(events)
    assert state.calls == 3, "what was paid for before stands on the bill"
    assert state.cost.known == 3 * 15 * Decimal("0.001")


async def test_a_run_that_was_through_asks_nothing_at_all() -> None:
    lives = Lives(chain())
    await lives.run()
    execution, _ = await lives.run()
    assert len(lives.models.asked) == 3
    assert execution.outputs == {"result": "re: re: re: x"}


async def test_rows_find_their_records_wherever_they_stand() -> None:
    lives = Lives(
        flow(
            {"a": "test.source", "m": "test.model", "r": "test.result"},
            ["a.value>m.value", "m.value>r.value"],
        )
    )
    rows: list[Mapping[str, Json]] = [{"value": f"v{i}"} for i in range(6)]
    await lives.cut_after(4, rows=rows, limits=Limits(rows_at_a_time=1))
    before = set(lives.models.asked)
    lives.models.asked.clear()
    execution, _ = await lives.run(rows=[{"value": "new"}, *rows])
    assert execution.outputs["result"] == [f"re: {row['value']}" for row in [{"value": "new"}, *rows]]
    assert not before.intersection(lives.models.asked)
    assert "new" in lives.models.asked


async def test_equal_rows_each_have_a_record() -> None:
    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    counter = iter(range(100))
    lives = Lives(workflow, ScriptedModels(lambda _: str(next(counter))))
    rows: list[Mapping[str, Json]] = [{"value": "same"}] * 3
    first, _ = await lives.run(rows=rows)
    second, _ = await lives.run(rows=rows)
    assert first.outputs == second.outputs == {"result": ["0", "1", "2"]}


async def test_a_failed_run_tries_its_failure_again() -> None:
    answers = iter([RuntimeError("down"), "fine"])

    def answer(_: str) -> str:
        one = next(answers)
        if isinstance(one, Exception):
            raise one
        return one

    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    lives = Lives(workflow, ScriptedModels(answer))
    _, events = await lives.run()
    assert status(events) == "failed"
    execution, events = await lives.run()
    assert status(events) == "done"
    assert execution.outputs == {"result": "fine"}


async def test_a_failure_that_the_run_lived_with_stays() -> None:
    def answer(_: str) -> str:
        raise RuntimeError("down")

    workflow = flow(
        {
            "a": "test.source",
            "m": Node("m", "test.model", on_error=OnError("fallback", "instead")),
            "m2": "test.model",
            "r": "test.result",
        },
        ["a.value>m.value", "m.value>r.value", "a.value>m2.value"],
    )
    lives = Lives(workflow, ScriptedModels(answer))
    await lives.run()
    asked = len(lives.models.asked)
    _, events = await lives.run()
    assert len(lives.models.asked) == asked + 1, "only the one that ended the run"
    assert sources(events)["m"] == "record"


async def test_failed_rows_stay_failed_until_they_are_to_be_tried_again() -> None:
    bad = {"on": True}

    def answer(text: str) -> str:
        if text == "b" and bad["on"]:
            raise RuntimeError("down")
        return text.upper()

    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    lives = Lives(workflow, ScriptedModels(answer))
    rows: list[Mapping[str, Json]] = [{"value": "a"}, {"value": "b"}]
    first, _ = await lives.run(rows=rows)
    assert first.outputs == {"result": ["A", None]}
    bad["on"] = False
    again, _ = await lives.run(rows=rows)
    assert again.outputs == {"result": ["A", None]}
    asked = len(lives.models.asked)
    third, _ = await lives.run(rows=rows, past=Past(retry_failed=True))
    assert third.outputs == {"result": ["A", "B"]}
    assert len(lives.models.asked) == asked + 1


@pytest.mark.parametrize(("decision", "sent"), [("approved", 0), ("rejected", 1)])
async def test_an_effect_that_nobody_saw_the_end_of_is_asked_about(decision: Decision, sent: int) -> None:
    workflow = flow(
        {"a": "test.source", "e": "test.effect", "r": "test.result"}, ["a.value>e.value", "e.value>r.value"]
    )
    lives = Lives(workflow)
    Effect.done.clear()
    journal = await lives.journal()
    await journal.commit(StepRecord("", "e", "sent", "test.effect", 1, digest_of({"value": "x"})))
    execution = await lives.start()
    events, asked = await answered(execution, decision)
    assert [one.about for one in asked] == ["effect"]
    assert status(events) == "done"
    assert len(Effect.done) == sent


@pytest.mark.parametrize(("decision", "times"), [("approved", 0), ("rejected", 5)])
async def test_a_newer_version_of_a_type_is_asked_about_once(decision: Decision, times: int) -> None:
    workflow = flow(
        {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
    )
    lives = Lives(workflow)
    rows: list[Mapping[str, Json]] = [{"value": str(i)} for i in range(5)]
    await lives.run(rows=rows)
    kept = lives.runs._runs["r"].steps  # noqa: SLF001
    for place, records in kept.items():
        kept[place] = {
            name: structs.replace(record, version=0) if name == "m" else record
            for name, record in records.items()
        }
    lives.models.asked.clear()
    for asks in (["version"], []):  # what people said is known in the next life
        _, asked = await answered(await lives.start(rows=rows), decision)
        assert [one.about for one in asked] == asks
        assert len(lives.models.asked) == times


async def test_other_inputs_than_recorded_are_asked_about() -> None:
    lives = Lives(chain())
    await lives.run()
    lives.more["values"] = {"value": "other"}
    events, asked = await answered(await lives.start(), "approved")
    assert [one.about for one in asked] == ["inputs"]
    assert status(events) == "done"
    assert len(lives.models.asked) == 3


async def test_a_merge_keeps_its_winner_though_the_loser_is_faster_now() -> None:
    race = flow(
        {
            "a": "test.source",
            "x": ("test.step", {"turns": 1, "says": "x"}),
            "y": ("test.step", {"for_ever": True, "says": "y"}),
            "m": "test.merge",
            "after": "test.model",
            "r": "test.result",
        },
        [
            "a.value>x.value",
            "a.value>y.value",
            "x.value>m.values",
            "y.value>m.values",
            "m.value>after.value",
            "after.value>r.value",
        ],
    )
    lives = Lives(race)
    first, _ = await lives.run()
    nodes = dict(race.graph.nodes)
    nodes["x"] = replace(nodes["x"], fields={"for_ever": True, "says": "x"})
    nodes["y"] = replace(nodes["y"], fields={"says": "y"})
    lives.workflow = replace(race, graph=replace(race.graph, nodes=nodes))
    second, events = await lives.run()
    assert first.outputs == second.outputs == {"result": "re: x"}
    assert sum(isinstance(e, NodeSettled) and e.node == "m" for e in events) == 1


def loop_of(turns: int, minutes: float, **more: Json) -> Workflow:
    return flow(
        {
            "a": "test.source",
            "loop": frame(
                "loop",
                "flow.loop",
                {"in": inputs(v="variable"), "m": "test.model", "o": ("output.output", {"name": "v"})},
                ["in.v>m.value", "m.value>o.value"],
                max_turns=turns,
                max_minutes=minutes,
                **more,
            ),
            "r": "test.result",
            "by": ("test.result", {"name": "by"}),
        },
        ["a.value>loop.v", "loop.v>r.value", "loop.ended_by>by.value"],
    )


async def test_a_loop_that_its_time_ended_ends_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lives, seconds = Lives(loop_of(turns=1000, minutes=1)), count()
    with monkeypatch.context() as slow:
        slow.setattr(Run, "now", property(lambda _: float(next(seconds))))
        first, _ = await lives.run()
    asked = len(lives.models.asked)
    assert (first.outputs["by"], 0 < asked < 60) == ("time", True)
    second, _ = await lives.run()
    assert first.outputs == second.outputs
    assert len(lives.models.asked) == asked


async def test_a_loop_that_took_its_turns_takes_them_again_however_long_reading_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lives = Lives(loop_of(turns=5, minutes=60))
    first, _ = await lives.run()
    assert len(lives.models.asked) == 5
    hours = count()
    monkeypatch.setattr(Run, "now", property(lambda _: next(hours) * 3600.0))
    second, _ = await lives.run()
    assert first.outputs == second.outputs
    assert len(lives.models.asked) == 5


async def test_the_time_of_a_loop_goes_on_where_it_was(sleep: Callable[[float], None]) -> None:
    lives = Lives(loop_of(turns=1000, minutes=60))
    answer = lives.models.answer

    def slowly(text: str) -> str:
        sleep(25 * 60)
        return answer(text)

    lives.models.answer = slowly
    await lives.cut_after(2)
    execution, _ = await lives.run(past=Past(elapsed=24 * 3600.0))
    assert execution.outputs == {"by": "time", "result": "re: re: re: x"}, "50 minutes before, 25 now"


async def test_hours_between_two_lives_are_no_time_of_a_loop() -> None:
    broken = True

    def answer(text: str) -> str:
        if text == "re: re: x" and broken:
            raise NodeError("model.key_refused")
        return f"re: {text}"

    lives = Lives(loop_of(turns=5, minutes=60), ScriptedModels(answer))
    rows: list[Mapping[str, Json]] = [{"value": "x"}]
    await lives.run(rows=rows)
    broken = False
    for hours in (3, 48):  # the turn that failed is recorded hours after the ones before it
        past = Past(elapsed=hours * 3600.0, retry_failed=True)
        execution, _ = await lives.run(rows=rows, past=past)
        assert execution.outputs == {"by": ["turns"], "result": ["re: re: re: re: re: x"]}


async def test_a_loop_that_is_given_something_else_is_bound_by_its_limits() -> None:
    lives = Lives(loop_of(turns=20, minutes=60, max_usd=0.01), price="0.000001")
    await lives.cut_after(15)
    asked = len(lives.models.asked)
    lives.more |= {"price": "0.0002", "values": {"value": "other"}}  # 0.003 a turn
    execution = await lives.start()
    await answered(execution, "rejected")
    assert execution.outputs["by"] == "money"
    assert len(lives.models.asked) - asked == 4, "and not as many turns as were recorded"


async def test_a_journal_that_fails_stops_the_run_and_it_goes_on_later() -> None:
    lives = Lives(chain())
    journal = await lives.journal()
    commit = type(journal).commit
    left = {"n": 1}

    async def failing(self: Any, record: StepRecord) -> None:
        left["n"] -= 1
        if left["n"] < 0:
            raise JournalError("journal.full", "/somewhere", "no space left")
        await commit(self, record)

    class Failing(type(journal)):  # type: ignore[misc]
        commit = failing

    journal.__class__ = Failing
    keeping = Keeping(journal)
    execution = Execution(plan(lives.workflow), doors(lives.models), Limits(), "r", {}, keeping=keeping)
    events = await events_of(execution)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "failed"
    assert [problem.code for problem in last.problems] == ["journal.full"]
    kept = len(
        [e for e in events if isinstance(e, NodeSettled) and e.status == "ok" and e.node.startswith("m")]
    )
    assert kept == 1
    left["n"] = 1000
    execution, events = await lives.run()
    assert status(events) == "done"
    assert len(lives.models.asked) <= 4, "the call whose record was lost, and no other"


async def test_pins_stand_in_place_of_the_work() -> None:
    lives = Lives(chain())
    past = Past(pins={"m2": {"value": "pinned"}})
    execution, events = await lives.run(past=past)
    assert execution.outputs == {"result": "re: pinned"}
    assert sources(events)["m2"] == "pin"


async def test_a_dry_run_shows_effects_and_sends_nothing() -> None:
    workflow = flow(
        {"a": "test.source", "e": "test.effect", "r": "test.result"}, ["a.value>e.value", "e.value>r.value"]
    )
    Effect.done.clear()
    _, events = await Lives(workflow).run(past=Past(dry=True))
    assert Effect.done == []
    assert settled(events)["e", ""] == "skipped"
    assert [e.code for e in events if isinstance(e, Message)] == ["dry.not_done"]
    assert status(events) == "done"


async def test_a_dry_run_says_what_would_be_done() -> None:
    nodes = {"a": "test.source", "w": ("data.write_file", {"path": "for-{{name}}.txt"})}
    _, events = await Lives(flow(nodes, ["a.value>w.name", "a.value>w.text"])).run(past=Past(dry=True))
    (told,) = [e for e in events if isinstance(e, Message)]
    assert (told.code, told.args) == ("dry.would", {"what": "for-x.txt"})


class Shelf:
    """A cache in plain memory that takes its time to answer."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}

    async def get(self, key: str) -> Kept | None:
        await asyncio.sleep(0)
        return self.kept.get(key)

    def put(self, key: str, workflow_id: str, node: str, kept: Kept) -> None:
        self.kept[key] = kept

    async def clear(self, workflow_id: str = "", node: str = "") -> int:
        return 0

    async def state(self) -> CacheState:
        return CacheState(len(self.kept))


def asking(policy: CachePolicy = "reuse") -> Workflow:
    return flow(
        {"a": "test.source", "m": Node("m", "test.model", cache=policy), "r": "test.result"},
        ["a.value>m.value", "m.value>r.value"],
    )


async def test_what_is_asked_twice_at_once_is_paid_once() -> None:
    rows: list[Mapping[str, Json]] = [{"value": "same"}] * 20
    lives = Lives(asking(), price="0.001")
    execution, events = await lives.run(rows=rows, cache=Shelf(), limits=Limits(rows_at_a_time=8))
    assert execution.outputs == {"result": ["re: same"] * 20}
    assert len(lives.models.asked) == 1
    state = RunState()
    state.apply_all(events)
    assert state.nodes["m"].sources["cache"] == 19
    assert state.saved.known == 19 * state.cost.known


@pytest.mark.parametrize(("policy", "asked", "kept"), [("reuse", 1, 1), ("fresh", 2, 1), ("never", 2, 0)])
async def test_the_policy_of_a_step(policy: CachePolicy, asked: int, kept: int) -> None:
    shelf, models = Shelf(), ScriptedModels()
    for _ in range(2):
        await Lives(asking(policy), models).run(cache=shelf)
    assert len(models.asked) == asked
    assert len(shelf.kept) == kept


async def test_failures_and_cut_answers_are_not_kept() -> None:
    def answer(_: str) -> str:
        raise RuntimeError("down")

    shelf = Shelf()
    await Lives(asking(), ScriptedModels(answer)).run(cache=shelf)
    assert shelf.kept == {}
    cut = ScriptedModels()
    cut.finish = "length"
    await Lives(asking(), cut).run(cache=shelf)
    assert shelf.kept == {}


async def test_another_model_another_key() -> None:
    shelf, models = Shelf(), ScriptedModels()
    await Lives(asking(), models).run(cache=shelf)
    models.id = "scripted-2"
    await Lives(asking(), models).run(cache=shelf)
    assert len(models.asked) == 2


async def test_what_may_not_be_asked_is_not_remembered_either() -> None:
    shelf = Shelf()
    await Lives(asking()).run(cache=shelf)
    through = replace(doors(), may_ask=lambda _: False)
    execution = Execution(plan(asking()), through, Limits(), "r", {}, keeping=Keeping(cache=shelf))
    assert status(await events_of(execution)) == "failed"


async def test_after_a_crash_the_time_that_counted_is_known_from_the_records(
    sleep: Callable[[float], None],
) -> None:
    """Two hours of work, and a day in which a person was waited for; nobody was left to sum it up."""
    workflow = flow(
        {"a": "test.source", "m1": "test.model", "p": "test.person", "m2": "test.model", "r": "test.result"},
        ["a.value>m1.value", "m1.value>p.value", "p.value>m2.value", "m2.value>r.value"],
    )
    lives = Lives(workflow)
    answer = lives.models.answer

    def slowly(text: str) -> str:
        sleep(3600)
        return answer(text)

    lives.models.answer = slowly
    execution = await lives.start(limits=Limits(time=1e6))
    async for batch in execution.batches():
        if any(isinstance(event, RunPaused) for event in batch):
            sleep(86_400)
            execution.answer("p", "", Answer("approved", "x"))
    _, _, journal = await lives.runs.look("r")
    totals = await totals_of(journal)
    assert 86_400 + 7200 <= totals.until < 86_400 + 7300
    assert 7199 <= totals.timed < 7300

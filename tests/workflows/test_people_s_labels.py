"""What people decide is kept as a label while the run still goes on, and once more where a crash came in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.run_handle import RunHandle
from app.engine import Engine, RunRequest
from app.events.run_events import PersonAsked
from app.hindsight.labels import Label
from app.processes import children
from app.sdk.context import Answer
from app.settings import Preferences, folders
from tests.flows import flow

ROWS = [{"message": "one"}, {"message": "two"}]
NODES = {
    "a": ("intent.ask", {"asked": [{"name": "message"}], "samples": ROWS}),
    "c": ("verifier.check", {"rules": [{"rule": "not_empty"}]}),
    "first": "human.ask_person",
    "second": "human.ask_person",
    "o": ("output.output", {"name": "reply"}),
}
TWICE = flow(
    {**NODES},
    ["a.message>c.value", "c.passed>first.value", "first.approved>second.value", "second.approved>o.value"],
)
ONCE = flow(
    {name: node for name, node in NODES.items() if name != "second"},
    ["a.message>c.value", "c.passed>first.value", "first.approved>o.value"],
)


@pytest.fixture
async def make() -> AsyncIterator[Callable[[], Engine]]:
    made: list[Engine] = []

    def engine() -> Engine:
        made.append(Engine(folders(), Preferences(), children, children.own_command("model-host"), {}))
        return made[-1]

    yield engine
    for one in made:
        await one.close()
    # Runs that were left while they waited would be thrown away at any time, by whoever looks for garbage.
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


async def labels_of(engine: Engine) -> Sequence[Label]:
    return [label for label in await engine.runs.labels.of(TWICE.id) if not label.said]


async def answered(handle: RunHandle, node: str) -> None:
    """Answers one step's question and follows the run until it asks the next one, or to the end."""
    async for batch in handle.batches():
        for event in batch:
            if isinstance(event, PersonAsked):
                if event.node != node:
                    return
                handle.answer(event.node, event.scope, Answer("approved", event.value, who="me"))


async def test_a_decision_is_a_label_before_the_run_is_over(make: Callable[[], Engine]) -> None:
    engine = make()
    handle = await engine.start(RunRequest(TWICE, {"message": "x"}, own=True))
    await answered(handle, "first")
    (label,) = await labels_of(engine)
    assert (label.node, label.word, label.source, label.run, label.who) == (
        "first",
        "good",
        "review",
        handle.id,
        "me",
    )


async def test_a_row_s_decision_is_a_label_when_the_row_is_through(make: Callable[[], Engine]) -> None:
    engine = make()
    request = RunRequest(ONCE, rows="samples", own=True, rows_at_a_time=1)
    handle = await engine.start(request)
    async for batch in handle.batches():
        asked = [event for event in batch if isinstance(event, PersonAsked)]
        if any(event.scope == "#1" for event in asked):
            break
        for event in asked:
            handle.answer(event.node, event.scope, Answer("rejected", event.value))
    assert [(one.scope, one.word) for one in await labels_of(engine)] == [("#0", "bad")]


async def test_what_a_crash_came_before_is_a_label_after_the_next_life(make: Callable[[], Engine]) -> None:
    engine = make()
    handle = await engine.start(RunRequest(TWICE, {"message": "x"}, own=True))
    await answered(handle, "first")
    (label, *others) = await labels_of(engine)
    every = await engine.runs.labels.of(TWICE.id)
    await engine.runs.labels.drop(every)  # as if it had ended behind the record of the answer, before this
    await engine.close()
    later = make()
    await answered(await later.resume(handle.id), "second")
    found = {one.node: one for one in await labels_of(later)}
    assert (set(found), others) == ({"first", "second"}, [])
    assert (found["first"].subject, found["first"].word, found["first"].who) == (
        label.subject,
        label.word,
        "me",
    )


async def test_a_decision_stays_with_its_row_where_the_table_has_changed(
    make: Callable[[], Engine], tmp_path: Path
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("message\none\ntwo\n", "utf-8")
    request = RunRequest(TWICE, rows=str(table), own=True, rows_at_a_time=1)
    engine = make()
    handle = await engine.start(request)
    async for batch in handle.batches():
        for event in batch:
            if isinstance(event, PersonAsked):
                if event.node == "second":  # row "one" isn't through
                    handle.stop()
                else:
                    handle.answer(event.node, event.scope, Answer("approved", event.value, who="me"))
    await engine.close()
    table.write_text("message\nzero\none\ntwo\n", "utf-8")
    later = make()
    handle = await later.resume(handle.id)
    async for batch in handle.batches():
        for event in batch:
            if isinstance(event, PersonAsked):
                handle.answer(event.node, event.scope, Answer("rejected", event.value, who="you"))
    first = [one for one in await labels_of(later) if one.node == "first"]
    assert sorted((one.scope, one.shown, one.word, one.who) for one in first) == [
        ("#0", "zero", "bad", "you"),
        ("#1", "one", "good", "me"),
        ("#2", "two", "bad", "you"),
    ]


async def test_a_decision_is_dated_by_when_it_was_made(make: Callable[[], Engine]) -> None:
    """The run began, lay closed, was opened again and answered: what was said in between is older than the answer."""
    engine = make()
    begun = await engine.start(RunRequest(TWICE, {"message": "x"}, own=True))
    async for batch in begun.batches():
        if any(isinstance(event, PersonAsked) for event in batch):
            break
    await engine.close()
    second = make()
    between = time.time()
    handle = await second.resume(begun.id)
    await answered(handle, "first")
    (label,) = await labels_of(second)
    # As if it had ended behind the record of the answer, and somebody had said something else before that.
    await second.runs.labels.put([replace(label, word="bad", source="rating", at=between)])
    await second.close()
    third = make()
    await answered(await third.resume(handle.id), "second")
    (still,) = [one for one in await labels_of(third) if one.node == "first"]
    assert (still.word, still.source) == ("good", "review")
    assert between < still.at <= label.at


async def test_what_was_said_since_stays(make: Callable[[], Engine]) -> None:
    engine = make()
    handle = await engine.start(RunRequest(TWICE, {"message": "x"}, own=True))
    await answered(handle, "first")
    (label,) = await labels_of(engine)
    await engine.runs.labels.put([replace(label, word="bad", source="rating")])
    await engine.close()
    later = make()
    await answered(await later.resume(handle.id), "second")
    (still,) = [one for one in await labels_of(later) if one.node == "first"]
    assert (still.word, still.source) == ("bad", "rating")

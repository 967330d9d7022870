"""Rows that are changed, moved or taken away between two lives of a run: no result stands for another row, and history
counts the same as the run's end.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.document.json_codec import write
from app.document.workflow import Json
from app.events.run_events import ModelCalled
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import RunHead, RunStore
from app.executor.past import Keeping, Past
from app.executor.recalled import past_events
from app.executor.totals import totals_of
from app.sdk.context import RunContext
from app.sdk.errors import NodeError
from app.sdk.node_type import NodeType
from app.sdk.spec import spec_of
from tests.flows import (
    SPECS,
    NoFields,
    OneValue,
    OptionalValue,
    ScriptedModels,
    doors,
    flow,
    frame,
    inputs,
    plan,
    rows_of,
    start,
)

WORKFLOW = flow(
    {"a": "test.source", "m": "test.model", "r": "test.result"}, ["a.value>m.value", "m.value>r.value"]
)


@dataclass
class Lives:
    """One run over rows that other people change. A row whose text begins with "bad" fails."""

    runs: RunStore
    asked: int = 0
    begun: bool = False
    models: ScriptedModels = field(init=False)

    def __post_init__(self) -> None:
        def answer(text: str) -> str:
            self.asked += 1
            if text.startswith("bad"):
                raise ValueError(text)
            return f"re: {text}"

        self.models = ScriptedModels(answer)

    async def live(
        self, texts: Sequence[str], *, calls: int = 0, stop_after: int | None = None, at_a_time: int = 1
    ) -> tuple[Execution, RunState]:
        """`calls`: after so many in this life it is stopped."""
        rows: list[Mapping[str, Json]] = [{"value": text} for text in texts]
        source: Any = rows_of(rows)
        head = RunHead("r", WORKFLOW.id, "Test", "d", "", write(WORKFLOW).decode(), rows=len(rows))
        journal: Any
        if self.begun:
            _, _, journal = await self.runs.reopen("r")
        else:
            journal = await self.runs.begin(head)
        self.begun = True
        totals = await totals_of(journal)
        past = Past(spent=totals.cost, usage=totals.usage, calls=totals.calls)
        limits = Limits(rows_at_a_time=at_a_time, stop_after=stop_after)
        through, keeping = doors(self.models, "0.001"), Keeping(journal, None, past)
        execution = Execution(plan(WORKFLOW), through, limits, "r", {}, source, len(rows), keeping)
        state, made = RunState(), 0
        last: Any = None
        async for batch in execution.batches():
            state.apply_all(batch)
            made += sum(isinstance(event, ModelCalled) and event.source != "record" for event in batch)
            last = batch[-1]
            if calls and made >= calls:
                execution.stop()
        await self.runs.summarise("r", execution.summary(last))
        await self.runs.leave("r")
        return execution, state

    async def checked(self, texts: Sequence[str], live: RunState) -> RunState:
        """As history tells it, after it was compared with the run's end and with the rows."""
        head, summary, journal = await self.runs.look("r")
        items = await journal.items("", 0, 1000)
        for item in items:
            text = texts[item.number]
            assert item.values == {"value": text}
            assert item.status == ("failed" if text.startswith("bad") else "done")
            assert item.outputs == ({"result": f"re: {text}"} if item.status == "done" else {})
        past = RunState()
        async for batch in past_events(head, summary, journal):
            past.apply_all(batch)
        (line,) = await self.runs.lines()
        counts = [state.rows_done for state in (live, past)] + [summary.rows_done, line.summary.rows_done]
        assert counts == [sum(item.status == "done" for item in items)] * 4
        counts = [state.rows_failed for state in (live, past)] + [summary.rows_failed]
        assert counts == [sum(item.status == "failed" for item in items)] * 3
        assert (past.rows, line.rows) == (live.rows, live.rows)
        assert past.rows_begun <= live.rows_begun
        for name, node in live.nodes.items():
            told = past.nodes[name]
            # A row that was stopped may have steps that were just being recorded, or were in an earlier life.
            assert abs(node.ok - told.ok) + abs(node.failed - told.failed) <= live.rows_cancelled, name
        assert past.calls == self.asked, "what was asked for rows that are gone was paid for"
        return past


async def test_a_changed_row_has_no_result_before_it_is_through(runs: RunStore) -> None:
    lives = Lives(runs)
    _, state = await lives.live(["A", "B", "bad1", "C"], stop_after=1)
    await lives.checked(["A", "B", "bad1", "C"], state)
    changed = ["A2", "B", "bad1", "C"]
    execution, state = await lives.live(changed, stop_after=1)
    await lives.checked(changed, state)
    assert list(execution.outputs["result"]) == ["re: A2", "re: B", None]  # type: ignore[arg-type]
    _, state = await lives.live(["A3", *changed[1:]], calls=1)
    past = await lives.checked(["A3", *changed[1:]], state)
    assert all(instance.node != "m" or scope != "#1" for (_, scope), instance in past.instances.items())


async def test_rows_that_were_taken_away_count_no_more(runs: RunStore) -> None:
    lives = Lives(runs)
    await lives.live(["A", "B", "bad1", "C", "bad2", "D"])
    asked = lives.asked
    execution, state = await lives.live(["C", "D"])
    past = await lives.checked(["C", "D"], state)
    assert (past.rows, past.rows_done, past.rows_failed) == (2, 2, 0)
    assert list(execution.outputs["result"]) == ["re: C", "re: D"]  # type: ignore[arg-type]
    assert lives.asked == asked
    assert {scope for _, scope in past.instances} == {"#0", "#1"}
    assert past.instances["m", "#0"].settled.outputs["value"].text == "re: C"  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(12))
async def test_history_agrees_with_the_rows_whatever_becomes_of_them(runs: RunStore, seed: int) -> None:
    dice = random.Random(seed)
    lives = Lives(runs)
    texts = [dice.choice(["bad", "", "same", f"v{i}"]) or f"w{i}" for i in range(12)]
    for _ in range(4):
        _, state = await lives.live(
            texts,
            calls=dice.choice([0, 1, 3]),
            stop_after=dice.choice([None, 2]),
            at_a_time=dice.choice([1, 3]),
        )
        await lives.checked(texts, state)
        for _ in range(dice.randrange(4)):
            at, what = dice.randrange(len(texts)), dice.choice(["insert", "remove", "change", "move"])
            if what == "insert":
                texts.insert(at, f"new{dice.random()}")
            elif what == "change":
                texts[at] = dice.choice(["bad", f"other{dice.random()}"])
            elif what == "move":
                texts.append(texts.pop(at))
            elif len(texts) > 2:
                del texts[at]
    _, state = await lives.live(texts)
    past = await lives.checked(texts, state)
    assert past.rows_done + past.rows_failed == len(texts)


class Waits(NodeType[NoFields, OptionalValue, OneValue]):
    """Never comes back in the first life of a run, and at once in every later one."""

    id = "test.waits"
    title = "Waits"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"
    effect = "read"
    lives = 0

    async def run(self, fields: NoFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        if type(self).lives <= 1:
            await asyncio.Event().wait()
        return OneValue("other")


class Counts(NodeType[NoFields, OptionalValue, OneValue]):
    """Goes through a list; the first time it fails behind it."""

    id = "test.counts"
    title = "Counts"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"
    effect = "read"

    async def run(self, fields: NoFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        count = sum(1 for _ in inputs.value)
        if Waits.lives <= 1:
            raise NodeError("test.refused")
        return OneValue(count)


async def test_a_long_list_that_a_merge_took_stays_when_its_elements_are_read_anew(runs: RunStore) -> None:
    body = {"in": inputs(item="item"), "m": "test.model", "o": ("output.output", {"name": "result"})}
    each = frame("each", "flow.for_each", body, ["in.item>m.value", "m.value>o.value"])
    nodes = {
        "list": "test.source",
        "each": each,
        "other": "test.waits",
        "merge": "test.merge",
        "counts": "test.counts",
        "r": "test.result",
    }
    joined = ["list.value>each.items", "each.result>merge.values", "list.value>other.value"]
    joined += ["other.value>merge.values", "merge.value>counts.value", "counts.value>r.value"]
    specs = {**SPECS, "test.waits": spec_of(Waits), "test.counts": spec_of(Counts)}
    models, workflow = ScriptedModels(), flow(nodes, joined)
    await runs.begin(RunHead("r", "w", "W", "d", "2026-01-01", write(workflow).decode()))
    came: list[object] = []
    for life in (1, 2, 3):
        Waits.lives = life
        await runs.leave("r")
        _, _, journal = await runs.reopen("r")
        values = {"value": [f"e{n}" for n in range(1100)]}
        going = start(workflow, values=values, specs=specs, keeping=Keeping(journal), through=doors(models))
        async for _ in going.batches():
            pass
        came.append(going.outputs.get("result"))
    assert came == [None, 1100, 1100], "what it decided stands, though its other way is faster now"
    assert len(models.asked) == 1100

"""A forecast knows what the cache has: what was answered before costs nothing, here, behind it, and over rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from app.document.workflow import Json, Workflow
from app.engine import Engine, RunRequest
from app.events.run_events import RunFinished
from app.executor.broker import own_grants
from app.forecast.forecast import Forecast
from app.processes import children
from app.settings import Preferences, folders
from nodes.data.compress import Compress
from nodes.data.template import Template
from tests.flows import flow
from tests.servers.scripted import KEY, ScriptedServer

MODEL = {"connection": "B", "kind": "openai_compatible", "model": "tiny-1"}


class Bench:
    """An engine, the server that it asks, and a folder."""

    def __init__(self, engine: Engine, server: ScriptedServer, folder: Path) -> None:
        self.engine = engine
        self.server = server
        self.folder = folder

    async def run(self, workflow: Workflow, values: Mapping[str, Json], rows: str = "") -> None:
        wish = RunRequest(workflow, values=values, rows=rows, own=True, folder=self.folder)
        handle = await self.engine.start(wish)
        ends = [
            event async for batch in handle.batches() for event in batch if isinstance(event, RunFinished)
        ]
        assert [end.status for end in ends] == ["done"]

    async def ahead(
        self, workflow: Workflow, values: Mapping[str, Json], rows: str = "", *, own: bool = True, **more: Any
    ) -> Forecast:
        plan = self.engine.check(workflow, self.folder).plan
        assert plan is not None
        asked = len(self.server.asked)
        made = await self.engine.forecast(plan, values, rows, self.folder, own=own, **more)
        assert len(self.server.asked) == asked, "a forecast asks nobody"
        return made


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with ScriptedServer() as server:
        environment = {
            "BATON_CONN_B_KIND": "openai_compatible",
            "BATON_CONN_B_URL": server.url("openai"),
            "BATON_CONN_B_KEY": KEY,
            "BATON_CONN_B_MODEL": "tiny-1",
        }
        command = children.own_command("model-host")
        engine = Engine(folders(), Preferences(), children, command, environment)
        yield Bench(engine, server, tmp_path)
        await engine.close()


def two_steps(second: str = "Say more about {{text}} and {{message}}") -> Workflow:
    nodes: dict[str, Any] = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "a": ("model.text", {"prompt": "Sort {{text}}", "model": MODEL}),
        "words": ("data.template", {"text": "so: {{said}}"}),
        "b": ("model.text", {"prompt": second, "model": MODEL}),
    }
    edges = ["ask.message>a.text", "a.text>words.said", "words.text>b.text"]
    return flow(nodes, [*edges, "ask.message>b.message"] if "{{message}}" in second else edges)


async def test_what_was_answered_before_costs_nothing(bench: Bench) -> None:
    workflow, values = two_steps(), {"message": "one"}
    assert (await bench.ahead(workflow, values)).kept == 0
    await bench.run(workflow, values)
    again = await bench.ahead(workflow, values)
    assert (again.kept, again.total.calls.high, again.total.tokens.high, again.total.seconds.high) == (
        2,
        0,
        0,
        0,
    )
    for made in (
        await bench.ahead(workflow, {"message": "another"}),
        await bench.ahead(workflow, {}),
        await bench.ahead(workflow, values, fresh=True),
        await bench.ahead(workflow, values, from_past=False),
    ):
        assert made.kept == 0
        assert made.total.calls.low == 2


async def test_a_step_that_was_changed_is_asked_again_and_those_before_it_are_not(bench: Bench) -> None:
    values = {"message": "one"}
    await bench.run(two_steps(), values)
    made = await bench.ahead(two_steps("Say less about {{text}}"), values)
    assert made.kept == 1
    assert (made.steps["a"].amounts.calls.high, made.steps["b"].amounts.calls.low) == (0, 1)


async def test_rows_that_were_run_before_are_told_from_new_ones(bench: Bench) -> None:
    workflow = two_steps()
    table = bench.folder / "t.csv"
    table.write_text("message\n" + "".join(f"number {n}\n" for n in range(4)), encoding="utf-8")
    await bench.run(workflow, {}, "t.csv")
    assert (await bench.ahead(workflow, {}, "t.csv")).kept == 8
    table.write_text("message\n" + "".join(f"number {n}\n" for n in range(8)), encoding="utf-8")
    half = await bench.ahead(workflow, {}, "t.csv")
    assert half.kept == 8
    assert (half.total.calls.low, half.total.calls.high) == (8, 8), "four new rows of two steps"


async def test_a_cascade_counts_only_where_all_that_it_asks_is_kept(bench: Bench) -> None:
    def cascade(need: str) -> Workflow:
        rows = [{"model": MODEL}, {"model": {**MODEL, "model": "big-2"}}]
        rules = [{"rule": "contains", "value": need}]
        fields = {"prompt": "Answer {{text}}", "models": rows, "rules": rules, "none_passed": "answer"}
        return flow(
            {"ask": ("intent.ask", {"asked": [{"name": "message"}]}), "n": ("model.cascade", fields)},
            ["ask.message>n.text"],
        )

    values = {"message": "one"}
    await bench.run(cascade("Hello"), values)
    assert (await bench.ahead(cascade("Hello"), values)).kept == 1
    assert (await bench.ahead(cascade("there"), values)).kept == 1, "another rule, the same answer"
    assert (await bench.ahead(cascade("nowhere"), values)).kept == 0, "the second model was never asked"


async def test_the_next_turn_of_a_conversation_is_not_kept(bench: Bench) -> None:
    asked = {"asked": [{"name": "message"}, {"name": "customer"}]}
    nodes: dict[str, Any] = {
        "ask": ("intent.ask", asked),
        "chat": ("model.chat", {"model": MODEL, "summarise": False}),
    }
    workflow = flow(nodes, ["ask.message>chat.message", "ask.customer>chat.conversation"])
    values = {"message": "yes", "customer": "anna"}
    await bench.run(workflow, values)
    made = await bench.ahead(workflow, values)
    assert (made.kept, made.total.calls.low) == (0, 1), "it sees the turn before, which the first did not"
    before = len(bench.server.asked)
    await bench.run(workflow, values)
    assert len(bench.server.asked) == before + 1


async def test_steps_of_a_workflow_that_nobody_reviewed_are_not_computed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    workflow, values = two_steps(), {"message": "one"}
    await bench.run(workflow, values)
    computed = _computings(monkeypatch, Template)
    assert (await bench.ahead(workflow, values, own=False)).kept == 0
    assert not computed
    plan = bench.engine.check(workflow, bench.folder).plan
    assert plan is not None
    bench.engine.reviewed.remember(plan.digest, own_grants(plan))
    assert (await bench.ahead(workflow, values, own=False)).kept == 2
    assert computed


async def test_what_takes_long_to_compute_stays_unknown(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes: dict[str, Any] = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "less": ("data.compress", {"target": 500}),
        "a": ("model.text", {"prompt": "Sort {{text}}", "model": MODEL}),
    }
    workflow = flow(nodes, ["ask.message>less.text", "less.text>a.text"])
    parts = range(1500)
    rows = [
        "\n\n".join(f"Invoice {part} of {row} is about {part * row} euros." for part in parts)
        for row in range(20)
    ]
    table = "message\n" + "".join(f'"{row}"\n' for row in rows)
    (bench.folder / "t.csv").write_text(table, encoding="utf-8")
    computed = _computings(monkeypatch, Compress)
    assert (await bench.ahead(workflow, {}, "t.csv")).kept == 0
    assert 0 < len(computed) < len(rows), "of the rest nobody knows"


async def test_others_have_their_turns_between_two_steps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes: dict[str, Any] = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "b": ("data.template", {"text": "so: {{said}}"}),
        "c": ("data.template", {"text": "well: {{said}}"}),
        "a": ("model.text", {"prompt": "Sort {{text}}", "model": MODEL}),
    }
    workflow = flow(nodes, ["ask.message>b.said", "b.text>c.said", "c.text>a.text"])
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    computed = _computings(monkeypatch, Template, lambda: turns)
    beside = asyncio.create_task(neighbour())
    await bench.ahead(workflow, {"message": "one"})
    beside.cancel()
    first, second = computed
    assert second > first


def _computings(
    monkeypatch: pytest.MonkeyPatch, node: type[Any], now: Callable[[], int] = lambda: 0
) -> list[int]:
    """What `now` gave each time that a step of this type began, from here on."""
    seen, really = list[int](), node.run

    async def run(self: object, *args: object) -> object:
        seen.append(now())
        return await really(self, *args)

    monkeypatch.setattr(node, "run", run)
    return seen

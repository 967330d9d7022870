"""Structured output and Agent before a server that says broken JSON: nothing crashes, nothing half right comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.adapters.outside import Outside
from app.costs.cost import FREE
from app.document.workflow import Json, Node
from app.events.run_events import NodeSettled, RunFinished
from app.executor.doors import Doors, Limits
from app.processes import children
from app.settings import Preferences, folders
from tests import flows
from tests.servers.answers import Answer
from tests.servers.malformed import broken_answers, broken_calls
from tests.servers.scripted import KEY, ScriptedServer

GOOD = {"topic": "parking", "urgent": False}
ROWS = 700
MODEL: Json = {"connection": "T", "kind": "openai_compatible", "model": "tiny-1"}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def through(server: ScriptedServer) -> AsyncIterator[Doors]:
    environment = {"BATON_CONN_T_URL": server.url("openai"), "BATON_CONN_T_KEY": KEY}
    environment["BATON_CONN_T_MODEL"] = "tiny-1"
    command = children.own_command("model-host")
    outside = Outside(folders(), Preferences(), children, command, environment)
    nothing: Any = None
    yield Doors(outside.models, nothing, nothing, lambda _: True, lambda *_: FREE, lambda *_: None)
    await outside.close()


async def test_each_answer_is_taken_repaired_or_fails_with_a_reason(
    server: ScriptedServer, through: Doors
) -> None:
    """Every row begins with a broken answer; what it is told then is drawn anew."""
    drawn = broken_answers(20_261_130, 3 * ROWS, GOOD)
    server.say(*(answer for _, answer in drawn))
    server.default = Answer('{"topic": "late", "urgent": true}')
    workflow = flows.flow(
        {
            "in": "test.source",
            "ask": ("model.structured", {"prompt": "{{text}}", "model": MODEL}),
            "out": "test.result",
            "wrong": ("test.result", {"name": "wrong"}),
        },
        ["in.value>ask.text", "ask.value>out.value", "ask.error>wrong.value"],
    )
    rows = [{"value": f"letter {number}"} for number in range(ROWS)]
    execution, events = await flows.run(workflow, rows=rows, limits=Limits(rows_at_a_time=4), through=through)
    assert flows.status(events) == "done"
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    settled = [event for event in events if isinstance(event, NodeSettled) and event.node == "ask"]
    assert len(settled) == ROWS
    counts: Counter[str] = Counter()
    for event in settled:
        if event.status == "ok":
            counts["taken at once" if event.calls == 1 else f"repaired by call {event.calls}"] += 1
        else:
            assert event.failure is not None
            assert event.failure.code.startswith("structured."), event.failure
            assert event.calls == 3
            counts[event.failure.code] += 1
    print(f"\n{len(server.asked)} answers for {ROWS} rows: {dict(counts.most_common())}")
    assert counts["taken at once"]
    assert counts["repaired by call 2"]
    assert counts["structured.wrong_shape"]
    for value in filter(None, execution.outputs["result"]):  # type: ignore[arg-type]
        assert isinstance(value, dict)
        assert value.keys() == GOOD.keys()
        assert isinstance(value["topic"], str)
        assert isinstance(value["urgent"], bool)
    wrong = [value for value in execution.outputs["wrong"] if value]  # type: ignore[union-attr]
    assert all(record["code"].startswith("structured.") for record in wrong)  # type: ignore[index,union-attr]
    assert len(wrong) == sum(n for name, n in counts.items() if name.startswith("structured."))


async def test_broken_calls_of_tools_are_told_to_the_model_or_fail_with_a_reason(
    server: ScriptedServer, through: Doors
) -> None:
    rows = 600
    server.say(*(answer for _, answer in broken_calls(7, 2 * rows, "count", {"word": "a", "n": 1})))
    server.default = Answer("Done.")
    count = Node("count", "data.template", title="count", fields={"text": "{{word}} {{n}}"})
    tools = flows.frame("agent", "flow.agent", {"count": count}, [], model=MODEL, max_turns=4)
    workflow = flows.flow(
        {
            "in": "test.source",
            "agent": tools,
            "out": "test.result",
            "wrong": ("test.result", {"name": "wrong"}),
        },
        ["in.value>agent.task", "agent.text>out.value", "agent.error>wrong.value"],
    )
    given = [{"value": f"task {number}"} for number in range(rows)]
    _, events = await flows.run(workflow, rows=given, limits=Limits(rows_at_a_time=4), through=through)
    assert flows.status(events) == "done"
    counts: Counter[str] = Counter()
    for event in events:
        if isinstance(event, NodeSettled) and event.node == "agent":
            assert event.failure is None or event.failure.code.startswith(("agent.", "model.")), event.failure
            counts[event.failure.code if event.failure else "answered"] += 1
    counts.update(
        f"calls of the tool: {how}" for (node, _), how in flows.settled(events).items() if node == "count"
    )
    told = Counter(
        message["content"].partition('"')[0].partition("[")[0][:48]
        for asked in server.asked
        for message in asked.body["messages"]
        if message["role"] == "tool"
    )
    print(f"\n{len(server.asked)} answers for {rows} rows: {dict(counts)}; the model was told {dict(told)}")
    assert counts["answered"] + sum(n for name, n in counts.items() if "." in name) == rows
    assert counts["calls of the tool: ok"]
    assert not counts["calls of the tool: failed"]
    assert any("no tool" in words for words in told)
    assert any("can't be read" in words for words in told)
    assert any("missing arguments" in words for words in told)

"""A run told again from its records comes to what it came to when it was followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from app.document.json_codec import write
from app.document.workflow import Json, Workflow
from app.events.run_state import RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.journal import RunHead, RunSummary
from app.executor.memory_journal import MemoryRuns
from app.executor.past import Keeping
from app.executor.recalled import past_events, place_of, recorded_value
from tests.flows import ScriptedModels, doors, events_of, flow, frame, inputs, plan, rows_of

LONG = "long " * 1000
ASKS = {"a": "test.source", "m": "test.model", "r": "test.result"}
EDGES = ["a.value>m.value", "m.value>r.value"]


async def told(
    workflow: Workflow,
    rows: Sequence[Mapping[str, Json]] | None = None,
    models: ScriptedModels | None = None,
    values: Mapping[str, Json] | None = None,
) -> tuple[RunState, RunState, Any]:
    """The state while it went on, the state from the records, and the journal."""
    runs = MemoryRuns()
    head = RunHead(
        "r", workflow.id, "Test", "d", "", write(workflow).decode(), rows=len(rows) if rows else None
    )
    journal = await runs.begin(head)
    source: Any = rows_of(rows) if rows else None
    execution = Execution(
        plan(workflow),
        doors(models or ScriptedModels(), "0.001"),
        Limits(),
        "r",
        values or {},
        source,
        len(rows) if rows else None,
        Keeping(journal),
    )
    live = RunState()
    events = await events_of(execution)
    live.apply_all(events)
    summary: RunSummary = execution.summary(events[-1])  # type: ignore[arg-type]
    again = RunState()
    async for batch in past_events(head, summary, journal):
        again.apply_all(batch)
    return live, again, journal


def same(live: RunState, again: RunState) -> None:
    for name in ("status", "usage", "cost", "calls", "rows_done", "rows_failed", "saved"):
        assert getattr(again, name) == getattr(live, name), name
    assert {name: text.text for name, text in again.outputs.items()} == {
        name: text.text for name, text in live.outputs.items()
    }
    for name, node in live.nodes.items():
        other = again.nodes[name]
        assert (other.ok, other.failed, other.skipped, other.calls, other.usage, other.cost) == (
            node.ok,
            node.failed,
            node.skipped,
            node.calls,
            node.usage,
            node.cost,
        ), name


async def test_a_single_run() -> None:
    same(*(await told(flow(ASKS, EDGES)))[:2])


async def test_rows_with_failures() -> None:
    def answer(text: str) -> str:
        if text == "v1":
            raise ValueError("no")
        return f"re: {text}"

    models = ScriptedModels(answer)
    live, again, _ = await told(flow(ASKS, EDGES), [{"value": f"v{i}"} for i in range(5)], models)
    assert (again.rows, again.rows_done, again.rows_failed) == (5, 4, 1)
    assert again.rows_settled[1].failure == live.rows_settled[1].failure
    assert again.rows_settled[1].node == "m"
    assert again.cost == live.cost


async def test_what_was_skipped_is_known_though_no_record_says_so() -> None:
    nodes = {
        "a": "test.source",
        "if": "test.branch",
        "r": "test.result",
        "s": ("test.result", {"name": "other"}),
    }
    edges = ["a.value>if.value", "if.yes>r.value", "if.no>s.value"]
    live, again, _ = await told(flow(nodes, edges), [{"value": "x" if i < 3 else "y"} for i in range(5)])
    assert [live.nodes[name].skipped for name in nodes] == [0, 0, 2, 3]
    same(live, again)
    live, again, _ = await told(flow(nodes, edges), [{"value": "y"} for _ in range(3)])
    assert (live.nodes["r"].status, again.nodes["r"].status) == ("skipped", "skipped")
    same(live, again)


async def test_steps_within_a_frame_and_its_elements() -> None:
    body = frame(
        "f",
        "flow.for_each",
        {"i": inputs(item="item"), "m": "test.model", "o": ("output.output", {"name": "said"})},
        ["i.item>m.value", "m.value>o.value"],
    )
    nodes = {"a": "test.source", "f": body, "r": "test.result"}
    workflow = flow(nodes, ["a.value>f.items", "f.said>r.value"])
    live, again, journal = await told(workflow, values={"value": ["x", "y", "z"]})
    assert live.nodes["m"].calls == again.nodes["m"].calls > 0
    assert (again.frames["f"].done, again.cost) == (live.frames["f"].done, live.cost)
    assert again.nodes["m"].cost == live.cost
    key = await place_of(journal, "f#0")
    assert key.startswith("f#")
    assert key != "f#0"


async def test_a_whole_value_is_found_by_its_reference() -> None:
    models = ScriptedModels(lambda text: text + LONG)
    _, again, journal = await told(flow(ASKS, EDGES), [{"value": "x"}, {"value": "y"}], models)
    instance = again.instances["m", "#1"].settled
    assert instance is not None
    shown = instance.outputs["value"]
    assert shown.ref
    assert await recorded_value(journal, shown.ref) == "y" + LONG
    with pytest.raises(KeyError):
        await recorded_value(journal, "#1|nobody|value")


async def test_a_run_that_was_cut_off_has_stopped() -> None:
    workflow = flow(ASKS, EDGES)
    runs = MemoryRuns()
    head = RunHead("r", workflow.id, "Test", "d", "", write(workflow).decode())
    journal = await runs.begin(head)
    state = RunState()
    async for batch in past_events(head, RunSummary("running"), journal):
        state.apply_all(batch)
    assert state.status == "cancelled"
    assert set(state.nodes) == set(ASKS)

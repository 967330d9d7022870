"""An agent on the model that comes with Baton: it calls its tool by form, reads what came, and ends with an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.engine import Engine
from app.events.run_events import Message, ModelCalled, RunEvent
from app.events.run_state import RunState
from app.executor.run_request import RunRequest
from app.processes import children
from app.settings import Preferences, folders

pytestmark = pytest.mark.xdist_group("embedded")
CITIES = ("Oslo", "Paris", "Cairo", "London")
TURNS = 2


def flow() -> Workflow:
    tool = Node("tool", "data.template", title="weather", fields={"text": "4 °C and rain in {{city}}"})
    fields: dict[str, Any] = {
        "task": "What is the weather in {{city}}?",
        "model": {"role": "small"},
        "max_turns": TURNS,
        "max_tokens": 80,
    }
    nodes = {
        "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "city"}]}),
        "agent": Node("agent", "flow.agent", fields=fields, body=Graph({"tool": tool})),
        "out": Node("out", "output.output"),
    }
    edges = (
        Edge(PortRef("ask", "city"), PortRef("agent", "city")),
        Edge(PortRef("agent", "text"), PortRef("out", "value")),
    )
    return Workflow("w", "Weather", graph=Graph(nodes, edges))


async def test_an_agent_on_the_built_in_model_calls_its_tool_and_answers(
    tmp_path: Path, record_property: Any
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("city\n" + "".join(f"{city}\n" for city in CITIES))
    engine = Engine(folders(), Preferences(threads=1), children, children.own_command("model-host"), {})
    state, events = RunState(), list[RunEvent]()
    try:
        handle = await engine.start(
            RunRequest(flow(), rows=str(table), rows_at_a_time=2, own=True, fresh=True)
        )
        async for batch in handle.batches():
            for event in batch:
                state.apply(event)
                events.append(event)
    finally:
        await engine.close()
    # Its words are drawn: one may be so long that it is cut off within a call, which is said.
    failures = [row.failure.code for row in state.rows_settled.values() if row.failure is not None]
    assert (state.status, state.rows_done + len(failures)) == ("done", len(CITIES))
    assert set(failures) <= {"model.calls_cut"}
    assert state.rows_done
    told = [event for event in events if isinstance(event, Message) and event.code == "agent.calls"]
    asked = [event for event in events if isinstance(event, ModelCalled)]
    assert told, "no row called the tool"
    assert {event.args["tool"] for event in told} == {"weather"}
    assert all(json.loads(str(event.args["arguments"])).keys() == {"city"} for event in told)
    assert len(CITIES) < len(asked) <= len(CITIES) * TURNS
    assert all(event.usage is not None for event in asked)
    cost = state.cost
    assert cost.known == 0
    record_property(
        "counted", f"agents on the built-in model: {len(asked)} turns, {len(told)} calls of a tool"
    )

"""A model host that is killed in the middle of calls costs an attempt: the steps try again, and the run ends well."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import pytest

from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.engine import Engine
from app.events.run_events import ModelCalled, NodeStarted, Retrying, RunEvent
from app.events.run_state import RunState
from app.executor.run_request import RunRequest
from app.processes import children
from app.settings import Preferences, folders
from tests.unit.processes.processes_seen import gone_within

pytestmark = [
    pytest.mark.xdist_group("embedded"),
    pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is POSIX"),
]
KILLS = 2


async def test_steps_try_again_when_the_model_under_them_is_killed(tmp_path: Any) -> None:
    fields: dict[str, Any] = {"prompt": "{{text}}", "max_tokens": 30, "model": {"role": "small"}}
    nodes = {
        "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
        "model": Node("model", "model.text", fields=fields),
    }
    flow = Workflow(
        "w", "w", graph=Graph(nodes, (Edge(PortRef("ask", "message"), PortRef("model", "text")),))
    )
    table = tmp_path / "rows.csv"
    table.write_text("message\n" + "".join(f"Tell a story of {number}\n" for number in range(6)))
    engine = Engine(folders(), Preferences(threads=1), children, children.own_command("model-host"), {})
    model = engine.outside.local_models.names()[0]
    state, events, killed = RunState(), list[RunEvent](), set[int]()
    try:
        handle = await engine.start(RunRequest(flow, rows=str(table), rows_at_a_time=2, own=True, fresh=True))
        async for batch in handle.batches():
            for event in batch:
                state.apply(event)
                events.append(event)
            pid = engine.outside.local_models.pid(model)
            begun = any(isinstance(event, NodeStarted) and event.node == "model" for event in events)
            if begun and pid is not None and pid not in killed and len(killed) < KILLS:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
                assert gone_within(60, pid)
    finally:
        await engine.close()
    assert len(killed) == KILLS
    assert (state.status, state.rows_done, state.rows_failed) == ("done", 6, 0)
    tries = [event for event in events if isinstance(event, Retrying)]
    assert tries
    assert {event.failure.code for event in tries} == {"model.host_killed"}
    failed = [event for event in events if isinstance(event, ModelCalled) and event.failure is not None]
    assert len(failed) == len(tries), "every crash is a call that failed, with its reason"

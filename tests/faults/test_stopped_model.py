"""Stop while the model on this computer reads a long prompt: at most one batch of it is worked off after that."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from app.adapters.model_memory import BATCH
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.engine import Engine, RunRequest
from app.events.run_events import ModelCalled, NodeStarted
from app.processes import children
from app.settings import Preferences, folders
from tests.unit.processes.processes_seen import at_work, cpu_seconds, stopped

pytestmark = [
    pytest.mark.xdist_group("embedded"),
    pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what the model has used"),
]

BATCHES = 4  # of a prompt
STILL = 0.4  # seconds without work after which nothing more comes
TICKS = 0.06  # seconds that /proc may be wrong by, with what an ended request takes besides


def asks_for(words: str) -> Workflow:
    fields: dict[str, Any] = {"prompt": words + "{{text}}", "max_tokens": 1, "model": {"role": "small"}}
    nodes = {
        "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
        "model": Node("model", "model.text", fields=fields),
    }
    return Workflow(
        "w", "w", graph=Graph(nodes, (Edge(PortRef("ask", "message"), PortRef("model", "text")),))
    )


def model_host() -> int:
    """The process of the model, a child of this one."""
    task = Path("/proc/self/task")
    pids = [int(pid) for one in task.iterdir() for pid in (one / "children").read_text().split()]
    return next(pid for pid in pids if b"model-host" in Path(f"/proc/{pid}/cmdline").read_bytes())


async def work_until_still(pid: int) -> float:
    used = -1.0
    while used != (used := cpu_seconds(pid)) or at_work(pid):  # noqa: ASYNC110 - no event tells it
        await asyncio.sleep(STILL)
    return used


async def test_at_most_one_batch_of_a_prompt_is_read_after_stop() -> None:
    preferences = Preferences(threads=1)
    engine = Engine(folders(), preferences, children, children.own_command("model-host"), {})
    words = "one two three four five six seven eight " * (BATCH * BATCHES // 8)
    try:
        handle = await engine.start(RunRequest(asks_for(""), values={"message": "hi"}, own=True))
        async for _ in handle.batches():
            pass
        pid = model_host()
        before = await work_until_still(pid)
        handle = await engine.start(
            RunRequest(asks_for(words), values={"message": "a"}, own=True, fresh=True)
        )
        async for _ in handle.batches():
            pass
        whole = await work_until_still(pid) - before
        # Another beginning, or what was read of the first prompt would not be read again.
        handle = await engine.start(
            RunRequest(asks_for("Another. " + words), values={"message": "b"}, own=True, fresh=True)
        )
        calls = list[ModelCalled]()
        begun = asyncio.Event()

        async def follow() -> None:
            async for batch in handle.batches():
                calls.extend(event for event in batch if isinstance(event, ModelCalled))
                if any(isinstance(event, NodeStarted) and event.node == "model" for event in batch):
                    begun.set()

        following = asyncio.create_task(follow())
        await begun.wait()
        at = cpu_seconds(pid)
        while cpu_seconds(pid) < at + whole / BATCHES / 2:  # noqa: ASYNC110 - in the midst of a batch
            await asyncio.sleep(0.01)
        # What it works off while a busy machine keeps us from hanging up is not what is asked here.
        with stopped(pid):
            after = cpu_seconds(pid)
            handle.stop()
            await following
        codes = [call.failure and call.failure.code for call in calls]
        assert codes == ["call.stopped"], "what was read until then is booked"
        assert calls[0].cost.state in {"free", "estimated"}
        spent = await work_until_still(pid) - after
    finally:
        await engine.close()
    assert spent <= whole / BATCHES * 1.5 + TICKS, f"{spent:.2f} s of {whole:.2f} s for {BATCHES} batches"

"""How many runs are kept: the oldest go when a run is through, so that no step ever waits for that."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.adapters import signs_of_life
from app.adapters.run_handle import RunHandle
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.engine import Engine, RunRequest
from app.processes import children
from app.settings import Preferences, folders

FLOW = Workflow(
    "w",
    "W",
    graph=Graph(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "out": Node("out", "output.output", fields={"name": "answer"}),
        },
        (Edge(PortRef("ask", "message"), PortRef("out", "value")),),
    ),
)


async def _to_end(handle: RunHandle) -> None:
    async for _ in handle.batches():
        pass


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    made = Engine(folders(), Preferences(keep_runs=2), children, children.own_command("model-host"), {})
    yield made
    await made.close()


async def test_the_oldest_run_goes_when_a_run_is_through_and_no_sooner(engine: Engine) -> None:
    kept: list[str] = []
    for _ in range(4):
        handle = await engine.start(RunRequest(FLOW, {"message": "x"}, own=True))
        kept = [*kept[-2:], handle.id]
        assert [line.run for line in await engine.runs.lines()] == kept[::-1]
        async for _ in handle.batches():
            pass
        assert [line.run for line in await engine.runs.lines()] == kept[:-3:-1]


async def test_how_long_it_has_worked_is_kept_while_a_step_is_under_way(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill would lose no more of the time that its limit counts than what came after the last sign of life."""
    monkeypatch.setattr(signs_of_life, "EVERY", 0.05)
    server = socket.create_server(("127.0.0.1", 0))  # takes a call, and never answers
    fields = {"url": f"http://127.0.0.1:{server.getsockname()[1]}/"}
    graph = Graph(
        {**FLOW.graph.nodes, "get": Node("get", "tool.web_request", fields=fields)}, FLOW.graph.edges
    )
    flow = replace(FLOW, graph=graph)
    handle = await engine.start(RunRequest(flow, {"message": "x"}, own=True, time_limit=600))
    going = asyncio.create_task(_to_end(handle))
    seen = [0.0]
    while len(seen) < 4:
        _, summary, _ = await engine.runs.look(handle.id)
        assert summary.status == "running"
        if summary.timed > seen[-1]:
            seen.append(summary.timed)
    handle.stop()
    await going
    _, summary, _ = await engine.runs.look(handle.id)
    assert (summary.status, summary.timed >= seen[-1]) == ("cancelled", True)
    server.close()


async def test_a_damaged_store_is_told_of_with_the_run_that_found_it(engine: Engine) -> None:
    path = engine.where.data / "journal.sqlite3"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database" * 1000)
    handle = await engine.start(RunRequest(FLOW, {"message": "x"}, own=True))
    assert [problem.code for problem in handle.warnings] == ["journal.damaged_kept"]
    async for _ in handle.batches():
        pass


async def test_a_run_from_a_step_that_is_gone_is_refused_instead_of_running_everything(
    engine: Engine,
) -> None:
    handle = await engine.start(RunRequest(FLOW, {"message": "x"}, own=True))
    async for _ in handle.batches():
        pass
    for part in ({"start_from": "gone", "base": handle.id}, {"to": "gone"}):
        with pytest.raises(ProblemError) as refused:
            await engine.start(RunRequest(FLOW, {"message": "x"}, own=True, **part))
        assert [(p.code, p.args) for p in refused.value.problems] == [("run.no_such_step", {"step": "gone"})]
    assert [line.run for line in await engine.runs.lines()] == [handle.id]

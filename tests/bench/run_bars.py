"""Measures whole runs through the engine: rows over a lane, memory over many rows, and how soon Stop is through."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow
from app.engine import Engine, RunRequest
from app.events.run_events import RunFinished
from app.processes import children
from app.settings import Folders, Preferences
from tests.servers.counting import MODEL, CountingServer
from tests.servers.scripted import KEY

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 64
ROUNDS = 8  # in turn, and the least of each: other work on the machine only adds
FEW, MANY = 1_000, 100_000


def engine_at(home: Path, url: str = "http://127.0.0.1:9/v1") -> Engine:
    where = Folders(*(home / name for name in ("config", "data", "cache", "state", "logs")))
    environment = {
        "BATON_CONN_BENCH_KIND": "openai_compatible",
        "BATON_CONN_BENCH_URL": url,
        "BATON_CONN_BENCH_KEY": KEY,
        "BATON_CONN_BENCH_MODEL": MODEL,
        "BATON_CONN_BENCH_PARALLEL": str(AT_ONCE),
    }
    return Engine(where, Preferences(), children, children.own_command("model-host"), environment)


def workflow(nodes: Mapping[str, Node], *edges: str) -> Workflow:
    return Workflow("bench", "Bench", graph=graph(nodes, *edges))


def graph(nodes: Mapping[str, Node], *edges: str) -> Graph:
    ends = [[PortRef(*end.split(".")) for end in edge.split(">")] for edge in edges]
    return Graph(dict(nodes), tuple(Edge(source, target) for source, target in ends))


def asks() -> Workflow:
    """Template → model → template that takes something out of the answer."""
    model: dict[str, Json] = {
        "model": {"connection": "BENCH", "kind": "openai_compatible", "model": MODEL},
        "prompt": "{{text}}",
    }
    return workflow(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "template": Node("template", "data.template", fields={"text": "{{message}}|words"}),
            "model": Node("model", "model.text", fields=model),
            "extract": Node("extract", "data.template", fields={"text": "It says: {{text}}"}),
            "out": Node("out", "output.output", fields={"name": "answer"}),
        },
        "ask.message>template.message",
        "template.text>model.text",
        "model.text>extract.text",
        "extract.text>out.value",
    )


def table(home: Path, rows: int) -> str:
    path = home / f"{rows}.csv"
    path.write_text("message\n" + "".join(f"row {n}\n" for n in range(rows)), "utf-8")
    return path.name


async def finished(engine: Engine, request: RunRequest) -> None:
    handle = await engine.start(request)
    last: Any = None
    async for batch in handle.batches():
        last = batch[-1]
    if not isinstance(last, RunFinished) or last.status != "done":
        raise SystemExit(f"the benchmark's own run failed: {last}")


async def bare_rows(url: str, rows: int) -> float:
    """CPU seconds of a bare aiohttp client that sends the same requests, and of nothing else."""
    numbers = iter(range(rows))
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:

        async def work() -> None:
            for number in numbers:
                body = {"model": MODEL, "messages": [{"role": "user", "content": f"row {number}|words"}]}
                async with session.post(f"{url}/chat/completions", json=body, headers=headers) as reply:
                    (await reply.json())["choices"][0]["message"]["content"]

        begun = time.process_time()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return time.process_time() - begun


async def engine_rows(url: str, rows: int) -> float:
    """CPU seconds of the same rows through the engine: lane, journal, events and cost."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = engine_at(home, url)
        request = RunRequest(
            asks(), rows=table(home, rows), own=True, rows_at_a_time=AT_ONCE, folder=home, fresh=True
        )
        await finished(engine, RunRequest(asks(), values={"message": "warm"}, own=True, fresh=True))
        begun = time.process_time()
        await finished(engine, request)
        took = time.process_time() - begun
        await engine.close()
        return took


async def lane_bars() -> list[tuple[str, float, str, str]]:
    rows = 1_000
    with CountingServer(0.05, 0.05) as server:
        bare, ours = float("inf"), float("inf")
        for _ in range(ROUNDS):
            bare = min(bare, await bare_rows(server.url, rows))
            ours = min(ours, await engine_rows(server.url, rows))
        stop = await stopping(server)
    return [
        ("bare aiohttp client, 1,000 rows with 50 ms each", rows / bare, "rows/CPU s", ""),
        ("template → model → extract through the engine", rows / ours, "rows/CPU s", ""),
        ("engine / bare client", bare / ours, "×", "bar ≥ 0.5"),
        ("Stop with 1,000 rows waiting, to the last drop", stop * 1000, "ms", "aim ≤ 200"),
    ]


async def stopping(server: CountingServer) -> float:
    """Seconds from Stop to the run's last event, with all calls of the window under way and the other rows waiting."""
    server.take("words", 30, 30)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = engine_at(home, server.url)
        request = RunRequest(asks(), rows=table(home, 1_000), own=True, rows_at_a_time=1_000, folder=home)
        handle = await engine.start(request)
        begun = 0.0
        before = await asyncio.to_thread(server.until, 0, 0)
        stopper = asyncio.create_task(asyncio.to_thread(server.until, before + AT_ONCE, 60))
        async for _ in handle.batches():
            if stopper.done() and not begun:
                begun = time.monotonic()
                handle.stop()
        took = time.monotonic() - begun
        await engine.close()
        return took


def memory(kind: str, rows: int) -> float:
    """MB that a process of its own held at most in a run over so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.bench.run_bars", kind, str(rows), folder]
        done = subprocess.run(
            command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True, timeout=300
        )
        return float(json.loads(done.stdout.splitlines()[-1]))


def memory_bars(many: int = MANY) -> list[tuple[str, float, str, str]]:
    found: list[tuple[str, float, str, str]] = []
    for kind, name in (("rows", "a run over rows"), ("map", "Read table → For each → Write table")):
        few, most = memory(kind, FEW), memory(kind, many)
        found += [
            (f"{name}: memory after {FEW:,} rows", few, "MB", ""),
            (f"the same after {many:,}, beyond that", most - few, "MB", "bar ≤ 20"),
        ]
    return found


def over_elements(rows: str) -> Workflow:
    body = graph(
        {
            "given": Node(
                "given",
                "flow.inputs",
                fields={
                    "given": [
                        {"name": "message", "source": "column", "type": "text"},
                        {"name": "row", "source": "item", "type": "record"},
                    ]
                },
            ),
            "words": Node("words", "data.template", fields={"text": "Say {{message}}."}),
            "end": Node("end", "output.output", fields={"name": "answer"}),
        },
        "given.message>words.message",
        "given.row>end.value",
    )
    return workflow(
        {
            "read": Node("read", "data.read_table", fields={"path": rows}),
            "each": Node("each", "flow.for_each", body=body),
            "write": Node("write", "data.write_table", fields={"path": "out.csv"}),
        },
        "read.rows>each.items",
        "each.answer>write.rows",
    )


def over_rows() -> Workflow:
    return workflow(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "words": Node("words", "data.template", fields={"text": "Say {{message}}."}),
            "out": Node("out", "output.output", fields={"name": "answer"}),
        },
        "ask.message>words.message",
        "words.text>out.value",
    )


async def _hold(kind: str, rows: int, home: Path) -> None:
    engine, path = engine_at(home), table(home, rows)
    if kind == "rows":
        request = RunRequest(over_rows(), rows=path, own=True, rows_at_a_time=AT_ONCE, folder=home)
    else:
        request = RunRequest(over_elements(path), own=True, rows_at_a_time=AT_ONCE, folder=home)
    await finished(engine, request)
    await engine.close()


def held() -> float:
    """MB that this process held at most; `ru_maxrss` would also tell of the one that started it."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


if __name__ == "__main__":
    asyncio.run(_hold(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
    print(held())

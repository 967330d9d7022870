"""Measures executor, lanes, command line and window in CPU time, beside a bare loop in the same run.

Wall times on shared machines say little, so every figure is CPU time of this process (or of the child
that is measured), and what matters is the ratio to the bare loop.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.adapters.egress import Egress  # noqa: E402
from app.adapters.openai_lane import OpenAiLane, Server  # noqa: E402
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow  # noqa: E402
from app.engine import Engine, RunRequest  # noqa: E402
from app.processes import children  # noqa: E402
from app.sdk.fields import ModelChoice  # noqa: E402
from app.sdk.gateway import ChatMessage, ChatRequest  # noqa: E402
from app.settings import Folders, Preferences  # noqa: E402
from tests.bench.connection_limits import gate_costs  # noqa: E402
from tests.bench.executor_bars import executor_bars  # noqa: E402
from tests.bench.run_bars import lane_bars, memory_bars  # noqa: E402
from tests.servers.scripted import KEY  # noqa: E402

AT_ONCE = 20


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Table:
    """The figures in the order in which they were measured."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def add(self, name: str, value: float, unit: str, bar: str = "") -> float:
        self.rows.append({"name": name, "value": round(value, 4), "unit": unit, "bar": bar})
        print(f"{name:<58} {value:>10.3f} {unit:<14} {bar}", flush=True)
        return value


async def measured(work: Callable[[], Awaitable[Any]], count: int) -> float:
    """CPU milliseconds for each of `count` things; the best of three, since others use the machine too."""
    best = float("inf")
    for _ in range(3):
        begun = cpu()
        await work()
        best = min(best, cpu() - begun)
    return best / count * 1000


async def in_parallel(call: Callable[[int], Awaitable[Any]], count: int) -> None:
    numbers = iter(range(count))

    async def worker() -> None:
        for number in numbers:
            await call(number)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


async def bare_loop(url: str, calls: int) -> float:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession() as session:

        async def call(number: int) -> None:
            body = {"model": "tiny-1", "messages": [{"role": "user", "content": f"row {number}"}]}
            async with session.post(f"{url}/chat/completions", json=body, headers=headers) as reply:
                (await reply.json())["choices"][0]["message"]["content"]

        return await measured(lambda: in_parallel(call, calls), calls)


async def lane(url: str, calls: int, *, streamed: bool = False) -> float:
    """The same call as a Text model step makes, where `streamed`: its text comes in pieces, for people who watch."""
    egress = Egress()
    speaking = OpenAiLane(egress)
    server = Server("Bench", url, KEY, reach="loopback")
    choice = ModelChoice(connection="Bench", model="tiny-1")

    def watch(_: str) -> None:
        pass

    async def call(number: int) -> None:
        asked = [ChatMessage("user", f"row {number}")]
        request = ChatRequest(choice, asked, on_text=watch if streamed else None)
        await speaking.chat(server, "tiny-1", request)

    try:
        return await measured(lambda: in_parallel(call, calls), calls)
    finally:
        await egress.close()


def engine_for(url: str, home: Path) -> Engine:
    where = Folders(*(home / name for name in ("config", "data", "cache", "state", "logs")))
    environment = {
        "BATON_CONN_BENCH_KIND": "openai_compatible",
        "BATON_CONN_BENCH_URL": url,
        "BATON_CONN_BENCH_KEY": KEY,
        "BATON_CONN_BENCH_MODEL": "tiny-1",
        "BATON_CONN_BENCH_PARALLEL": str(AT_ONCE),
    }
    return Engine(where, Preferences(), children, children.own_command("model-host"), environment)


def workflow(nodes: dict[str, Node], *edges: str) -> Workflow:
    def edge(text: str) -> Edge:
        source, target = text.split(">")
        return Edge(PortRef(*source.split(".")), PortRef(*target.split(".")))

    return Workflow("bench", "Bench", graph=Graph(nodes, tuple(edge(e) for e in edges)))


def rows_workflow() -> Workflow:
    """Ask → template → model → check → output: five nodes a row."""
    model = {
        "model": {"connection": "BENCH", "kind": "openai_compatible", "model": "tiny-1"},
        "prompt": "{{text}}",
    }
    rule = {"rules": [{"rule": "not_empty"}]}
    return workflow(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "template": Node("template", "data.template", fields={"text": "Say yes to {{message}}."}),
            "model": Node("model", "model.text", fields=model),
            "check": Node("check", "verifier.check", fields=rule),
            "out": Node("out", "output.output", fields={"name": "answer"}),
        },
        "ask.message>template.message",
        "template.text>model.text",
        "model.text>check.value",
        "check.passed>out.value",
    )


async def run_rows(engine: Engine, rows: int) -> None:
    flow = rows_workflow()
    samples = [{"message": f"row {i}"} for i in range(rows)]
    ask = flow.graph.nodes["ask"]
    fields = {**ask.fields, "samples": samples}
    nodes = {**flow.graph.nodes, "ask": Node("ask", "intent.ask", fields=fields)}
    flow = Workflow("bench", "Bench", graph=Graph(nodes, flow.graph.edges))
    handle = await engine.start(RunRequest(flow, rows="samples", own=True, rows_at_a_time=AT_ONCE))
    async for _ in handle.batches():
        pass
    answers = handle.outputs["answer"]
    if not isinstance(answers, list) or None in answers:
        raise SystemExit("the benchmark's own run failed")


async def pure_chain(engine: Engine, length: int, *, fan: bool) -> float:
    """Microseconds of CPU for each pure node, in one line or side by side."""
    nodes = {"ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})}
    edges: list[str] = []
    for i in range(length):
        nodes[f"n{i}"] = Node(f"n{i}", "data.template", fields={"text": "{{text}}"})
        source = "ask.message" if fan or i == 0 else f"n{i - 1}.text"
        edges.append(f"{source}>n{i}.text")
    flow = workflow(nodes, *edges)

    async def work() -> None:
        handle = await engine.start(RunRequest(flow, values={"message": "x"}, own=True))
        async for _ in handle.batches():
            pass

    planned = await measured(lambda: asyncio.to_thread(engine.check, flow), length)
    return (await measured(work, length) - planned) * 1000


def child_cpu(arguments: list[str], environment: dict[str, str]) -> float:
    """CPU seconds of a child and its children, the best of three."""
    best = float("inf")
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(arguments, env=environment, check=True, capture_output=True, timeout=120)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def command_line(url: str, home: Path) -> float:
    from app.document.json_codec import write

    file = home / "bench.baton.json"
    file.write_bytes(write(rows_workflow()))
    environment = {
        **os.environ,
        "BATON_HOME": str(home),
        "BATON_CONN_BENCH_KIND": "openai_compatible",
        "BATON_CONN_BENCH_URL": url,
        "BATON_CONN_BENCH_KEY": KEY,
    }
    run = [sys.executable, "-m", "app", "run", str(file), "--input", "message=hello", "--allow", "--json"]
    return child_cpu(run, environment)


def window_start(home: Path) -> float:
    """CPU seconds until the window is painted for the first time, as it says itself."""
    environment = {
        **os.environ,
        "BATON_HOME": str(home),
        "BATON_TRACE_START": "1",
        "QT_QPA_PLATFORM": "offscreen",
    }
    best = float("inf")
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-m", "app"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as window:
            try:
                said = (re.match(r"first paint after ([\d.]+)", line) for line in window.stdout or ())
                best = min(best, next(float(found[1]) for found in said if found))
            finally:
                window.kill()
    return best


def start_server() -> tuple[subprocess.Popen[str], str]:
    """The scripted server in a process of its own, so that its CPU isn't counted."""
    command = [sys.executable, "-m", "tests.servers.scripted"]
    server = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = json.loads(server.stdout.readline())["port"] if server.stdout else 0
    return server, f"http://127.0.0.1:{port}/openai/v1"


async def main(calls: int) -> list[dict[str, Any]]:
    table = Table()
    server, url = start_server()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        engine = engine_for(url, home)
        try:
            bare = table.add("bare aiohttp loop, a call", await bare_loop(url, calls), "CPU ms")
            lean = table.add("lean lane, a call", await lane(url, calls), "CPU ms")
            table.add("lean lane / bare loop", lean / bare, "×", "aim ≤ 1.5")
            watched = table.add("lean lane, a streamed call", await lane(url, calls, streamed=True), "CPU ms")
            row = await measured(lambda: run_rows(engine, calls), calls)
            table.add("a row of 5 nodes through the engine", row, "CPU ms")
            table.add("a node beyond the call", (row - watched) / 5, "CPU ms", "bar ≤ 0.15")
            table.add("rows a CPU second / bare loop's calls", bare / row, "×")
            for name, value, unit, bar in await gate_costs():
                table.add(name, value, unit, bar)
            line, fan = await pure_chain(engine, 1000, fan=False), await pure_chain(engine, 1000, fan=True)
            table.add("a pure node in a chain, with journal and event file", line, "CPU µs")
            table.add("a pure node in a fan-out, with journal and event file", fan, "CPU µs")
            async for bar in executor_bars():
                table.add(*bar)
            for bar in await lane_bars():
                table.add(*bar)
        finally:
            await engine.close()
        for bar in memory_bars():
            table.add(*bar)
        table.add(
            "command line, first result on an endpoint",
            command_line(url, home),
            "CPU s",
            "bar ≤ 1.5, aim 1.0",
        )
        table.add("window shown", window_start(home), "CPU s", "bar ≤ 1.5")
    server.kill()
    return table.rows


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=400)
    options.add_argument("--out", type=Path)
    chosen = options.parse_args()
    figures = asyncio.run(main(chosen.calls))
    if chosen.out:
        chosen.out.write_text(
            json.dumps({"at": time.strftime("%Y-%m-%d"), "figures": figures}, indent=2) + "\n"
        )

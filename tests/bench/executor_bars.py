"""Measures what the executor takes beyond the work of the steps: in lines, forks, maps, with and without a journal."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import FREE
from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow
from app.executor.doors import Doors, Limits
from app.executor.executor import Execution
from app.executor.garbage import look_seldom
from app.executor.memory_journal import journal_of_nothing
from app.executor.past import Keeping
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.discovery import discover
from app.sdk.context import RunContext
from app.sdk.fields import NumberField
from app.sdk.node_type import Effect, NodeType
from app.sdk.ports import Port
from app.sdk.spec import spec_of
from tests.journals import head, profile

ROUNDS = 3  # the best counts: others use the machine too
AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class WaitFields:
    seconds: Annotated[float, NumberField(label="Seconds")] = 0.01


@dataclass(frozen=True, slots=True)
class Text:
    text: Annotated[str, Port("Text", "text")]


class Wait(NodeType[WaitFields, Text, Text]):
    """Hands a text on after a while, as a call does; pure, so nothing of it has to be recorded."""

    id = "bench.wait"
    title = "Wait"
    summary = ""
    kind = "data"
    category = "tools"
    icon = "type"

    async def run(self, fields: WaitFields, inputs: Text, ctx: RunContext) -> Text:
        if fields.seconds:
            await asyncio.sleep(fields.seconds)
        return Text(inputs.text)


class Paid(Wait):
    """The same as something paid: recorded before anything follows from it."""

    id = "bench.paid"
    effect: Effect = "model"  # type: ignore[misc]


_SPECS = {**{spec.id: spec for spec in discover().specs}, **{t.id: spec_of(t) for t in (Wait, Paid)}}
_DOORS: Any = Doors(
    models=None,  # type: ignore[arg-type]
    net=None,  # type: ignore[arg-type]
    files=None,  # type: ignore[arg-type]
    may_ask=lambda _: True,
    cost_of=lambda _, __: FREE,
    upper_bound=lambda _, __: Decimal(0),
    prices_of="",
)


def plan_of(nodes: Mapping[str, Node], *edges: str) -> Plan:
    return planned(flow_of(nodes, *edges))


def flow_of(nodes: Mapping[str, Node], *edges: str) -> Workflow:
    def edge(text: str) -> Edge:
        source, target = text.split(">")
        return Edge(PortRef(*source.split(".")), PortRef(*target.split(".")))

    return Workflow("bench", "Bench", graph=Graph(dict(nodes), tuple(edge(e) for e in edges)))


def planned(flow: Workflow) -> Plan:
    made = make_plan(flow, "digest", _SPECS.get, lambda _: None)  # type: ignore[arg-type]
    if made.plan is None:
        raise SystemExit(f"the benchmark's own workflow is wrong: {made.problems}")
    return made.plan


def many_steps(length: int, *, fan: bool) -> Plan:
    """Pure steps in one line, or side by side behind one."""
    nodes = {"ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})}
    edges: list[str] = []
    for i in range(length):
        nodes[f"n{i}"] = Node(f"n{i}", "data.template", fields={"text": "{{text}}"})
        source = "ask.message" if fan or i == 0 else f"n{i - 1}.text"
        edges.append(f"{source}>n{i}.text")
    return plan_of(nodes, *edges)


def row_of_five(waits: str, *, others: str = "", seconds: float = 0.01) -> Plan:
    """Ask → template → something that waits → template → output."""
    around = Node("", "data.template", fields={"text": "{{text}}"})
    if others:
        around = Node("", others, fields={"seconds": 0})
    return plan_of(
        {
            "ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]}),
            "before": Node("before", around.type, fields=around.fields),
            "wait": Node("wait", waits, fields={"seconds": seconds}),
            "after": Node("after", around.type, fields=around.fields),
            "out": Node("out", "output.output", fields={"name": "answer"}),
        },
        "ask.message>before.text",
        "before.text>wait.text",
        "wait.text>after.text",
        "after.text>out.value",
    )


async def rows(count: int) -> AsyncIterator[Sequence[Mapping[str, Json]]]:
    for first in range(0, count, 256):
        yield [{"message": f"row {number}"} for number in range(first, min(first + 256, count))]


async def execute(plan: Plan, keeping: Keeping | None = None, count: int = 0) -> None:
    """One run to its end; its events are taken as they come."""
    source, values = (rows(count), {}) if count else (None, {"message": "x"})
    limits = Limits(rows_at_a_time=AT_ONCE)
    execution = Execution(plan, _DOORS, limits, "r1", values, source, count or None, keeping)
    last: Any = None
    async for batch in execution.batches():
        last = batch[-1]
    if last.status != "done":
        raise SystemExit(f"the benchmark's own run failed: {last.problems}")


async def best(work: Callable[[], Awaitable[Any]], rounds: int = ROUNDS) -> float:
    """CPU seconds of this process."""
    least = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        await work()
        least = min(least, time.process_time() - begun)
    return least


async def recorded(plan: Plan, count: int) -> float:
    """CPU seconds of a run over rows whose journal is SQLite at FULL, the writer's thread counted."""

    async def work() -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteRuns(profile(Path(folder)))
            journal = await store.begin(head("r1"))
            await execute(plan, Keeping(journal), count)
            await store.leave("r1")
            store.close()

    return await best(work)


async def bare_steps(length: int) -> float:
    """What the same coroutines take when nobody stands between them, in µs each."""
    template = _SPECS["data.template"]
    fields, inputs = template.decode({"text": "{{text}}"}), {"text": "x"}

    async def work() -> None:
        for _ in range(length):
            await template.type().run(fields, inputs, None)  # type: ignore[arg-type]

    return await best(work) / length * 1e6


async def executor_bars() -> AsyncIterator[tuple[str, float, str, str]]:
    """Name, value, unit and bar of each, as they are measured."""
    look_seldom()  # as in every process that has an engine
    yield "a template's own work, without an executor", await bare_steps(1000), "CPU µs", ""
    line, fan = many_steps(1000, fan=False), many_steps(1000, fan=True)
    yield "a pure step in a line of 1,000", await best(lambda: execute(line), 7) * 1000, "CPU µs", "bar ≤ 3"
    yield (
        "a pure step in a fan-out of 1,000",
        await best(lambda: execute(fan), 7) * 1000,
        "CPU µs",
        "bar ≤ 15",
    )
    count = 10_000
    in_memory = row_of_five("bench.wait")
    took = await best(lambda: execute(in_memory, Keeping(journal_of_nothing()), count))
    yield "rows of 5 steps with a wait of 10 ms, in memory", count / took, "rows/CPU s", "bar ≥ 10,000"
    took = await recorded(row_of_five("bench.paid"), count)
    yield "the same with the paid step committed first", count / took, "rows/CPU s", "bar ≥ 4,000"
    every = await recorded(row_of_five("bench.paid", others="bench.paid", seconds=0), 2000)
    yield "a step where three of five are committed first", every / 2000 / 5 * 1e6, "CPU µs", ""
    yield "a step where every one is committed first", await every_step(), "CPU µs", "bar ≤ 60"
    yield "planning 500 steps and 1,000 links", await planning(), "CPU ms", "bar ≤ 30"


async def every_step() -> float:
    """Eight recorded steps a row and nothing else but the row's own start and end, which count as steps, too."""
    length, count = 8, 1000
    nodes = {"ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})}
    edges: list[str] = []
    for i in range(length):
        nodes[f"n{i}"] = Node(f"n{i}", "bench.paid", fields={"seconds": 0})
        edges.append(f"{'ask.message' if i == 0 else f'n{i - 1}.text'}>n{i}.text")
    return await recorded(plan_of(nodes, *edges), count) / (length * count) * 1e6


async def planning() -> float:
    nodes = {"ask": Node("ask", "intent.ask", fields={"asked": [{"name": "message"}]})}
    edges: list[str] = []
    for i in range(499):
        ports = "abc" if i in (100, 200) else "ab"  # 1,000 links in all
        nodes[f"n{i}"] = Node(
            f"n{i}", "data.template", fields={"text": " ".join(f"{{{{{p}}}}}" for p in ports)}
        )
        for j, port in enumerate(ports):
            source = "ask.message" if i <= j else f"n{i - j - 1}.text"
            edges.append(f"{source}>n{i}.{port}")

    flow = flow_of(nodes, *edges)

    async def work() -> None:
        planned(flow)

    return await best(work, 9) * 1000


async def _print() -> None:
    async for name, value, unit, bar in executor_bars():
        print(f"{name:<58} {value:>10.3f} {unit:<14} {bar}", flush=True)


if __name__ == "__main__":
    asyncio.run(_print())

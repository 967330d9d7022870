"""Laws over generated graphs: every run settles, each instance once, whatever happens in it."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.workflow import Edge, Graph, Node, OnError, PortRef, Retry, Workflow
from app.events.json_codec import decode, encode
from app.events.run_events import NodeSettled, NodeStarted, RunFinished
from app.events.run_state import RunState
from app.executor.doors import Limits
from tests.flows import SPECS, Step, events_of, settled, start

_TYPES = ("test.step", "test.need", "test.branch", "test.merge", "test.result")


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """An acyclic graph: node i takes its inputs from nodes before it."""
    count = draw(st.integers(1, 12))
    nodes: dict[str, Node] = {"n0": Node("n0", "test.source", fields={"value": draw(st.sampled_from("xy"))})}
    edges: list[Edge] = []
    for i in range(1, count):
        name, kind = f"n{i}", draw(st.sampled_from(_TYPES))
        nodes[name] = _node(draw, name, kind)
        port = "values" if kind == "test.merge" else "value"
        sources = draw(
            st.lists(
                st.integers(0, i - 1), min_size=1, max_size=3 if kind == "test.merge" else 1, unique=True
            )
        )
        edges += [Edge(_output(draw, nodes[f"n{s}"]), PortRef(name, port)) for s in sources]
    return Workflow("w", "W", graph=Graph(nodes, tuple(edges)))


def _node(draw: st.DrawFn, name: str, kind: str) -> Node:
    fields: dict[str, Any] = {}
    if kind == "test.step":
        fields = {
            "turns": draw(st.integers(0, 4)),
            "fail": draw(st.sampled_from(["", "", "test.broken", "test.timeout"])),
        }
    if kind == "test.merge":
        fields = {"rule": draw(st.sampled_from(["first", "all", "k"])), "k": draw(st.integers(1, 3))}
    policy = OnError(draw(st.sampled_from(["stop", "skip", "fallback"])), "f")
    return Node(
        name,
        kind,
        fields=fields,
        on_error=policy,
        retry=Retry(attempts=2),
        disabled=draw(st.integers(0, 9)) == 0,
    )


def _output(draw: st.DrawFn, node: Node) -> PortRef:
    spec = SPECS[node.type]
    names = [port.name for port in spec.ports(spec.decode(node.fields)).outputs if port.type == "any"]
    return PortRef(node.id, draw(st.sampled_from([*names, *names, "error"])))


@settings(max_examples=300, deadline=None)
@given(workflows(), st.one_of(st.none(), st.integers(0, 6)), st.one_of(st.none(), st.integers(0, 20)))
def test_every_instance_settles_once_and_the_fold_agrees(
    workflow: Workflow, rows: int | None, stop_after: int | None
) -> None:
    Step.failures.clear()

    async def scenario() -> None:
        table = None if rows is None else [{"value": "xy"[i % 2]} for i in range(rows)]
        execution = start(workflow, rows=table, limits=Limits(rows_at_a_time=2))
        if stop_after is not None:
            for _ in range(stop_after):
                await asyncio.sleep(0)
            execution.stop()
        async with asyncio.timeout(5):
            events = await events_of(execution)
        by_instance = settled(events)
        scopes = {scope for _, scope in by_instance}
        # Whatever scope began has settled every node of the workflow.
        assert all((node, scope) in by_instance for scope in scopes for node in workflow.graph.nodes)
        started = [(e.node, e.scope) for e in events if isinstance(e, NodeStarted)]
        assert len(started) == len(set(started))
        assert isinstance(events[-1], RunFinished)
        if stop_after is None and rows:
            assert scopes == {f"#{i}" for i in range(rows)}
        assert [decode(encode(event)) for event in events] == events
        state = RunState()
        state.apply_all(events)
        for node in workflow.graph.nodes:
            assert state.nodes[node].settled == sum(1 for n, _ in by_instance if n == node)
            assert state.nodes[node].active == 0
        assert state.is_over

    asyncio.run(scenario())


@settings(max_examples=100, deadline=None)
@given(workflows())
def test_a_value_leaves_only_through_ports_that_the_event_names(workflow: Workflow) -> None:
    Step.failures.clear()

    async def scenario() -> None:
        events = await events_of(start(workflow))
        for event in events:
            if isinstance(event, NodeSettled):
                assert set(event.ports) == set(event.outputs)
                assert event.status in ("ok", "failed") or not event.ports

    asyncio.run(scenario())

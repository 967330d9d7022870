"""Laws over workflows as careless hands leave them: the planner always answers, and what it lets through can run."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.document.workflow import Edge, Graph, Node, OnError, PortRef, Retry, Workflow
from app.events.json_codec import decode, encode
from app.events.run_events import NodeSettled, RunFinished
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.planner.planner import make_plan
from app.planner.sheet import sheet
from app.registry.discovery import discover
from app.sdk.data_types import can_join
from app.sdk.ports import PortSpec
from app.sdk.spec import FieldFault, NodeSpec
from tests.flows import ScriptedModels, doors, events_of, rows_of, settled

REGISTRY = discover()
TYPES = [spec.id for spec in REGISTRY.specs if spec.type.effect in ("pure", "model")]

# Types that need no door but a model's, with settings that are complete.
SOUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("intent.ask", {"asked": [{"name": "message", "required": False}]}),
    ("data.template", {"text": "{{a.b | upper}} and {{c | default none}}"}),
    ("data.template", {"text": "{{a}}"}),
    ("flow.if", {"conditions": [{"what": "{{value}}", "operator": "greater", "value": "5"}]}),
    ("flow.if", {}),
    ("flow.switch", {"routes": [{"value": "7"}, {"value": "error"}]}),
    ("flow.merge", {"wait_for": "first"}),
    ("flow.merge", {"wait_for": "all"}),
    ("flow.merge", {"wait_for": "k", "k": 2}),
    ("verifier.check", {"rules": [{"rule": "not_empty"}]}),
    ("verifier.judge", {"rubric": "Good is {{x}}"}),
    ("model.text", {"prompt": "Say {{x}}"}),
    ("intent.extract", {"fields": [{"name": "total", "type": "number"}]}),
    ("intent.classify", {"labels": [{"name": "good"}, {"name": "bad"}]}),
    ("output.output", {"name": "one"}),
    ("output.output", {"name": "two"}),
)

texts = st.sampled_from(
    ["", "x", "{{x}}", "{{value.a | upper}}", "{{", "{{ }}", "{{x | nothing}}", "\x00", "7"]
)
odd = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.floats(allow_nan=False), texts),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "rule", "value", "x", "role"]), inner, max_size=3),
    ),
    max_leaves=6,
)


@st.composite
def careless(draw: st.DrawFn) -> Workflow:
    """Anything that a reader accepts: links to nowhere, cycles, settings of the wrong shape."""
    names = [f"n{i}" for i in range(draw(st.integers(0, 6)))]
    nodes = {name: draw(_nodes(name)) for name in names}
    edges = draw(st.lists(_edges(nodes), max_size=8)) if nodes else []
    return Workflow("w", "W", graph=Graph(nodes, tuple(sorted(set(edges)))))


@st.composite
def sound(draw: st.DrawFn) -> Workflow:
    """Real steps, each required input joined to something before it that fits."""
    nodes: dict[str, Node] = {}
    edges: list[Edge] = []
    outputs: list[tuple[str, PortSpec]] = []
    for i in range(draw(st.integers(1, 9))):
        type_id, fields = draw(st.sampled_from(SOUND if i else SOUND[:1]))
        spec = REGISTRY.get(type_id)
        assert spec
        ports = spec.ports(spec.decode(fields))
        joined: list[Edge] = []
        for port in ports.inputs:
            fitting = [(n, out) for n, out in outputs if can_join(out.type, port.type)]
            for _ in range(draw(st.integers(1, 3)) if port.many else 1):
                if fitting and (port.required or draw(st.booleans())):
                    source, out = draw(st.sampled_from(fitting))
                    joined.append(Edge(PortRef(source, out.name), PortRef(f"n{i}", port.name)))
        missing = {port.name for port in ports.inputs if port.required} - {e.target.port for e in joined}
        policy = draw(st.sampled_from(["stop", "skip", "fallback"]))
        nodes[f"n{i}"] = Node(
            f"n{i}",
            type_id,
            fields=fields,
            on_error=OnError(policy, draw(odd)),
            retry=Retry(attempts=1),
            disabled=bool(missing) or draw(st.integers(0, 9)) == 0,
        )
        edges += joined
        outputs += [(f"n{i}", port) for port in ports.outputs]
        outputs.append((f"n{i}", PortSpec("error", "Error", "record")))
    return Workflow("w", "W", graph=Graph(nodes, tuple(sorted(set(edges)))))


@st.composite
def _nodes(draw: st.DrawFn, name: str) -> Node:
    type_id = draw(st.sampled_from([*TYPES, "nobody.knows"]))
    spec = REGISTRY.get(type_id)
    fields: dict[str, Any] = {}
    for field in spec.fields if spec else ():
        if draw(st.integers(0, 2)) == 0:
            fields[field.name] = draw(st.one_of(st.just(field.default), odd))
    return Node(
        name,
        type_id,
        type_version=draw(st.sampled_from([1, 1, 1, 9])),
        fields=fields,
        on_error=OnError(draw(st.sampled_from(["stop", "skip", "fallback"])), draw(odd)),
        retry=Retry(attempts=1),
        disabled=draw(st.integers(0, 5)) == 0,
        body=Graph() if draw(st.integers(0, 15)) == 0 else None,
    )


@st.composite
def _edges(draw: st.DrawFn, nodes: dict[str, Node]) -> Edge:
    """Mostly from a port that is there to one that is there, sometimes to nowhere."""
    source, target = (
        draw(st.sampled_from([*nodes, "gone"] if draw(st.booleans()) else [*nodes])) for _ in "ab"
    )
    out = draw(st.sampled_from([*_ports(nodes.get(source), "outputs"), "error", "none"]))
    into = draw(st.sampled_from([*_ports(nodes.get(target), "inputs"), "none"]))
    return Edge(PortRef(source, out), PortRef(target, into))


def _ports(node: Node | None, side: str) -> list[str]:
    spec: NodeSpec | None = REGISTRY.get(node.type) if node else None
    if spec is None or node is None:
        return []
    try:
        fields = spec.decode(node.fields)
    except FieldFault:
        fields = spec.decode({})
    return [port.name for port in getattr(spec.ports(fields), side)]


@settings(max_examples=300, deadline=None)
@given(careless())
def test_whatever_stands_in_a_file_the_planner_has_an_answer(workflow: Workflow) -> None:
    planned = make_plan(workflow, "d", REGISTRY.get, ScriptedModels().facts, lambda _: False)
    errors = [problem for problem in planned.problems if problem.severity == "error"]
    assert (planned.plan is None) == bool(errors)
    for problem in planned.problems:
        assert problem.node is None or problem.node in workflow.graph.nodes
    assert sheet(workflow, REGISTRY).rows


@settings(max_examples=300, deadline=None)
@given(sound())
def test_what_the_planner_lets_through_runs_to_its_end(workflow: Workflow) -> None:
    """Also over rows whose values are nothing like what the steps expect."""
    plan = make_plan(workflow, "d", REGISTRY.get, ScriptedModels().facts).plan
    if plan is None:  # every step is switched off
        assert all(node.disabled for node in workflow.graph.nodes.values())
        return
    assert all(edge.source < edge.target for edge in plan.edges)
    assert set(plan.ids) == set(workflow.graph.nodes)
    rows = [{"message": "7"}, {"message": {"a": [1]}}, {"message": ["x", None]}, {"message": "\ud800"}, {}]

    async def run() -> None:
        models = ScriptedModels(lambda text: '{"score": 4, "reason": "x"}' if "Rubric" in text else text)
        execution = Execution(plan, doors(models), Limits(), "r", {}, rows_of(rows), len(rows))
        async with asyncio.timeout(60):
            events = await events_of(execution)
        last = events[-1]
        assert isinstance(last, RunFinished)
        assert "engine.bug" not in {problem.code for problem in last.problems}, last.problems
        failures = [e.failure for e in events if isinstance(e, NodeSettled) and e.failure]
        assert "node.bug" not in {failure.code for failure in failures}, failures
        by_instance = settled(events)
        assert {scope for _, scope in by_instance} == {f"#{i}" for i in range(len(rows))}
        assert all((node, scope) in by_instance for _, scope in by_instance for node in workflow.graph.nodes)
        assert [decode(encode(event)) for event in events] == events

    asyncio.run(run())

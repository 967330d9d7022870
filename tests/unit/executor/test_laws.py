"""Laws over generated graphs: every run settles, each instance once, whatever happens in it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.costs.cost import FREE
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Edge, Graph, Node, OnError, PortRef, Retry, Workflow
from app.events.json_codec import decode, encode
from app.events.run_events import (
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    PersonAsked,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
    StepsComputed,
)
from app.events.run_state import InstanceState, RunState
from app.executor.doors import Limits
from app.executor.executor import Execution
from app.executor.memory_journal import MemoryJournal, MemoryRuns
from app.executor.past import Keeping, Past
from app.sdk.context import Answer, Decision
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest
from app.sdk.spec import NodeSpec
from tests.acting_workflows import acting_workflows
from tests.acts import ACTING, LOST, REFUSED, Act, Place, count
from tests.flows import SPECS, ScriptedModels, Step, awaited, doors, events_of, settled, start, status
from tests.journals import head

_TYPES = (
    "test.step",
    "test.need",
    "test.branch",
    "test.merge",
    "test.result",
    "test.model",
    "test.person",
    "test.odd",
)
_MANY = ("test.merge",)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """An acyclic graph: node i takes its inputs from nodes before it."""
    count = draw(st.integers(1, 12))
    nodes: dict[str, Node] = {"n0": Node("n0", "test.source", fields={"value": draw(st.sampled_from("xy"))})}
    edges: list[Edge] = []
    for i in range(1, count):
        name, kind = f"n{i}", draw(st.sampled_from(_TYPES))
        nodes[name] = _node(draw, name, kind)
        if kind == "test.odd":  # takes nothing
            continue
        port, most = ("values", 3) if kind in _MANY else ("value", 1)
        sources = draw(st.lists(st.integers(0, i - 1), min_size=1, max_size=most, unique=True))
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
    if kind == "test.branch":
        fields = {"broken": draw(st.integers(0, 4)) == 0}
    if kind == "test.odd":
        fields = {
            "gives": draw(st.sampled_from(["object", "nothing", "cancelled", "half", "verdict", "number"]))
        }
    policy = OnError(draw(st.sampled_from(["stop", "skip", "fallback"])), "f")
    disabled = draw(st.integers(0, 9)) == 0
    return Node(name, kind, fields=fields, on_error=policy, retry=Retry(attempts=2), disabled=disabled)


def _output(draw: st.DrawFn, node: Node) -> PortRef:
    spec = SPECS[node.type]
    names = [port.name for port in spec.ports(spec.decode(node.fields)).outputs]
    return PortRef(node.id, draw(st.sampled_from([*names, *names, "error"])))


class Fickle(ScriptedModels):
    """Takes some turns of the loop for each call, and breaks off in the ways of the list, over and over."""

    def __init__(self, turns: int, breaks: Sequence[str]) -> None:
        super().__init__()
        self._turns = turns
        self._breaks = cycle(breaks)

    async def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append("")
        for _ in range(self._turns):
            await asyncio.sleep(0)
        if code := next(self._breaks):
            raise NodeError(code, retry_after=0)
        return ChatReply("re", "stop", Usage(10, 5), "m", 0)


models = st.builds(
    Fickle,
    st.integers(0, 5),
    st.lists(st.sampled_from(["", "", "model.timeout", "model.key_refused"]), min_size=1, max_size=4),
)
caps = st.one_of(st.none(), st.integers(0, 400).map(Decimal))


async def drive(execution: Execution) -> list[RunEvent]:
    """Answers what people are asked and raises what is too low, but only once the run has paused."""
    events: list[RunEvent] = []
    asked: list[PersonAsked] = []
    async for batch in execution.batches():
        for event in batch:
            events.append(event)
            if isinstance(event, PersonAsked):
                asked.append(event)
            if isinstance(event, RunPaused) and event.status == "paused":
                execution.raise_budget(_cap_now(events) + 90)
            elif isinstance(event, RunPaused):
                for question in asked:
                    execution.answer(question.node, question.scope, Answer("edited", "x"))
                asked = []
    return events


def _cap_now(events: Sequence[RunEvent]) -> Decimal:
    state = RunState()
    state.apply_all(events)
    return Decimal(state.budget or 0)


@settings(max_examples=400, deadline=None)
@given(
    workflows(),
    models,
    caps,
    st.one_of(st.none(), st.integers(0, 6)),
    st.one_of(st.none(), st.integers(0, 60)),
)
def test_every_instance_settles_once_and_the_fold_agrees(
    workflow: Workflow, through: Fickle, cap: Decimal | None, rows: int | None, stop_after: int | None
) -> None:
    Step.failures.clear()

    async def scenario() -> None:
        table = None if rows is None else [{"value": "xy"[i % 2]} for i in range(rows)]
        execution = start(
            workflow,
            rows=table,
            limits=Limits(budget=cap, rows_at_a_time=2),
            through=doors(through, "1"),
        )
        asked_at_stop: list[int] = []

        async def stop() -> None:
            for _ in range(stop_after or 0):
                await asyncio.sleep(0)
            asked_at_stop.append(len(through.asked))
            execution.stop()

        stopping = None if stop_after is None else asyncio.create_task(stop())
        async with asyncio.timeout(60):
            events = await drive(execution)
            if stopping:
                await stopping
        if asked_at_stop:
            assert len(through.asked) == asked_at_stop[0], "a call began after Stop"
        _settles(workflow, events, None if stop_after is not None else rows)
        _adds_up(workflow, events)
        _keeps_to_the_cap(events)
        _pauses_only_when_nothing_goes_on(events)
        assert [decode(encode(event)) for event in events] == events

    asyncio.run(scenario())


def _settles(workflow: Workflow, events: Sequence[RunEvent], rows: int | None) -> None:
    by_instance = settled(events)
    scopes = {scope for _, scope in by_instance}
    # Whatever scope began has settled every node of the workflow.
    assert all((node, scope) in by_instance for scope in scopes for node in workflow.graph.nodes)
    started = [(e.node, e.scope) for e in events if isinstance(e, NodeStarted)]
    started += [(step.node, e.scope) for e in events if isinstance(e, StepsComputed) for step in e.steps]
    assert len(started) == len(set(started))
    assert isinstance(events[-1], RunFinished)
    if rows:
        assert scopes == {f"#{i}" for i in range(rows)}


def _adds_up(workflow: Workflow, events: Sequence[RunEvent]) -> None:
    state = RunState()
    state.apply_all(events)
    assert state.is_over
    assert not state.questions
    ends = [e for e in events if isinstance(e, NodeSettled)]
    places = settled(events)
    calls = [e for e in events if isinstance(e, ModelCalled)]
    for node in workflow.graph.nodes:
        mine = [e for e in ends if e.node == node]
        assert state.nodes[node].settled == sum(node == one for one, _ in places)
        assert state.nodes[node].active == 0
        assert state.nodes[node].cost == sum((e.cost for e in mine), FREE)
        assert state.nodes[node].usage == sum((e.usage for e in mine), NO_USAGE)
    assert (
        sum((n.cost for n in state.nodes.values()), FREE) == state.cost == sum((c.cost for c in calls), FREE)
    )


def _keeps_to_the_cap(events: Sequence[RunEvent]) -> None:
    """No call costs more than its bound here, so the cap of the moment is never overrun."""
    state = RunState()
    for event in events:
        state.apply(event)
        if isinstance(event, ModelCalled) and state.budget is not None:
            assert state.cost.known <= Decimal(state.budget)


def _pauses_only_when_nothing_goes_on(events: Sequence[RunEvent]) -> None:
    for stretch in _pauses(events):
        assert not any(
            isinstance(e, NodeStarted | StepsComputed | ModelCalled | PersonAsked) for e in stretch
        )


def _pauses(events: Sequence[RunEvent]) -> Iterator[list[RunEvent]]:
    """The events from each pause to what ended it; to the end where it was Stop."""
    stretch: list[RunEvent] | None = None
    for event in events:
        if isinstance(event, RunPaused):
            assert stretch is None, "paused twice"
            stretch = []
        elif stretch is not None and isinstance(
            event, PersonAnswered | RunResumed | NodeSettled | RunFinished
        ):
            yield stretch
            stretch = None
        elif stretch is not None:
            stretch.append(event)


@settings(max_examples=100, deadline=None)
@given(workflows())
def test_a_value_leaves_only_through_ports_that_the_event_names(workflow: Workflow) -> None:
    Step.failures.clear()

    async def scenario() -> None:
        events = await drive(start(workflow))
        for event in events:
            if isinstance(event, NodeSettled):  # of a computed step, the outputs themselves say it
                assert set(event.ports) == set(event.outputs)
                assert event.status in ("ok", "failed") or not event.ports

    asyncio.run(scenario())


@settings(max_examples=100, deadline=None)
@given(workflows(), st.integers(1, 4))
def test_a_run_gives_the_same_whatever_the_number_of_rows_at_a_time(
    workflow: Workflow, at_a_time: int
) -> None:
    """Order is never a promise, so without races nothing may depend on it."""
    if any(node.type in (*_MANY, "test.model") for node in workflow.graph.nodes.values()):
        return

    async def outcome(width: int) -> tuple[Any, Any]:
        Step.failures.clear()
        rows = [{"value": "xy"[i % 2]} for i in range(5)]
        execution = start(workflow, rows=rows, limits=Limits(rows_at_a_time=width))
        events = await drive(execution)
        return settled(events), execution.outputs

    async def scenario() -> None:
        one, several = await outcome(1), await outcome(at_a_time)
        assert one[1] == several[1]
        assert _without_cancelled(one[0]) == _without_cancelled(several[0])

    asyncio.run(scenario())


@settings(max_examples=150, deadline=None)
@given(workflows(), st.one_of(st.none(), st.integers(1, 3)))
def test_a_step_that_only_computes_comes_to_the_same_as_one_that_is_awaited(
    workflow: Workflow, rows: int | None
) -> None:
    """With views alike: what a node took and gave, and how often. Races are left out, timing decides them."""
    racing = any(node.fields.get("rule", "all") != "all" for node in workflow.graph.nodes.values())
    if racing or any(node.type == "test.model" for node in workflow.graph.nodes.values()):
        return

    async def outcome(
        specs: Mapping[str, NodeSpec],
    ) -> tuple[dict[tuple[str, str], str], dict[Any, Any], Any]:
        Step.failures.clear()
        table = None if rows is None else [{"value": "xy"[i % 2]} for i in range(rows)]
        execution = start(workflow, rows=table, specs=specs, limits=Limits(rows_at_a_time=1))
        events = await drive(execution)
        state = RunState()
        state.apply_all(events)
        seen = {place: _seen(instance) for place, instance in state.instances.items()}
        return settled(events), seen, execution.outputs

    async def scenario() -> None:
        one = await outcome(SPECS)
        other = await outcome({name: awaited(spec) for name, spec in SPECS.items()})
        # Where a failure ends a scope, how far the other steps had come is a matter of time.
        ended = {
            scope for ends, _, _ in (one, other) for (_, scope), how in ends.items() if how == "cancelled"
        }
        for ends, seen, _ in (one, other):
            for place in [place for place in ends if place[1] in ended]:
                del ends[place], seen[place]
        assert one[:2] == other[:2]
        assert ended or one[2] == other[2]

    asyncio.run(scenario())


def _seen(instance: InstanceState) -> tuple[Any, ...]:
    end = instance.settled
    assert end
    return (
        instance.inputs,
        end.status,
        end.outputs,
        end.ports,
        end.verdict,
        end.failure,
        end.skip,
        end.attempts,
    )


def _without_cancelled(by_instance: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """A row that failed at two places names the first to come."""
    bad = {scope for (_, scope), status in by_instance.items() if status == "cancelled"}
    return {place: status for place, status in by_instance.items() if place[1] not in bad}


async def test_nothing_is_left_of_a_run_that_is_over() -> None:
    before = asyncio.all_tasks()
    for stop in (False, True):
        node = Node("b", "test.step", fields={"turns": 3})
        execution = start(Workflow("w", "W", graph=Graph({"b": node})), rows=[{}] * 5)
        if stop:
            await asyncio.sleep(0)
            execution.stop()
        await events_of(execution)
    assert asyncio.all_tasks() == before


@settings(max_examples=200, deadline=None)
@given(
    acting_workflows(["stop", "skip", "fallback"], ["", "", *LOST, *REFUSED]),
    st.lists(st.integers(0, 60), max_size=4),
    st.lists(st.sampled_from(["approved", "rejected"]), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from([None, None, 3]),
)
def test_no_effect_is_begun_twice_unasked_wherever_the_run_was_cut_off(
    workflow: Workflow, cuts: list[int], said: list[Decision], retry_failed: bool, rows: int | None
) -> None:
    """Beyond its first time only as often as it surely had not happened, or people said so."""
    again = Counter[Place]()
    answers = cycle(said)

    async def life(journal: MemoryJournal, cut: int | None) -> str:
        keeping = Keeping(journal, past=Past(retry_failed=retry_failed))
        table = None if rows is None else [{"value": str(number)} for number in range(rows)]
        execution = start(workflow, specs=ACTING, keeping=keeping, rows=table)
        stopping = None if cut is None else asyncio.create_task(stop(execution, cut))
        events: list[RunEvent] = []
        async for batch in execution.batches():
            for event in batch:
                events.append(event)
                if isinstance(event, PersonAsked):
                    decision = next(answers) if event.about == "effect" else "approved"
                    again[event.node, event.scope] += decision == "rejected"
                    execution.answer(event.node, event.scope, Answer(decision, event.value))
        if stopping:
            await stopping
        settled(events)
        return status(events)

    async def scenario() -> None:
        Act.diary.clear()
        runs = MemoryRuns()
        await runs.begin(head("r"))
        async with asyncio.timeout(60):
            for cut in [*cuts, None, None]:
                await runs.leave("r")
                await life((await runs.reopen("r"))[2], cut)
        begun, surely_not = count("begun"), count(*REFUSED)
        for place, times in begun.items():
            assert times <= 1 + surely_not[place] + again[place], (place, Act.diary)

    asyncio.run(scenario())


@settings(max_examples=200, deadline=None)
@given(acting_workflows(["skip", "fallback"], ["", "", *LOST, *REFUSED]))
def test_no_effect_is_torn_off_by_a_merge(workflow: Workflow) -> None:
    async def scenario() -> None:
        Act.diary.clear()
        events = await events_of(start(workflow, specs=ACTING))
        settled(events)
        assert status(events) == "done"
        assert not count("torn off")

    asyncio.run(scenario())


async def stop(execution: Execution, after: int) -> None:
    for _ in range(after):
        await asyncio.sleep(0)
    execution.stop()

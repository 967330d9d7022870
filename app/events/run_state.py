"""The fold of a run's events that every view renders: the window, the CLI's table and the picture."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.problem import Problem
from app.events.accuracy import VerdictCount
from app.events.run_events import (
    BudgetReached,
    Computed,
    Failure,
    FrameStarted,
    Message,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    PersonAsked,
    Preview,
    Retrying,
    RowSettled,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStatus,
    Scope,
    StepsComputed,
    TextStreamed,
)

NodeStatus: TypeAlias = Literal[
    "idle",
    "running",
    "streaming",
    "retrying",
    "asking",
    "done",
    "check_failed",
    "failed",
    "skipped",
    "cancelled",
]

# Details that are kept; sums are never capped. What left is in the run's journal: ask it for a page of rows.
KEPT_INSTANCES = 5_000
KEPT_ROWS = 5_000  # that went well
KEPT_FAILED_ROWS = 10_000  # that failed or were stopped
KEPT_TRIES = 50  # of one instance
KEPT_MESSAGES = 5_000
KEPT_SPENDS = 10_000  # points of the curve; beyond, every second one is enough


@dataclass(slots=True)
class InstanceState:
    """One instance: what a view shows of a node in one row."""

    node: str
    scope: Scope
    start: float
    end: float | None = None
    inputs: Mapping[str, Preview] = field(default_factory=dict[str, Preview])
    settled: NodeSettled | None = None
    text: str = ""  # partial, while it streams
    retry: Retrying | None = None
    question: PersonAsked | None = None
    decision: str = ""  # of the person who was asked
    tries: tuple[ModelCalled | Retrying, ...] = ()  # the latest of many


@dataclass(slots=True)
class NodeState:
    """One node over all its instances. Times are seconds since the run's start."""

    node: str
    status: NodeStatus = "idle"
    active: int = 0
    started: int = 0
    ok: int = 0
    skipped: int = 0
    failed: int = 0
    cancelled: int = 0
    never_begun: int = 0  # of these
    waits: int = 0  # that a person is still waited for, when the run was left
    memory_wait: Message | None = None  # what was told last of a model that waits for memory
    attempts: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    usage_complete: bool = True  # False: a server did not say what it used
    cost: Cost = FREE
    seconds: float = 0.0
    models: Counter[str] = field(default_factory=Counter[str])
    verdicts: VerdictCount = field(default_factory=VerdictCount)
    ports: Counter[str] = field(default_factory=Counter[str])  # how often a port carried a value
    first: float | None = None
    last: float | None = None
    latest: InstanceState | None = None
    failure: Failure | None = None
    skip: str = ""
    sources: Counter[str] = field(
        default_factory=Counter[str]
    )  # results that were there already: record, cache, pin
    saved: Cost = FREE
    tiers: Counter[int] = field(default_factory=Counter[int])  # how often so many of its models were needed
    compared: int = 0  # instances of which it is known what the strongest model alone would have cost
    compared_cost: Cost = FREE  # what they cost
    instead: Cost = FREE  # what they would have cost

    @property
    def settled(self) -> int:
        return self.ok + self.skipped + self.failed + self.cancelled

    @property
    def model(self) -> str:
        """The model that answered most often."""
        return self.models.most_common(1)[0][0] if self.models else ""


@dataclass(slots=True)
class FrameState:
    """A frame over all its instances: its elements or turns, and what everything inside has taken; what an
    agent's own model took is its node's.

    `total` is -1 where it isn't known.
    """

    total: int = 0
    done: int = 0
    failed: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE


@dataclass(frozen=True, slots=True)
class SpendPoint:
    """Money known to be spent at a time."""

    t: float
    usd: Decimal


@dataclass(slots=True)
class RunState:
    """Everything that views show of one run. `apply` is the only way it changes."""

    run: str = ""
    workflow: str = ""
    name: str = ""
    at: str = ""
    status: RunStatus | Literal["none"] = "none"
    elapsed: float = 0.0
    rows: int | None = None
    rows_done: int = 0
    rows_failed: int = 0
    rows_cancelled: int = 0
    rows_begun: int = 0  # rows begin in order, so this is also the number of the next
    rows_settled: dict[int, RowSettled] = field(default_factory=dict[int, RowSettled])  # bounded, the latest
    budget: str | None = None
    budget_reached: BudgetReached | None = None
    prices_of: str = ""
    nodes: dict[str, NodeState] = field(default_factory=dict[str, NodeState])
    frames: dict[str, FrameState] = field(default_factory=dict[str, FrameState])
    saved: Cost = FREE  # what results of the cache would have cost
    instances: dict[tuple[str, Scope], InstanceState] = field(
        default_factory=dict[tuple[str, Scope], InstanceState]
    )
    questions: dict[tuple[str, Scope], PersonAsked] = field(
        default_factory=dict[tuple[str, Scope], PersonAsked]
    )
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    calls: int = 0
    spend: list[SpendPoint] = field(default_factory=list[SpendPoint])
    messages: list[Message] = field(default_factory=list[Message])
    outputs: Mapping[str, Preview] = field(default_factory=dict[str, Preview])
    problems: tuple[Problem, ...] = ()

    _dropped: list[PersonAsked] = field(
        default_factory=list[PersonAsked]
    )  # questions, when their step was ended
    _well: deque[int] = field(default_factory=deque[int])
    _not_well: deque[int] = field(default_factory=deque[int])

    @property
    def is_over(self) -> bool:
        return self.status in ("done", "failed", "cancelled")

    @property
    def rows_forgotten(self) -> int:
        """Rows that are through and no longer in `rows_settled`: first those that went well, oldest first."""
        return self.rows_done + self.rows_failed + self.rows_cancelled - len(self.rows_settled)

    def copied(self) -> RunState:
        """A state that goes on by itself; what no event changes any more is shared."""
        twin = copy(self)
        instances = {place: copy(instance) for place, instance in self.instances.items()}
        twin.instances = instances
        twin.nodes = {name: _node_copied(state, instances) for name, state in self.nodes.items()}
        twin.frames = {name: copy(frame) for name, frame in self.frames.items()}
        twin.rows_settled, twin.questions = dict(self.rows_settled), dict(self.questions)
        twin.spend, twin.messages = list(self.spend), list(self.messages)
        twin._well, twin._not_well = deque(self._well), deque(self._not_well)  # noqa: SLF001 - its own twin
        return twin

    def inputs_at(self, node: str, scope: Scope) -> Mapping[str, Preview]:
        """What an instance was given, by port; nothing where that is no longer kept."""
        instance = self.instances.get((node, scope))
        return instance.inputs if instance else {}

    def node(self, node: str) -> NodeState:
        """The state of a node; a fresh one where it has none yet."""
        state = self.nodes.get(node)
        if state is None:
            state = self.nodes[node] = NodeState(node)
        return state

    def apply(self, event: RunEvent) -> Collection[str]:
        """Folds one event in; gives the ids of the nodes that changed."""
        self.elapsed = max(self.elapsed, getattr(event, "t", 0.0))
        if isinstance(event, StepsComputed):
            return self._computed(event)
        node = self._fold(event)
        return () if node is None else (node,)

    def _fold(self, event: RunEvent) -> str | None:  # noqa: C901, PLR0911, PLR0912 - one arm an event
        match event:  # the commonest first
            case NodeStarted():
                return self._node_started(event)
            case NodeSettled():
                return self._settled(event)
            case ModelCalled():
                return self._called(event)
            case TextStreamed():
                return self._streamed(event)
            case RowSettled():
                return self._row(event)
            case FrameStarted():
                return self._frame_started(event)
            case Retrying():
                return self._retrying(event)
            case Message():
                return self._message(event)
            case PersonAsked():
                return self._asked(event)
            case PersonAnswered():
                return self._answered(event)
            case BudgetReached():
                return self._budget(event)
            case RunPaused():
                return self._paused(event)
            case RunResumed():
                return self._resumed(event)
            case RunStarted():
                return self._started(event)
            case RunFinished():
                return self._finished(event)
            case StepsComputed():  # the only one of several nodes
                return None

    def apply_all(self, events: Iterable[RunEvent]) -> set[str]:
        """Folds events in order; gives the ids of the nodes that changed."""
        return {node for event in events for node in self.apply(event)}

    def _started(self, event: RunStarted) -> None:
        self.run, self.workflow, self.name, self.at = event.run, event.workflow, event.name, event.at
        self.status, self.rows, self.budget, self.prices_of = (
            "running",
            event.rows,
            event.budget,
            event.prices_of,
        )
        self.nodes = {node: NodeState(node) for node in event.nodes}

    def _node_started(self, event: NodeStarted) -> str:
        node = self.node(event.node)
        instance = InstanceState(event.node, event.scope, event.t, inputs=event.inputs)
        self._keep(instance)
        node.latest = instance
        node.active += 1
        node.started += 1
        node.first = event.t if node.first is None else node.first
        node.status = "running"
        self._go_on()
        return event.node

    def _go_on(self) -> None:
        """Something goes on that had paused."""
        if self.status in ("paused", "waiting"):
            self.status = "running"

    def _keep(self, instance: InstanceState) -> None:
        self.instances[instance.node, instance.scope] = instance
        self.rows_begun = max(self.rows_begun, row_of(instance.scope) + 1)
        if len(self.instances) > KEPT_INSTANCES:  # what is under way stays: it will be asked for again
            over = next((place for place, kept in self.instances.items() if kept.settled), None)
            if over is not None:
                del self.instances[over]

    def _streamed(self, event: TextStreamed) -> str:
        node = self.node(event.node)
        instance = self.instances.get((event.node, event.scope))
        if instance and not instance.settled:
            instance.text = event.text
            node.latest = instance
            node.status = "streaming"
        return event.node

    def _called(self, event: ModelCalled) -> str:
        node = self.node(event.node)
        instance = self._caller(event.node, event.scope)
        if instance:
            instance.tries = (*instance.tries[-KEPT_TRIES:], event)
        usage = event.usage or NO_USAGE
        if event.source == "cache":  # what it saved is told when its step settles
            node.models[event.model] += 1
            return event.node
        node.calls += 1
        node.usage += usage
        node.usage_complete = node.usage_complete and event.usage is not None
        node.cost += event.cost
        if event.failure is None:
            node.models[event.model] += 1
        self._add(event.node, event.scope, usage, event.cost, 1)
        if event.cost.known:
            self.spend.append(SpendPoint(event.t, self.cost.known))
            if len(self.spend) > KEPT_SPENDS:
                del self.spend[1:-1:2]
        return event.node

    def _caller(self, node: str, scope: Scope) -> InstanceState | None:
        """An agent's own calls lie in its scope, one level further in than itself."""
        own = self.instances.get((node, scope))
        return own or self.instances.get((node, scope.rpartition("/")[0])) if frames_of(scope) else own

    def _add(self, node: str, scope: Scope, usage: Usage, cost: Cost, calls: int) -> None:
        """To the run, and to every frame around the node; an agent's own calls lie in its scope and are its node's."""
        self.calls += calls
        self.usage += usage
        self.cost += cost
        for name in frames_of(scope):
            if name == node:
                continue
            frame = self.frame(name)
            frame.calls += calls
            frame.usage += usage
            frame.cost += cost

    def _frame_started(self, event: FrameStarted) -> str:
        frame = self.frame(event.node)
        frame.total = -1 if event.total < 0 or frame.total < 0 else frame.total + event.total
        return event.node

    def frame(self, node: str) -> FrameState:
        """The state of a frame; a fresh one where it has none yet."""
        return self.frames.setdefault(node, FrameState())

    def _retrying(self, event: Retrying) -> str:
        node = self.node(event.node)
        instance = self.instances.get((event.node, event.scope))
        if instance:
            instance.retry = event
            instance.tries = (*instance.tries[-KEPT_TRIES:], event)
            node.latest = instance
        node.status = "retrying"
        return event.node

    def _settled(self, event: NodeSettled) -> str:
        node = self.node(event.node)
        instance = self.instances.get((event.node, event.scope))
        if instance is None:  # skipped or cancelled before it fired
            instance = InstanceState(event.node, event.scope, event.t)
            self._keep(instance)
            node.never_begun += event.status == "cancelled"
        else:
            node.active = max(0, node.active - 1)
        if instance.question and event.status == "cancelled" and not event.skip:
            self._dropped.append(instance.question)
        instance.settled, instance.end, instance.text, instance.question = event, event.t, "", None
        self.questions.pop((event.node, event.scope), None)
        self._is_through(node, instance, event)
        return event.node

    def _computed(self, event: StepsComputed) -> Collection[str]:
        """Each step as if it had begun and settled by itself."""
        self._go_on()
        scope, t = event.scope, event.t - sum(step.seconds for step in event.steps)
        for step in event.steps:
            begun, t = t, t + step.seconds
            settled = NodeSettled(
                t,
                step.node,
                scope,
                "ok",
                step.seconds,
                attempts=1,
                ports=tuple(step.outputs),
                outputs=step.outputs,
                verdict=step.verdict,
            )
            instance = InstanceState(step.node, scope, begun, t, self._came(step, scope), settled)
            self._keep(instance)
            node = self.node(step.node)
            node.started += 1
            node.first = begun if node.first is None else node.first
            self._is_through(node, instance, settled)
        return [step.node for step in event.steps]

    def _came(self, step: Computed, scope: Scope) -> dict[str, Preview]:
        """What it took, from the steps that gave it."""
        came: dict[str, Preview] = {}
        for port, link in step.inputs.items():
            source, _, output = link.rpartition(".")
            giver = self.instances.get((source, scope))
            if giver and giver.settled and output in giver.settled.outputs:
                came[port] = giver.settled.outputs[output]
        return came

    def _is_through(self, node: NodeState, instance: InstanceState, event: NodeSettled) -> None:
        self._count(node, event)
        if event.status != "skipped" or node.latest is None:
            node.latest = instance
        node.last = event.t
        node.status = _status_of(node)
        if not node.active:
            node.memory_wait = None

    def _count(self, node: NodeState, event: NodeSettled) -> None:
        setattr(node, event.status, getattr(node, event.status) + 1)
        node.attempts += event.attempts
        node.seconds += event.seconds
        node.ports.update(event.ports)
        node.failure = event.failure or node.failure
        node.skip = event.skip
        if event.source == "record":  # paid for in an earlier life of the run, and no call says so now
            node.calls += event.calls
            node.usage += event.usage
            node.cost += event.cost
            self._add(event.node, event.scope, event.usage, event.cost, event.calls)
        if event.source:
            node.sources[event.source] += 1
        if event.saved is not None:
            self.saved += event.saved
            node.saved += event.saved
        if event.model and event.source:
            node.models[event.model] += 1
        if event.path:
            node.tiers[_tier_of(event.path)] += 1
        would = event.cost + (event.saved or FREE)  # had the cache had no answer
        if event.instead is not None and would.usd is not None:
            node.compared += 1
            node.compared_cost += would
            node.instead += event.instead
        if event.verdict is not None:
            _count_verdict(node.verdicts, event.verdict)

    def _asked(self, event: PersonAsked) -> str:
        node = self.node(event.node)
        self.questions[event.node, event.scope] = event
        instance = self.instances.get((event.node, event.scope))
        if instance:
            instance.question = event
            node.latest = instance
        node.status = "asking"
        return event.node

    def _answered(self, event: PersonAnswered) -> str:
        self.questions.pop((event.node, event.scope), None)
        self._go_on()
        node = self.node(event.node)
        node.status = "running"
        instance = self.instances.get((event.node, event.scope))
        if instance is not None:
            instance.decision = event.decision
        return event.node

    def _row(self, event: RowSettled) -> str | None:
        if event.frame:
            frame = self.frame(event.frame)
            frame.done += event.status == "done"
            frame.failed += event.status == "failed"
            return event.frame
        self.rows_begun = max(self.rows_begun, event.row + 1)
        self._keep_row(event)
        if event.status == "done":
            self.rows_done += 1
        elif event.status == "failed":
            self.rows_failed += 1
        else:
            self.rows_cancelled += 1
        return None

    def _keep_row(self, event: RowSettled) -> None:
        """Failed rows stay longest: they are what people look for."""
        well = event.status == "done"
        kept, most = (self._well, KEPT_ROWS) if well else (self._not_well, KEPT_FAILED_ROWS)
        self.rows_settled[event.row] = event
        kept.append(event.row)
        if len(kept) > most:
            self.rows_settled.pop(kept.popleft(), None)

    def _budget(self, event: BudgetReached) -> str:
        self.budget_reached = event
        return event.node

    def _resumed(self, event: RunResumed) -> None:
        self.status, self.budget, self.budget_reached = "running", event.budget, None

    def _message(self, event: Message) -> str:
        self.messages.append(event)
        if len(self.messages) > KEPT_MESSAGES:
            del self.messages[0]
        if event.code in _MEMORY_WAITS:
            self.node(event.node).memory_wait = event
        elif event.code == "model.waited_memory":
            self.node(event.node).memory_wait = None
        return event.node

    def _paused(self, event: RunPaused) -> None:
        self.status = event.status
        self._skipped(event.skipped)
        for name in event.waits if event.status == "waiting" else ():
            self.node(name).status = "asking"

    def _finished(self, event: RunFinished) -> None:
        self.status, self.outputs, self.problems = event.status, event.outputs, event.problems
        self.questions.clear()
        self._skipped(event.skipped)
        if event.status in ("paused", "waiting"):
            self._left()

    def _skipped(self, times: Mapping[str, int]) -> None:
        """Some of them may have been told one by one."""
        for name, n in times.items():
            node = self.node(name)
            node.skipped = max(node.skipped, n)
            if node.status == "idle":
                node.status = "skipped"

    def _left(self) -> None:
        """The run goes on one day: what waits still waits, and what had not begun was not stopped."""
        asking = {place for asked in self._dropped for place in _around(asked.node, asked.scope)}
        for name, _ in asking:
            node = self.node(name)
            node.waits += 1
            node.cancelled -= 1
        for node in self.nodes.values():
            node.cancelled -= node.never_begun
            node.never_begun = 0
            if node.waits:
                node.status = "asking"
            elif node.status == "cancelled" and not node.cancelled:
                node.status = "idle"


def _around(node: str, scope: Scope) -> Iterator[tuple[str, Scope]]:
    """An instance and those of the frames that it lies in."""
    yield node, scope
    names, parts = frames_of(scope), scope.split("/")
    inside = [depth for depth, part in enumerate(parts) if part.partition("#")[0]]
    for name, depth in zip(names, inside, strict=True):
        yield name, "/".join(parts[:depth])


_MEMORY_WAITS = ("model.waits_memory", "model.waits_room")


def _node_copied(state: NodeState, instances: Mapping[tuple[str, Scope], InstanceState]) -> NodeState:
    latest = state.latest
    return replace(
        state,
        models=Counter(state.models),
        verdicts=replace(state.verdicts, expected=Counter(state.verdicts.expected)),
        ports=Counter(state.ports),
        latest=latest and (instances.get((latest.node, latest.scope)) or copy(latest)),
        sources=Counter(state.sources),
        tiers=Counter(state.tiers),
    )


def frames_of(scope: Scope) -> tuple[str, ...]:
    """The ids of the frames that a scope lies in, outermost first; those in a Sub-workflow begin with its id."""
    if not scope or (scope[0] == "#" and "/" not in scope):
        return ()
    found: list[str] = []
    around = ""
    for part in scope.split("/"):
        name, _, number = part.partition("#")
        if name:
            found.append(f"{around}{name}")
            around = around if number else f"{around}{name}/"
    return tuple(found)


def row_of(scope: Scope) -> int:
    """The row that a scope lies in, from 0; -1 outside of rows."""
    return int(scope[1:].partition("/")[0]) if scope.startswith("#") else -1


def _tier_of(path: Sequence[Mapping[str, Any]]) -> int:
    """How many of its models a step needed one after the other; 1 where they were not asked in turn."""
    in_turn = all(turn.get("outcome") in ("failed", "not_checked", "error") for turn in path[:-1])
    return len(path) if in_turn else 1


def _status_of(node: NodeState) -> NodeStatus:
    if node.active:
        return "running"
    if node.failed:
        return "failed"
    if node.ok:  # of many, some may have been stopped
        bad = node.verdicts.failed + node.verdicts.not_checked
        return "check_failed" if bad and not node.verdicts.passed else "done"
    return "cancelled" if node.cancelled else "skipped"


def _count_verdict(count: VerdictCount, verdict: Mapping[str, Any]) -> None:
    word = verdict.get("verdict")
    if word == "passed":
        count.passed += 1
    elif word == "failed":
        count.failed += 1
    else:
        count.not_checked += 1
    expected = next(
        (r["args"]["expected"] for r in verdict.get("reasons", ()) if "expected" in r.get("args", {})), None
    )
    if expected is not None:
        count.expected[str(expected)] += 1

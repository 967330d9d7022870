"""Small node types and a short way to write workflows down, for tests of planner and executor."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from app.costs.cost import FREE, Cost
from app.costs.usage import Usage
from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow
from app.events.run_events import NodeSettled, RunEvent, RunFinished, StepsComputed
from app.executor.doors import Doors, Limits
from app.executor.executor import Execution
from app.executor.past import Keeping
from app.planner.plan import Plan
from app.planner.planner import Planned, make_plan
from app.registry.discovery import discover
from app.sdk.context import Question, RunContext, Surroundings
from app.sdk.data_types import DataType
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, ListField, ModelChoice, ModelField, NumberField, TextField, ToggleField
from app.sdk.gateway import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    FinishReason,
    LabelScores,
    Load,
    ModelFacts,
    ScoreRequest,
)
from app.sdk.node_type import ByPort, MergeRule, NodeType
from app.sdk.ports import SKIP, Port, Ports, PortSpec
from app.sdk.spec import NodeSpec, spec_of
from app.sdk.verdict import Reason, Verdict


@dataclass(frozen=True)
class NoFields:
    pass


@dataclass(frozen=True)
class NoInputs:
    pass


@dataclass(frozen=True)
class OneValue:
    value: Annotated[Any, Port("Value", "any")] = SKIP


@dataclass(frozen=True)
class OptionalValue:
    value: Annotated[Any, Port("Value", "any")] = None


@dataclass(frozen=True)
class NeededValue:
    value: Annotated[Any, Port("Value", "any")]


@dataclass(frozen=True)
class SourceFields:
    value: Annotated[str, TextField(label="Value")] = "x"


class Source(NodeType[SourceFields, NoInputs, OneValue]):
    """Gives a value; one of the row where the row has it."""

    id = "test.source"
    title = "Source"
    summary = ""
    kind = "intent"
    category = "start"
    icon = "message-square"

    def compute(self, fields: SourceFields, inputs: NoInputs, around: Surroundings) -> OneValue:
        return OneValue(around.values.get("value", fields.value))


@dataclass(frozen=True)
class StepFields:
    fail: Annotated[str, TextField(label="Fail with")] = ""
    fail_times: Annotated[int, NumberField(label="Times")] = 1_000_000
    turns: Annotated[int, NumberField(label="Turns of the loop to wait")] = 0
    for_ever: Annotated[bool, ToggleField(label="For ever")] = False
    stubborn: Annotated[int, NumberField(label="Times it doesn't let itself be ended")] = 0
    wait: Annotated[float, NumberField(label="Seconds that a server would like to be left alone")] = 0
    says: Annotated[str, TextField(label="Says this instead")] = ""


class Step(NodeType[StepFields, OptionalValue, OneValue]):
    """Passes its value on; waits or fails where told."""

    id = "test.step"
    title = "Step"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"
    failures: ClassVar[dict[str, int]] = {}

    async def run(self, fields: StepFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        for _ in range(fields.turns):
            await asyncio.sleep(0)
        for _ in range(fields.stubborn):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        if fields.for_ever:
            await asyncio.Event().wait()
        if fields.fail:
            seen = self.failures.get(fields.fail, 0)
            self.failures[fields.fail] = seen + 1
            if seen < fields.fail_times:
                raise NodeError(fields.fail.partition("@")[0], retry_after=fields.wait)
        return OneValue(fields.says or inputs.value)


@dataclass(frozen=True)
class OddFields:
    gives: Annotated[str, TextField(label="What it gives")] = ""


class Odd(NodeType[OddFields, OptionalValue, ByPort]):
    """What an author's mistakes look like from outside."""

    id = "test.odd"
    title = "Odd"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"

    @classmethod
    def ports(cls, fields: OddFields) -> Ports:
        promised: Mapping[str, DataType] = {"verdict": "verdict", "number": "list"}
        return Ports((), (PortSpec("value", "Value", promised.get(fields.gives, "any")),))

    def compute(self, fields: OddFields, inputs: OptionalValue, around: Surroundings) -> ByPort:
        circle: list[Any] = []
        circle.append(circle)
        if fields.gives == "cancelled":
            raise asyncio.CancelledError
        given: dict[str, Any] = {
            "object": {"value": object()},
            "circle": {"value": circle},
            "nan": {"value": float("nan")},
            "half": {"value": "half a pair: \ud800"},
            "verdict": {"value": "passed"},
            "number": {"value": 5},
            "nothing": None,
        }
        return given[fields.gives]


class Need(NodeType[NoFields, NeededValue, OneValue]):
    """Needs its value."""

    id = "test.need"
    title = "Need"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"

    def compute(self, fields: NoFields, inputs: NeededValue, around: Surroundings) -> OneValue:
        return OneValue(inputs.value)


@dataclass(frozen=True)
class TextInput:
    text: Annotated[str, Port("Text", "text")]


class Text(NodeType[NoFields, TextInput, OneValue]):
    """Takes a text only."""

    id = "test.text"
    title = "Text"
    summary = ""
    kind = "data"
    category = "logic"
    icon = "type"

    def compute(self, fields: NoFields, inputs: TextInput, around: Surroundings) -> OneValue:
        return OneValue(inputs.text)


@dataclass(frozen=True)
class TwoWays:
    yes: Annotated[Any, Port("Yes", "any", tone="pass")] = SKIP
    no: Annotated[Any, Port("No", "any", tone="fail")] = SKIP
    verdict: Annotated[Any, Port("Verdict", "verdict")] = SKIP


@dataclass(frozen=True)
class BranchFields:
    equals: Annotated[str, TextField(label="Equals")] = "x"
    broken: Annotated[bool, ToggleField(label="Breaks off")] = False


class Branch(NodeType[BranchFields, NeededValue, TwoWays]):
    """A verifier: yes where the value equals the setting."""

    id = "test.branch"
    title = "Branch"
    summary = ""
    kind = "verifier"
    category = "checks"
    icon = "git-branch"

    def compute(self, fields: BranchFields, inputs: NeededValue, around: Surroundings) -> TwoWays:
        if fields.broken:
            raise NodeError("test.broken")
        word = "passed" if inputs.value == fields.equals else "failed"
        reason = Reason("equals", word, {"expected": fields.equals, "actual": str(inputs.value)})
        verdict = Verdict(word, (reason,)).to_value()
        return (
            TwoWays(yes=inputs.value, verdict=verdict)
            if word == "passed"
            else TwoWays(no=inputs.value, verdict=verdict)
        )


@dataclass(frozen=True)
class MergeFields:
    rule: Annotated[str, TextField(label="Rule")] = "first"
    k: Annotated[int, NumberField(label="k")] = 1


class Merge(NodeType[MergeFields, ByPort, OneValue]):
    """Takes many."""

    id = "test.merge"
    title = "Merge"
    summary = ""
    kind = "flow"
    category = "logic"
    icon = "merge"

    @classmethod
    def ports(cls, fields: MergeFields) -> Ports:
        return Ports((PortSpec("values", "Values", "any", True, True),), (PortSpec("value", "Value", "any"),))

    @classmethod
    def merge_rule(cls, fields: MergeFields) -> MergeRule:
        return MergeRule(fields.rule, fields.k)  # type: ignore[arg-type]

    def compute(self, fields: MergeFields, inputs: ByPort, around: Surroundings) -> OneValue:
        values: Any = inputs["values"]
        return OneValue(values[0] if fields.rule == "first" else values)


@dataclass(frozen=True)
class AskModelFields:
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    schema_of: Annotated[int, NumberField(label="Length of its schema")] = 0


class AskModel(NodeType[AskModelFields, OptionalValue, OneValue]):
    """One call."""

    id = "test.model"
    title = "Model"
    summary = ""
    kind = "model"
    category = "models"
    icon = "zap"
    effect = "model"

    async def run(self, fields: AskModelFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        request = ChatRequest(
            fields.model,
            [ChatMessage("user", str(inputs.value))],
            max_tokens=100,
            schema={"description": "x" * fields.schema_of} if fields.schema_of else None,
            on_text=ctx.show,
        )
        reply = await ctx.models.chat(request)
        return OneValue(reply.text)


@dataclass(frozen=True)
class TalkFields:
    says: Annotated[tuple[str, ...], ListField(label="What it says")] = ("one", "two", "three")
    at_once: Annotated[bool, ToggleField(label="All at once")] = False
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL


class Talk(NodeType[TalkFields, OptionalValue, OneValue]):
    """Several calls, each about the value."""

    id = "test.talk"
    title = "Talk"
    summary = ""
    kind = "model"
    category = "models"
    icon = "zap"
    effect = "model"

    async def run(self, fields: TalkFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        async def ask(tier: int, text: str) -> str:
            said = [ChatMessage("user", f"{inputs.value}: {text}")]
            return (await ctx.models.chat(ChatRequest(fields.model, said, max_tokens=100, tier=tier))).text

        if fields.at_once:
            return OneValue(list(await asyncio.gather(*map(ask, range(1, 9), fields.says))))
        return OneValue([await ask(tier, text) for tier, text in enumerate(fields.says, 1)])


class ActingTalk(Talk):
    """Does something outside between its calls."""

    id = "test.acting_talk"
    keeps_calls = True


class CachedTalk(Talk):
    """Its replies are cached, and not what it gives."""

    id = "test.cached_talk"
    cached = "calls"


@dataclass(frozen=True)
class AskPersonFields:
    timeout: Annotated[float | None, NumberField(label="Wait at most")] = None


class AskPerson(NodeType[AskPersonFields, NeededValue, OneValue]):
    """Waits for a person."""

    id = "test.person"
    title = "Person"
    summary = ""
    kind = "human"
    category = "checks"
    icon = "user-check"
    effect = "person"

    async def run(self, fields: AskPersonFields, inputs: NeededValue, ctx: RunContext) -> OneValue:
        answer = await ctx.ask(Question("Is this right?", inputs.value, timeout=fields.timeout))
        return OneValue(answer.value)


class Effect(NodeType[NoFields, OptionalValue, OneValue]):
    """Does something outside: tells the list `done`."""

    id = "test.effect"
    title = "Effect"
    summary = ""
    kind = "tool"
    category = "tools"
    icon = "globe"
    effect = "side_effect"
    done: ClassVar[list[Json]] = []

    async def run(self, fields: NoFields, inputs: OptionalValue, ctx: RunContext) -> OneValue:
        self.done.append(inputs.value)
        return OneValue(inputs.value)


@dataclass(frozen=True)
class ResultFields:
    name: Annotated[str, TextField(label="Name")] = "result"


class Result(NodeType[ResultFields, NeededValue, OneValue]):
    """A result of the run."""

    id = "test.result"
    title = "Result"
    summary = ""
    kind = "output"
    category = "start"
    icon = "flag"

    @classmethod
    def result_name(cls, fields: ResultFields) -> str:
        return fields.name

    def compute(self, fields: ResultFields, inputs: NeededValue, around: Surroundings) -> OneValue:
        return OneValue(inputs.value)


SPECS: Mapping[str, NodeSpec] = {spec.id: spec for spec in discover().specs} | {
    t.id: spec_of(t)
    for t in (
        Source,
        Step,
        Odd,
        Need,
        Text,
        Branch,
        Merge,
        AskModel,
        Talk,
        ActingTalk,
        CachedTalk,
        AskPerson,
        Effect,
        Result,
    )
}


class ScriptedModels:
    """A Models door that answers from a function and counts what is asked."""

    def __init__(self, answer: Callable[[str], str] = lambda text: f"re: {text}") -> None:
        self.answer = answer
        self.asked: list[str] = []
        self.hold: asyncio.Event | None = None
        self.finish: FinishReason = "stop"
        self.id = "scripted-1"

    def facts(self, choice: ModelChoice) -> ModelFacts:
        return ModelFacts(self.id, "Test", "openai_compatible")

    def load(self, choice: ModelChoice) -> Load | None:
        return None

    async def chat(self, request: ChatRequest) -> ChatReply:
        text = request.messages[-1].content
        self.asked.append(text)
        if request.on_text:
            request.on_text("re")
        if self.hold:
            await self.hold.wait()
        return ChatReply(self.answer(text), self.finish, Usage(10, 5), "scripted-1", 0.01)

    async def score(self, request: ScoreRequest) -> LabelScores:
        raise NodeError("model.cannot_score")


def doors(models: ScriptedModels | None = None, price: str = "0") -> Doors:
    """Doors to a scripted model with one price a token; no network and no files."""
    a_token = Decimal(price)
    nothing: Any = None
    return Doors(
        models or ScriptedModels(),
        nothing,
        nothing,
        lambda _: True,
        lambda _, usage: Cost(a_token * usage.total, "priced") if usage and a_token else FREE,
        lambda _, usage: a_token * usage.total,
    )


def flow(nodes: Mapping[str, str | tuple[str, Mapping[str, Json]] | Node], edges: Sequence[str]) -> Workflow:
    """`flow({"a": "test.source", "b": ("test.step", {...})}, ["a.value>b.value"])`."""
    placed: dict[str, Node] = {}
    for name, what in nodes.items():
        if isinstance(what, Node):
            placed[name] = what
        else:
            type_id, fields = (what, {}) if isinstance(what, str) else what
            placed[name] = Node(name, type_id, fields=fields)
    return Workflow("w", "Test", graph=Graph(placed, tuple(_edge(e) for e in edges)))


def frame(
    name: str,
    type_id: str,
    nodes: Mapping[str, str | tuple[str, Mapping[str, Json]] | Node],
    edges: Sequence[str],
    **fields: Json,
) -> Node:
    """A frame with this body."""
    return Node(name, type_id, fields=fields, body=flow(nodes, edges).graph)


def inputs(**sources: str) -> tuple[str, Mapping[str, Json]]:
    """`inputs(item="item", rate="port")`: an Inputs step."""
    return "flow.inputs", {"given": [{"name": n, "source": s} for n, s in sources.items()]}


def _edge(text: str) -> Edge:
    source, target = text.split(">")
    return Edge(PortRef(*source.split(".")), PortRef(*target.split(".")))


def awaited(spec: NodeSpec) -> NodeSpec:
    """The same type with its work in `run`, so that a task does it and events of its own tell it."""
    if not spec.computes:
        return spec

    async def run(self: Any, fields: Any, inputs: Any, ctx: RunContext) -> Any:
        return self.computed(fields, inputs, ctx)

    work = {"computed": spec.type.compute, "compute": NodeType.compute, "run": run}
    return replace(spec, type=type(spec.type.__name__, (spec.type,), work))


def planned(workflow: Workflow, specs: Mapping[str, NodeSpec] = SPECS) -> Planned:
    return make_plan(workflow, "digest", specs.get, ScriptedModels().facts)


def plan(workflow: Workflow, specs: Mapping[str, NodeSpec] = SPECS) -> Plan:
    """The plan of a workflow that must be without a fault."""
    result = planned(workflow, specs)
    assert result.plan, result.problems
    return result.plan


async def rows_of(rows: Sequence[Mapping[str, Json]]) -> Any:
    for first in range(0, len(rows), 3):
        yield rows[first : first + 3]


async def run(
    workflow: Workflow, *, values: Mapping[str, Json] | None = None, **more: Any
) -> tuple[Execution, list[RunEvent]]:
    """Runs to the end; gives the execution and every event."""
    execution = start(workflow, values=values, **more)
    return execution, await events_of(execution)


def start(
    workflow: Workflow,
    *,
    values: Mapping[str, Json] | None = None,
    rows: Sequence[Mapping[str, Json]] | None = None,
    limits: Limits | None = None,
    through: Doors | None = None,
    keeping: Keeping | None = None,
    specs: Mapping[str, NodeSpec] = SPECS,
) -> Execution:
    source = rows_of(rows) if rows is not None else None
    count = len(rows) if rows is not None else None
    return Execution(
        plan(workflow, specs),
        through or doors(),
        limits or Limits(),
        "run-1",
        values or {},
        source,
        count,
        keeping,
    )


async def events_of(execution: Execution) -> list[RunEvent]:
    return [event async for batch in execution.batches() for event in batch]


def settled(events: Sequence[RunEvent]) -> dict[tuple[str, str], str]:
    """Status by (node, scope); fails if any instance settled twice."""
    found: dict[tuple[str, str], str] = {}
    for event in events:
        ends: list[tuple[str, str, str]] = []
        if isinstance(event, NodeSettled):
            ends = [(event.node, event.scope, event.status)]
        elif isinstance(event, StepsComputed):
            ends = [(step.node, event.scope, "ok") for step in event.steps]
        for node, scope, how in ends:
            assert (node, scope) not in found, f"{node} settled twice"
            found[node, scope] = how
    return found


def status(events: Sequence[RunEvent]) -> str:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last.status

"""A small support workflow with node types of its own, and a run of it: what the canvas's tests draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.document.workflow import Edge, Graph, Group, Layout, Node, Note, PortRef, Workflow
from app.events.run_events import (
    ModelCalled,
    NodeSettled,
    NodeStarted,
    Preview,
    RunEvent,
    RunStarted,
    TextStreamed,
)
from app.events.run_state import RunState
from app.sdk.fields import SMALL, ListField, ModelChoice, ModelField, TextField
from app.sdk.node_type import NodeType, Preset
from app.sdk.ports import SKIP, Port, Ports, PortSpec
from app.sdk.spec import NodeSpec, spec_of


@dataclass(frozen=True)
class NoFields:
    pass


@dataclass(frozen=True)
class NoPorts:
    pass


@dataclass(frozen=True)
class Message:
    message: Annotated[str, Port("Message", "text")]


class Ask(NodeType[NoFields, NoPorts, Message]):
    """Asks."""

    id = "test.ask"
    title = "Ask"
    summary = "What the person wants"
    kind = "intent"
    category = "start"
    icon = "message-square"


@dataclass(frozen=True)
class WriteFields:
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    prompt: Annotated[str, TextField(label="Prompt")] = ""


@dataclass(frozen=True)
class WriteInputs:
    prompt: Annotated[str, Port("Prompt", "text")]
    context: Annotated[Any, Port("Context", "record")] = None


@dataclass(frozen=True)
class WriteOutputs:
    text: Annotated[str, Port("Answer", "text", main=True)]


class Write(NodeType[WriteFields, WriteInputs, WriteOutputs]):
    """Writes."""

    id = "test.write"
    title = "Text model"
    summary = "For tests"
    kind = "model"
    category = "models"
    icon = "brain"
    effect = "model"
    presets = (
        Preset("cheap", "Cheap model", "Fast, pennies a run", {"model": {"role": "small"}}, "zap", "cheap"),
        Preset(
            "strong", "Strong model", "For the hard cases", {"model": {"role": "strong"}}, "brain", "strong"
        ),
    )


@dataclass(frozen=True)
class CheckInputs:
    value: Annotated[Any, Port("Answer", "any")]


@dataclass(frozen=True)
class CheckOutputs:
    passed: Annotated[Any, Port("Pass", "text", tone="pass")] = SKIP
    failed: Annotated[Any, Port("Fail", "text", tone="fail")] = SKIP


class Check(NodeType[NoFields, CheckInputs, CheckOutputs]):
    """Checks."""

    id = "test.check"
    title = "Check"
    summary = "For tests"
    kind = "verifier"
    category = "checks"
    icon = "shield-check"

    @classmethod
    def headline(cls, fields: NoFields) -> str:
        return "3 rules"


@dataclass(frozen=True)
class LookUpInputs:
    order: Annotated[str, Port("Order number", "text")]


@dataclass(frozen=True)
class LookUpOutputs:
    found: Annotated[Any, Port("Order", "record")]
    amount: Annotated[float, Port("Amount", "number")] = 0.0
    status: Annotated[int, Port("Status", "number", quiet=True)] = 200
    page: Annotated[str, Port("Page", "text", quiet=True)] = ""


class LookUp(NodeType[NoFields, LookUpInputs, LookUpOutputs]):
    """Looks up."""

    id = "test.look_up"
    title = "Web request"
    summary = "For tests"
    kind = "tool"
    category = "tools"
    icon = "globe"


@dataclass(frozen=True)
class SendInputs:
    draft: Annotated[str, Port("From draft", "text")] = ""
    expert: Annotated[str, Port("From expert", "text")] = ""


class Send(NodeType[NoFields, SendInputs, NoPorts]):
    """Sends."""

    id = "test.send"
    title = "Output"
    summary = "For tests"
    kind = "output"
    category = "start"
    icon = "flag"


@dataclass(frozen=True)
class SwitchFields:
    ways: Annotated[tuple[str, ...], ListField(label="Ways")] = ("yes", "no")


class Switch(NodeType[SwitchFields, CheckInputs, Mapping[str, Any]]):
    """Its settings decide its ports."""

    id = "test.switch"
    title = "Switch"
    summary = "For tests"
    kind = "flow"
    category = "logic"
    icon = "git-branch"

    @classmethod
    def ports(cls, fields: SwitchFields) -> Ports:
        outputs = tuple(PortSpec(way, way, "text", own_label=True) for way in fields.ways)
        return Ports((PortSpec("value", "Value", "any"),), outputs)


class Frame(NodeType[NoFields, CheckInputs, Mapping[str, Any]]):
    """Holds steps."""

    id = "test.frame"
    title = "Repeat"
    summary = "For tests"
    kind = "flow"
    category = "logic"
    icon = "layers"
    frame = "map"


SPECS: Mapping[str, NodeSpec] = {t.id: spec_of(t) for t in (Ask, Write, Check, LookUp, Send, Switch, Frame)}


def specs(type_id: str) -> NodeSpec | None:
    return SPECS.get(type_id)


def edge(source: str, target: str) -> Edge:
    """`edge("ask.message", "draft.prompt")`."""
    return Edge(PortRef(*source.split(".")), PortRef(*target.split(".")))


STRONG_FIELDS = {"model": {"role": "strong"}}
NODES = (
    Node("ask", "test.ask", title="Customer request"),
    Node("draft", "test.write", title="Quick draft"),
    Node("check", "test.check", title="Check the answer"),
    Node("order", "test.look_up", title="Order lookup"),
    Node("expert", "test.write", title="Expert answer", fields=STRONG_FIELDS),
    Node("again", "test.check", title="Check again"),
    Node("send", "test.send", title="Send reply"),
)
EDGES = tuple(
    sorted(
        (
            edge("ask.message", "draft.prompt"),
            edge("ask.message", "order.order"),
            edge("draft.text", "check.value"),
            edge("check.passed", "send.draft"),
            edge("check.failed", "expert.prompt"),
            edge("order.found", "expert.context"),
            edge("expert.text", "again.value"),
            edge("again.passed", "send.expert"),
        ),
        key=lambda e: e.id,
    )
)
PLACES = {
    "ask": (32, 264),
    "draft": (296, 120),
    "check": (560, 120),
    "order": (296, 432),
    "expert": (560, 432),
    "again": (824, 432),
    "send": (1088, 264),
}


def triage(**layout: Any) -> Workflow:
    """Seven steps and eight links; `layout` adds notes, groups, widths."""
    graph = Graph({node.id: node for node in NODES}, EDGES)
    return Workflow("w1", "Support triage", graph=graph, layout=Layout(positions=PLACES, **layout))


def decorated() -> Workflow:
    """With a note and a group."""
    return triage(
        notes={
            "n1": Note(
                "The expert is asked only when the check fails.\n<b>plain</b> text", 1088, 440, 216, 104
            )
        },
        groups={"g1": Group("Stronger way", ("again", "expert"), "violet")},
    )


def _call(node: str, t: float, model: str, tokens: int, usd: str) -> ModelCalled:
    usage = Usage(input=tokens * 3 // 4, output=tokens - tokens * 3 // 4)
    return ModelCalled(t, node, "", model, "cloud", usage, Cost(Decimal(usd), "priced"), 1.0)


def _ok(node: str, t: float, seconds: float, port: str, words: str = "", **more: Any) -> NodeSettled:
    preview = {port: Preview(words, "text", len(words))} if words else {}
    return NodeSettled(t, node, "", "ok", seconds, 1, ports=(port,), outputs=preview, **more)


FAILED = {
    "verdict": "failed",
    "reasons": [
        {"code": "contains", "verdict": "passed", "args": {}},
        {"code": "equals", "verdict": "passed", "args": {}},
        {"code": "tone", "verdict": "failed", "args": {}},
    ],
}


def half_run() -> list[RunEvent]:
    """The run in the middle: the check has failed and the expert is writing."""
    return [
        RunStarted("r1", "w1", "Support triage", "d", "2026-11-20T14:32:00Z", tuple(n.id for n in NODES)),
        NodeStarted(0.0, "ask", ""),
        _ok("ask", 0.1, 0.1, "message"),
        NodeStarted(0.1, "draft", ""),
        NodeStarted(0.1, "order", ""),
        _ok("order", 0.5, 0.4, "found"),
        _call("draft", 1.2, "Haiku", 1400, "0.0011"),
        _ok("draft", 1.3, 1.2, "text"),
        NodeStarted(1.3, "check", ""),
        _call("check", 1.8, "Haiku", 600, "0.0004"),
        _ok("check", 2.0, 0.7, "failed", verdict=FAILED),
        NodeStarted(2.0, "expert", ""),
        _call("expert", 3.0, "Opus", 2800, "0.031"),
        TextStreamed(
            4.0, "expert", "", "Dear Ms Okafor, I am sorry that the charger of order 20417 is missing"
        ),
    ]


def run_state(events: list[RunEvent] | None = None) -> RunState:
    state = RunState()
    state.apply_all(half_run() if events is None else events)
    return state

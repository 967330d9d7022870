"""For authors of nodes: run one node by itself, with the doors that the test gives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from app.costs.usage import Usage
from app.document.problem import Argument
from app.document.workflow import Json, JsonObject
from app.sdk.context import Answer, Files, Net, Question
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import (
    ChatReply,
    ChatRequest,
    EmbedReply,
    EmbedRequest,
    FinishReason,
    LabelScores,
    Load,
    ModelFacts,
    Models,
    ScoreRequest,
)
from app.sdk.lit_path import Turn
from app.sdk.memory import Memory, MemoryOfProcess
from app.sdk.node_type import NodeType
from app.sdk.ports import Skip
from app.sdk.spec import inputs_object, outputs_by_port, spec_of
from app.sdk.spread import Spread


@dataclass(frozen=True, slots=True)
class NodeRun:
    """What came of it: the values by port (without those that carry skip), and what the node said on the way."""

    outputs: Mapping[str, Value]
    shown: Sequence[str]
    told: Sequence[tuple[str, Mapping[str, Argument]]]
    asked: Sequence[Question]
    path: Sequence[JsonObject] = ()


@dataclass
class OneNodeContext:
    """A RunContext for one node. A door that the test doesn't give raises LookupError when it is used."""

    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    row: int | None = None
    idempotency_key: str = "test"
    spent: Decimal = Decimal(0)
    memory: Memory = field(default_factory=MemoryOfProcess)
    spread: Spread = field(default_factory=Spread)
    given_models: Models | None = None
    given_net: Net | None = None
    given_files: Files | None = None
    answer: Callable[[Question], Answer] | None = None
    shown: list[str] = field(default_factory=list[str])
    told: list[tuple[str, Mapping[str, Argument]]] = field(
        default_factory=list[tuple[str, Mapping[str, Argument]]]
    )
    asked: list[Question] = field(default_factory=list[Question])
    path: Sequence[JsonObject] = ()

    @property
    def models(self) -> Models:
        return _given(self.given_models, "models")

    @property
    def net(self) -> Net:
        return _given(self.given_net, "net")

    @property
    def files(self) -> Files:
        return _given(self.given_files, "files")

    @asynccontextmanager
    async def in_turn(self, what: str) -> AsyncGenerator[None]:
        """It is alone."""
        yield

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return _given(self.answer, "answer")(question)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def light(self, path: Sequence[Turn]) -> None:
        self.path = [turn.to_value() for turn in path]

    def tell(self, code: str, **args: Argument) -> None:
        self.told.append((code, args))


def _given(door: Any, name: str) -> Any:
    if door is None:
        raise LookupError(f"the node asks for something that the test doesn't give: {name}=…")
    return door


async def run_node(  # noqa: PLR0913 - one for each door
    node_type: type[NodeType[Any, Any, Any]],
    fields: JsonObject | None = None,
    inputs: Mapping[str, Value] | None = None,
    *,
    models: Models | None = None,
    net: Net | None = None,
    files: Files | None = None,
    values: Mapping[str, Json] | None = None,
    answer: Callable[[Question], Answer] | None = None,
    spread: Spread | None = None,
) -> NodeRun:
    """Runs a node as the executor would: `fields` is plain data as in a file, `inputs` by port name. With the same
    `spread` as another instance of the step in one run.

    Raises FieldFault, NodeError, and AssertionError where the node's ports don't say what it takes and gives.
    """
    spec = spec_of(node_type)
    decoded = spec.decode(fields or {})
    ports = spec.ports(decoded)
    given = dict(inputs or {})
    _agree(given, [port.name for port in ports.inputs], [port.name for port in ports.inputs if port.required])
    ctx = OneNodeContext(
        values or {},
        spread=spread or Spread(),
        given_models=models,
        given_net=net,
        given_files=files,
        answer=answer,
    )
    left = outputs_by_port(await node_type().run(decoded, inputs_object(node_type, given), ctx))
    outputs = {name: value for name, value in left.items() if not isinstance(value, Skip)}
    _agree(outputs, [port.name for port in ports.outputs])
    return NodeRun(outputs, ctx.shown, ctx.told, ctx.asked, ctx.path)


def _agree(values: Mapping[str, Value], allowed: Sequence[str], required: Sequence[str] = ()) -> None:
    strangers = [name for name in values if name not in allowed]
    missing = [name for name in required if name not in values]
    if strangers or missing:
        raise AssertionError(f"ports {list(allowed)}: unknown {strangers}, missing {missing}")


@dataclass
class ScriptedModels:
    """Models that say what the test tells them to, in order; a NodeError in the script is raised.

    `requests` keeps every request. `shares` answers label scoring: probabilities by label, or a function of the prompt.
    """

    replies: Sequence[str | NodeError] = ()
    shares: Mapping[str, float] | Callable[[str], Mapping[str, float]] | None = None
    facts_of_all: ModelFacts | None = None
    finish: FinishReason = "stop"
    loads: Mapping[str, Load] = field(default_factory=dict[str, Load])  # by target
    requests: list[ChatRequest | ScoreRequest | EmbedRequest] = field(
        default_factory=list[ChatRequest | ScoreRequest | EmbedRequest]
    )

    async def chat(self, request: ChatRequest) -> ChatReply:
        said = self.replies[sum(isinstance(r, ChatRequest) for r in self.requests)]
        self.requests.append(request)
        await asyncio.sleep(0)
        if isinstance(said, NodeError):
            raise said
        if request.on_text:
            for start in range(0, len(said), 8):
                request.on_text(said[start : start + 8])
        return ChatReply(said, self.finish, Usage(10, len(said) // 4 + 1), "scripted", 0.0)

    async def score(self, request: ScoreRequest) -> LabelScores:
        self.requests.append(request)
        await asyncio.sleep(0)
        if self.shares is None:
            raise NodeError("model.cannot_score")
        shares = self.shares(request.prompt) if callable(self.shares) else self.shares
        return LabelScores({label: shares[label] for label in request.labels}, Usage(10, 1), "scripted", 0.0)

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Vectors of the letters' counts, so that like texts are near."""
        self.requests.append(request)
        await asyncio.sleep(0)
        vectors = tuple(
            tuple(float(text.casefold().count(letter)) for letter in "aeiost") for text in request.texts
        )
        return EmbedReply(vectors, Usage(sum(len(text) // 4 + 1 for text in request.texts)), "scripted", 0.0)

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self.facts_of_all

    def load(self, choice: ModelChoice) -> Load | None:
        return self.loads.get(choice.target)

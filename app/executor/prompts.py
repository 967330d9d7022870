"""What a step and its model said: its node begins as it did in the run, and is caught before anything leaves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple, NoReturn

from app.document.problem import Argument
from app.document.workflow import Json
from app.executor.call_requests import Reply
from app.executor.journal import StepRecord
from app.planner.plan import PlanStep
from app.sdk.context import Question
from app.sdk.data_types import Value
from app.sdk.fields import ModelChoice
from app.sdk.gateway import (
    ChatMessage,
    ChatReply,
    ChatRequest,
    EmbedRequest,
    ModelFacts,
    ScoreRequest,
    ToolCall,
)
from app.sdk.lit_path import Turn
from app.sdk.memory import Memory
from app.sdk.node_type import AgentRule
from app.sdk.references import as_text
from app.sdk.spec import inputs_object
from app.sdk.spread import Spread


class Said(NamedTuple):
    """One message. `is_answer`: the model gave it in this very step; others were sent to it."""

    message: ChatMessage
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a step began in the run; its record, where it has settled; the conversations of the workflow, which it may
    have read from, as they were before it added to them.
    """

    inputs: Mapping[str, Value]
    row: int | None
    values: Mapping[str, Json]
    record: StepRecord | None = None
    memory: Memory | None = None
    key: str = ""  # the instance's idempotency key

    @property
    def outputs(self) -> Mapping[str, Value]:
        return self.record.outputs if self.record else {}


async def said_in(step: PlanStep, begun: Beginning) -> Sequence[Said]:
    """The messages of its first request, and the answer where one call was all. Nothing where the step asks no model
    before it asks anything else.
    """
    if step.spec is None or step.spec.type.effect != "model":
        return ()
    node_type = step.spec.type
    ear = _Ear(begun, _Listening(as_text(begun.outputs.get("summary", ""))))
    try:
        await node_type().run(step.fields, inputs_object(node_type, begun.inputs), ear)
    except _Asked as asked:
        answer = _answer_of(step, begun.record, ear.models.summed_up)
        return (*map(Said, asked.messages), *answer)
    except Exception:  # noqa: BLE001 - a node that stumbles has asked nothing
        return ()
    return ()


def agent_said(rule: AgentRule, begun: Beginning, replies: Sequence[Reply]) -> Sequence[Said]:
    """An agent's task, its model's calls turn by turn with what each tool gave, and its answer. As long as it isn't
    through, what its model replied so far.
    """
    said = [Said(message) for message in rule.begin(begun.inputs)]
    said += [
        Said(ChatMessage("assistant", reply.text, reply.tool_calls), is_answer=True)
        for reply in replies
        if isinstance(reply, ChatReply)
    ]
    rows = begun.outputs.get("calls")
    calls = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, Sequence) else []
    for turn, of_turn in groupby(calls, key=lambda row: row.get("turn")):
        made = list(of_turn)
        wishes = tuple(
            ToolCall(f"{turn}.{at}", str(row.get("tool")), as_text(row.get("arguments", "")))
            for at, row in enumerate(made)
        )
        said.append(Said(ChatMessage("assistant", as_text(made[0].get("said", "")), wishes), is_answer=True))
        for wish, row in zip(wishes, made, strict=True):
            said.append(Said(ChatMessage("tool", as_text(row.get("result", "")), tool_call_id=wish.id)))
    if answer := begun.outputs.get("text"):
        said.append(Said(ChatMessage("assistant", as_text(answer)), is_answer=True))
    return said


def _answer_of(step: PlanStep, record: StepRecord | None, aside: int) -> Sequence[Said]:
    """What the model said, where the step hands on the text of its only call; `aside` calls only prepared it."""
    main = next((port.name for port in step.ports.outputs if port.main and port.type == "text"), "")
    if record is None or record.calls > 1 + aside or not isinstance(record.outputs.get(main), str):
        return ()
    return (Said(ChatMessage("assistant", str(record.outputs[main])), is_answer=True),)


class _Asked(BaseException):
    def __init__(self, messages: Sequence[ChatMessage]) -> None:
        super().__init__()
        self.messages = messages


class _Elsewhere(Exception):
    """The node turns to something that is not here any more, such as a conversation."""


@dataclass(slots=True)
class _Listening:
    """Models that hear the first request and answer none but the one for a summary, which is known."""

    summary: str = ""
    summed_up: int = 0

    async def chat(self, request: ChatRequest) -> ChatReply:
        if request.part == "summary" and self.summary:
            self.summed_up += 1
            return ChatReply(self.summary, "stop", None, "", 0.0)
        raise _Asked(request.messages)

    async def score(self, request: ScoreRequest) -> NoReturn:
        raise _Asked((ChatMessage("user", request.prompt),))

    async def embed(self, request: EmbedRequest) -> NoReturn:
        raise _Asked(tuple(ChatMessage("user", one) for one in request.texts))

    def facts(self, choice: ModelChoice) -> ModelFacts:
        return ModelFacts(choice.model or choice.role, choice.connection, choice.kind)

    def load(self, choice: ModelChoice) -> None:
        """Nothing is known of what it has to do."""


@dataclass(frozen=True, slots=True)
class _Ear:
    """A RunContext without powers."""

    begun: Beginning
    models: _Listening
    spread: Spread = field(default_factory=Spread)
    spent: Decimal = Decimal(0)

    @property
    def row(self) -> int | None:
        return self.begun.row

    @property
    def values(self) -> Mapping[str, Json]:
        return self.begun.values

    @property
    def idempotency_key(self) -> str:
        return self.begun.key

    @property
    def net(self) -> NoReturn:
        raise _Elsewhere

    @property
    def files(self) -> NoReturn:
        raise _Elsewhere

    @property
    def memory(self) -> Memory:
        if self.begun.memory is None:
            raise _Elsewhere
        return self.begun.memory

    @asynccontextmanager
    async def in_turn(self, what: str) -> AsyncGenerator[None]:
        """It is alone."""
        yield

    async def ask(self, question: Question) -> NoReturn:
        raise _Elsewhere

    def show(self, text: str) -> None:
        """Nobody looks."""

    def light(self, path: Sequence[Turn]) -> None:
        """Nobody looks."""

    def tell(self, code: str, **args: Argument) -> None:
        """Nobody listens."""

"""What a step asks of a model first: its node begins as it did in the run, and is caught before anything leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from app.document.problem import Argument
from app.document.workflow import Json
from app.planner.plan import PlanStep
from app.sdk.context import Question
from app.sdk.fields import ModelChoice
from app.sdk.gateway import (
    ChatMessage,
    ChatRequest,
    EmbedRequest,
    ModelFacts,
    ScoreRequest,
)
from app.sdk.lit_path import Turn
from app.sdk.spec import inputs_object


async def first_asked(
    step: PlanStep, inputs: Mapping[str, Any], row: int | None, values: Mapping[str, Json]
) -> Sequence[ChatMessage]:
    """The messages of the first request; nothing where the step asks no model before it asks anything else."""
    if step.spec is None or step.spec.type.effect != "model":
        return ()
    node_type = step.spec.type
    try:
        await node_type().run(step.fields, inputs_object(node_type, inputs), _Ear(row, values))
    except _Asked as asked:
        return asked.messages
    except Exception:  # noqa: BLE001 - a node that stumbles has asked nothing
        return ()
    return ()


class _Asked(BaseException):
    def __init__(self, messages: Sequence[ChatMessage]) -> None:
        super().__init__()
        self.messages = messages


class _Elsewhere(Exception):
    """The node turns to something that is not here any more, such as a conversation."""


class _Listening:
    """Models that hear the first request and answer none."""

    async def chat(self, request: ChatRequest) -> NoReturn:
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

    row: int | None
    values: Mapping[str, Json]
    models: _Listening = field(default_factory=_Listening)
    spent: Decimal = Decimal(0)
    idempotency_key: str = ""

    @property
    def net(self) -> NoReturn:
        raise _Elsewhere

    @property
    def files(self) -> NoReturn:
        raise _Elsewhere

    @property
    def memory(self) -> NoReturn:
        raise _Elsewhere

    async def ask(self, question: Question) -> NoReturn:
        raise _Elsewhere

    def show(self, text: str) -> None:
        """Nobody looks."""

    def light(self, path: Sequence[Turn]) -> None:
        """Nobody looks."""

    def tell(self, code: str, **args: Argument) -> None:
        """Nobody listens."""

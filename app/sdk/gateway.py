"""The one door to models: what a node asks and what it gets, the same for every provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias

import msgspec

from app.costs.usage import Usage
from app.document.workflow import Json, JsonObject
from app.sdk.fields import ModelChoice

# "repetition": it went round in circles and was stopped.
FinishReason: TypeAlias = Literal["stop", "length", "tool_calls", "content_filter", "repetition", "other"]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model wants to have called; `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class ChatMessage(msgspec.Struct, frozen=True):
    """One turn. `tool_call_id` is set on answers of tools, `tool_calls` on the assistant's wishes."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


def prompt_messages(prompt: str, system: str = "") -> tuple[ChatMessage, ...]:
    """A prompt, behind the role and rules where there are any."""
    rules = (ChatMessage("system", system.strip()),) if system.strip() else ()
    return (*rules, ChatMessage("user", prompt))


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may ask for; `parameters` is a JSON Schema."""

    name: str
    description: str
    parameters: JsonObject


WaitCause: TypeAlias = Literal["turn", "rate", "asked", "memory"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a call has not begun: others have their turn, the rate set here is used up, the provider asked to wait, or
    its model waits for memory.

    `running` calls go on at this connection, `ahead` wait before this one; `seconds` until it goes on, where known.
    `behind` are the models at work that `model` waits for, where it waits for memory.
    """

    connection: str
    cause: WaitCause
    running: int
    ahead: int
    seconds: float | None = None
    model: str = ""
    behind: tuple[str, ...] = ()


class WaitListener(Protocol):
    """Hears of the waits of a call, which may be several requests; each waits by itself."""

    def begins(self) -> None:
        """A request has to wait."""
        ...

    def waits(self, why: Waiting) -> None:
        """It still does; once a second."""
        ...

    def ends(self) -> None:
        """It waits no longer: its turn has come, or somebody ended it."""
        ...

    def calls(self) -> None:
        """A request goes out now, whether it waited or not. What is raised here keeps it from that."""
        ...


class ChatRequest(msgspec.Struct, frozen=True):
    """One question to one model. None means: the provider's default, nothing is sent.

    `schema` is a JSON Schema of the answer; `on_text` gets the new text as it comes (partial
    text for people; the reply is complete without it); `waits` hears what it waits for before it begins.
    `no_calls`: the tools stand there for what was said before, and none may be called now; a server that can't be held
    to that hears it in the messages alone.
    `tier` and `part` say which of a step's calls this is, as in `ModelCalled`; no server hears of them.
    """

    model: ModelChoice
    messages: Sequence[ChatMessage]
    temperature: float | None = None
    max_tokens: int | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    schema: JsonObject | None = None
    tools: Sequence[Tool] = ()
    no_calls: bool = False
    logprobs: int = 0  # how many alternatives a token; 0 = none
    on_text: Callable[[str], None] | None = None
    waits: WaitListener | None = None
    tier: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """One token of the answer, its natural-log probability, and the likeliest alternatives."""

    token: str
    logprob: float
    top: Mapping[str, float] = field(default_factory=dict[str, float])


class ChatReply(msgspec.Struct, frozen=True):
    """`usage` None: the server did not say; the cost is then estimated or unknown, never 0.

    `doubted`: it said counts that can't be true, which are left out; `usage` is None then.
    The gateway reports tokens, the executor prices them; `billed` is there only where the provider itself says how many
    US dollars it charged.
    """

    text: str
    finish: FinishReason
    usage: Usage | None
    model: str  # the model as the server named it
    seconds: float
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    doubted: bool = False
    billed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """How likely each whole label is as the continuation of `prompt`."""

    model: ModelChoice
    prompt: str
    labels: Sequence[str]
    waits: WaitListener | None = None
    tier: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True)
class LabelScores:
    """Probabilities by label, summing to 1 over the labels asked."""

    probabilities: Mapping[str, float]
    usage: Usage
    model: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """Where each text lies in a model's space of meanings. `dimensions` None: as many as the model has."""

    model: ModelChoice
    texts: Sequence[str]
    dimensions: int | None = None
    waits: WaitListener | None = None
    tier: int = 0
    part: str = ""


@dataclass(frozen=True, slots=True)
class EmbedReply:
    """One vector for each text, in their order. `usage`, `doubted` and `billed` as in ChatReply."""

    vectors: tuple[tuple[float, ...], ...]
    usage: Usage | None
    model: str
    seconds: float
    doubted: bool = False
    billed: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of a model; None = not known."""

    id: str
    connection: str
    kind: str
    context: int | None = None  # tokens
    can_chat: bool = True
    can_score: bool | None = False  # whole-label probabilities; None = not tried yet
    can_schema: bool | None = None
    can_tools: bool | None = None
    tools_by_schema: bool = False  # its answers are held to calls of the tools, or to a text
    can_see: bool | None = None  # takes pictures
    can_embed: bool | None = None
    local: bool = False  # answers on this computer, and nobody charges for it
    place: str = ""  # what tells it from others of this kind and name; empty at the provider's own address
    size_bytes: int | None = None
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Load:
    """What a model has to do here now: calls that go on, that wait, and that may go on at a time (None: no limit).

    `pause`: seconds for which no call may begin, as the provider asked or a rate that is used up says.
    """

    running: int = 0
    waiting: int = 0
    allowed: int | None = None
    pause: float = 0.0

    @property
    def is_free(self) -> bool:
        """A call could begin at once."""
        return not self.pause and not self.waiting and (self.allowed is None or self.running < self.allowed)


class Models(Protocol):
    """The door itself: adapters implement it; nodes see it as `ctx.models`, wrapped so that every
    call passes cancel, budget, broker and limits first and is priced and reported after.

    Cancelling the awaiting task ends the call, a local generation too. Raises `NodeError` with codes
    `model.*` (missing, key_refused, unreachable, timeout, too_many_requests, server_error, refused,
    too_long, bad_reply); the executor retries what may pass.
    """

    async def chat(self, request: ChatRequest) -> ChatReply: ...

    async def score(self, request: ScoreRequest) -> LabelScores:
        """Raises `model.cannot_score` where the model gives no usable probabilities."""
        ...

    async def embed(self, request: EmbedRequest) -> EmbedReply:
        """Raises `model.cannot_embed` where the model gives no vectors."""
        ...

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        """The model that a choice leads to on this machine, without asking any server."""
        ...

    def load(self, choice: ModelChoice) -> Load | None:
        """What it has to do now, by what this process knows; None where that isn't known."""
        ...

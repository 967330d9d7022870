"""A chat reply in the OpenAI dialect, whole or in pieces, as everybody else knows it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, cast

from app.adapters.connection_kinds import Bill
from app.adapters.provider_bill import billed
from app.adapters.repetition import Repetition
from app.costs.usage import Usage
from app.document.characters import whole_text
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, FinishReason, TokenLogprob, ToolCall

LONGEST_ANSWER = 200_000  # characters
MOST_TOKENS = 20_000_000  # of one call; the longest context of any model is half of it

Plain: TypeAlias = Mapping[str, Any]

FINISHES: Mapping[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "sensitive": "content_filter",
}


def reply_of(body: Plain, seconds: float, asked_model: str, bill: Bill = "") -> ChatReply:
    """The reply of a whole body; `bill`: how it says what it cost. Raises NodeError `model.bad_reply`."""
    try:
        choice: Plain = body["choices"][0]
        message: Plain = choice["message"]
    except (KeyError, IndexError, TypeError) as error:
        raise NodeError("model.bad_reply", model=asked_model) from error
    collected = StreamedReply(asked_model, bill)
    collected.add_head(body)
    collected.add_choice(choice, message)
    return collected.reply(seconds)


class StreamedReply:
    """Collects the pieces of a streamed answer; `bill`: how they say what it cost."""

    def __init__(self, asked_model: str, bill: Bill = "") -> None:
        self._model = asked_model
        self._bill: Bill = bill
        self._billed: Decimal | None = None
        self._texts: list[str] = []
        self._length = 0
        self._calls: dict[int, _Call] = {}
        self._logprobs: list[TokenLogprob] = []
        self._finish: FinishReason | None = None
        self._usage: Usage | None = None
        self._doubted = False
        self._refused = False
        self._repetition = Repetition()

    @property
    def is_finished(self) -> bool:
        """Whether the model said why it ended."""
        return self._finish is not None

    @property
    def is_full(self) -> bool:
        """Whether the answer is as long as an answer may be."""
        return self._length >= LONGEST_ANSWER

    @property
    def is_enough(self) -> bool:
        """Whether nothing more is wanted: the answer is full, or the model says the same again and again."""
        return self.is_full or self._repetition.found

    def add(self, piece: Plain) -> str:
        """Takes a piece in and gives its new text."""
        self.add_head(piece)
        choices: Any = piece.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return ""
        choice = cast("Plain", choices[0])
        return self.add_choice(choice, choice.get("delta"))

    def add_head(self, piece: Plain) -> None:
        """Takes in what stands beside the choices."""
        model, usage = piece.get("model"), piece.get("usage")
        if isinstance(model, str) and model:
            self._model = model
        if isinstance(usage, dict):
            self._usage, self._doubted = _usage_said(usage)
            self._billed = billed(usage, self._bill)

    def add_choice(self, choice: Plain, message: Any) -> str:
        """Takes in a choice with its message or the next part of it, and gives the new text.

        Raises NodeError `model.bad_reply` where the text is none.
        """
        finish = choice.get("finish_reason")
        if finish:
            self._finish = FINISHES.get(str(finish).lower(), "other")
        if not isinstance(message, dict):
            return ""
        part = cast("Plain", message)
        if part.get("refusal"):
            self._refused = True
        if part.get("tool_calls"):
            self._add_calls(part["tool_calls"])
        if choice.get("logprobs"):
            self._logprobs += _logprobs(choice["logprobs"])
        return self._add_text(_text(part))

    def reply(self, seconds: float) -> ChatReply:
        """What came together."""
        finish: FinishReason = self._finish or "other"
        if self._refused:
            finish = "content_filter"
        elif self.is_full:
            finish = "length"
        elif self._finish is None and self._repetition.found:
            finish = "repetition"
        usage, doubted = self._usage, self._doubted
        if usage is not None and not usage.output and (self._texts or self._calls):
            usage, doubted = None, True  # what was written was counted by nobody
        return ChatReply(
            text=whole_text("".join(self._texts)),  # an emoji may come in two halves
            finish=finish,
            usage=usage,
            model=self._model,
            seconds=seconds,
            tool_calls=tuple(call.finished(number) for number, call in sorted(self._calls.items())),
            logprobs=tuple(self._logprobs),
            doubted=doubted,
            billed=self._billed,
        )

    def _add_text(self, text: str) -> str:
        text = text[: LONGEST_ANSWER - self._length]
        if text:
            self._length += len(text)
            self._texts.append(text)
            self._repetition.add(text)
        return text

    def _add_calls(self, pieces: Any) -> None:
        for position, piece in enumerate(cast("list[Plain]", pieces) if isinstance(pieces, list) else []):
            if isinstance(piece, dict):  # what is no call is none
                number = piece.get("index")
                call = self._calls.setdefault(number if isinstance(number, int) else position, _Call())
                call.add(piece)


class _Call:
    """A tool call that comes in pieces."""

    def __init__(self) -> None:
        self._id = ""
        self._name = ""
        self._arguments = ""

    def add(self, piece: Plain) -> None:
        self._id = _said(piece.get("id")) or self._id
        function: Any = piece.get("function")
        if isinstance(function, dict):
            parts = cast("Plain", function)
            self._name = _said(parts.get("name")) or self._name
            arguments: Any = parts.get("arguments")
            # Some servers give the arguments as an object; we hand on the text.
            self._arguments += (
                arguments if isinstance(arguments, str) else json.dumps(arguments) if arguments else ""
            )

    def finished(self, number: int) -> ToolCall:
        return ToolCall(self._id or f"call_{number}", self._name, whole_text(self._arguments) or "{}")


def _said(value: Any) -> str:
    """A name as a server gives it; what is no text is none."""
    return whole_text(value) if isinstance(value, str) else ""


def _usage_said(said: Any) -> tuple[Usage | None, bool]:
    """The counts, and whether there were some that can't be true."""
    if not isinstance(said, dict):
        return None, False
    try:
        return usage_of(cast("Plain", said)), False
    except ValueError:
        return None, True


def usage_of(said: Plain) -> Usage | None:
    """The usage that a server reports, in four parts; None where it doesn't say how much went in and out.

    `cached` and `reasoning` are parts of `input` and `output`: a server that counts reasoning beside the
    output, as its total shows, is brought into line. Raises ValueError for what can't be true: nothing
    read at all, less than nothing, parts of tokens, more than any model reads, more cached than read.
    """
    input_, output = _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    if input_ is None or output is None:
        return None
    cached = _count(_part(said, "prompt_tokens_details", "cached_tokens"))
    if cached is None:
        cached = _count(said.get("prompt_cache_hit_tokens"))  # DeepSeek
    if cached is None:
        cached = _count(said.get("cached_tokens"))  # Moonshot
    reasoning = _count(_part(said, "completion_tokens_details", "reasoning_tokens")) or 0
    if reasoning and (reasoning > output or _count(said.get("total_tokens")) == input_ + output + reasoning):
        output += reasoning
    written = _count(_part(said, "prompt_tokens_details", "cache_creation_tokens"))
    if written is None:
        written = _count(_part(said, "prompt_tokens_details", "cache_write_tokens"))  # OpenRouter
    if written is None:
        written = _count(_part(said, "prompt_tokens_details", "cache_creation_input_tokens"))  # DashScope
    if written is None:
        written = _count(said.get("cache_creation_input_tokens"))  # Anthropic
    if not input_ or (cached or 0) + (written or 0) > input_:
        raise ValueError(input_)
    return Usage(input_, output, cached or 0, reasoning, written or 0)


def _text(delta: Plain) -> str:
    """The text of a message or piece; some servers give it in parts, and a refusal in a place of its own."""
    content: Any = delta.get("content")
    if isinstance(content, list):
        return "".join(map(_text_of_part, cast("list[Any]", content)))
    if isinstance(content, str):
        return content
    if content is not None:
        raise NodeError("model.bad_reply")
    refusal: Any = delta.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def _text_of_part(part: Any) -> str:
    """The text of one part of a message; parts of other kinds, such as thoughts, are no part of the answer."""
    text: Any = cast("Plain", part).get("text", "") if isinstance(part, dict) else part
    if not isinstance(text, str):
        raise NodeError("model.bad_reply")
    return text


def _logprobs(said: Any) -> list[TokenLogprob]:
    entries: Any = cast("Plain", said).get("content") if isinstance(said, dict) else None
    found: list[TokenLogprob] = []
    for entry in _said_logprobs(entries):
        others = _said_logprobs(entry.get("top_logprobs"))
        top = {other["token"]: float(other["logprob"]) for other in others}
        found.append(TokenLogprob(entry["token"], float(entry["logprob"]), top))
    return found


def _said_logprobs(said: Any) -> Iterator[Plain]:
    """Where a token and its logarithm are said; anything else in their place is left out."""
    for entry in cast("list[Any]", said) if isinstance(said, list) else []:
        if isinstance(entry, dict):
            plain = cast("Plain", entry)
            if isinstance(plain.get("token"), str) and isinstance(plain.get("logprob"), (int, float)):
                yield plain


def _part(said: Plain, group: str, name: str) -> Any:
    inside: Any = said.get(group)
    return cast("Plain", inside).get(name) if isinstance(inside, dict) else None


def _count(value: Any) -> int | None:
    """A count of tokens; None where none is said. Raises ValueError for what is none."""
    if value is None:
        return None
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST_TOKENS or value != int(value):  # NaN fails the second
        raise ValueError(value)
    return int(value)

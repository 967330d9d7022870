"""A whole chat answer as nearly all are: one text that came to its end, read in one go as what it has to be.

Anything else about an answer (calls of tools, refusals, counts that can't be true, one token's likelihoods) is nothing
for here: `app.adapters.openai_reply` reads it piece by piece and says what is wrong.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec

from app.adapters.openai_reply import FINISHES, LONGEST_ANSWER, MOST_TOKENS
from app.costs.usage import Usage
from app.sdk.gateway import ChatReply

_Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_TOKENS)]
_Some = Annotated[int, msgspec.Meta(ge=1, le=MOST_TOKENS)]
_Nothing = Annotated[int, msgspec.Meta(ge=0, le=0)] | None


class _InputDetails(msgspec.Struct, gc=False):
    cached_tokens: _Count | None = None
    cache_creation_tokens: _Nothing = None
    cache_creation_input_tokens: _Nothing = None
    cache_write_tokens: _Nothing = None


class _OutputDetails(msgspec.Struct, gc=False):
    reasoning_tokens: _Nothing = None


class _Usage(msgspec.Struct):
    """With nothing of what some providers count beside these."""

    prompt_tokens: _Some
    completion_tokens: _Count
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: _Nothing = None
    cached_tokens: _Nothing = None
    cache_creation_input_tokens: _Nothing = None


class _Message(msgspec.Struct):
    content: str
    tool_calls: Annotated[list[Any], msgspec.Meta(max_length=0)] | None = None
    refusal: Annotated[str, msgspec.Meta(max_length=0)] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str
    logprobs: None = None


class _Answer(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]
    usage: _Usage
    model: str | None = None


_READ: Final = msgspec.json.Decoder(_Answer).decode


def usual_reply(data: bytes, seconds: float, asked_model: str) -> ChatReply | None:
    """None where it isn't a usual one."""
    try:
        answer = _READ(data)  # none with half a character
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    choice, said = answer.choices[0], answer.usage
    text, finish = choice.message.content, FINISHES.get(choice.finish_reason)
    if finish is None or len(text) >= LONGEST_ANSWER or (text and not said.completion_tokens):
        return None
    details = said.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details is not None else 0
    if cached > said.prompt_tokens:
        return None
    usage = Usage(said.prompt_tokens, said.completion_tokens, cached)
    return ChatReply(text, finish, usage, answer.model or asked_model, seconds)

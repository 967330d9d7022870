"""Asking a model for JSON of a given shape, with repairs that name the fault."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn, TypeAlias

from app.document.workflow import Json
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, Models

MOST_REPAIRS = 2

# Looks at an answer and gives its faults, in words for the model; empty = nothing to complain of.
Examine: TypeAlias = Callable[[Json], Sequence[str]]


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """The best answer that came. `value` is None where no JSON could be read; `faults` are those that stayed.

    `cut`: it was longer than the request allowed, or went round in circles.
    """

    value: Json
    faults: tuple[str, ...]
    repairs: int
    cut: bool = False

    @property
    def sound(self) -> bool:
        return not self.faults


async def ask_for_json(
    models: Models, request: ChatRequest, examine: Examine, repairs: int = MOST_REPAIRS
) -> StructuredAnswer:
    """Asks once, then at most `repairs` times again with the faults of the last answer.

    `request.schema` is the wanted shape; where the model can't be held to a schema, it is told of it.
    Raises NodeError `model.*`.
    """
    request = _told(request) if _cannot_schema(models, request) else request
    answers: list[StructuredAnswer] = []
    for repair in range(min(repairs, MOST_REPAIRS) + 1):
        reply = await models.chat(request)
        value, faults = _read(reply, examine)
        answers.append(StructuredAnswer(value, faults, repair, _is_cut(reply)))
        if not faults:
            break
        request = replace(request, messages=(*request.messages, *_complaint(reply.text, faults)))
    return min(answers, key=lambda answer: (answer.value is None, len(answer.faults)))


def parse_json(text: str) -> Json:
    """The JSON value in an answer, which may stand in a Markdown fence.

    Raises ValueError, also for what JSON has no word for: NaN, infinity, half a character.
    """
    inner = text.strip()
    if inner.startswith("```"):
        inner = inner.split("\n", 1)[-1].rsplit("```", 1)[0]
    try:
        value = json.loads(inner, parse_constant=_refuse, parse_float=_finite)
        if "\\u" in inner:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except RecursionError as error:
        raise ValueError("too deep") from error


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _read(reply: ChatReply, examine: Examine) -> tuple[Json, tuple[str, ...]]:
    try:
        value = parse_json(reply.text)
    except ValueError:
        return None, ("It was cut off: answer more briefly." if _is_cut(reply) else "It isn't valid JSON.",)
    return value, tuple(examine(value))


def _is_cut(reply: ChatReply) -> bool:
    return reply.finish in {"length", "repetition"}


def _complaint(answer: str, faults: tuple[str, ...]) -> tuple[ChatMessage, ChatMessage]:
    listed = "\n".join(f"- {fault}" for fault in faults)
    return (
        ChatMessage("assistant", answer),
        ChatMessage(
            "user", f"That answer can't be used:\n{listed}\nAnswer again, with the corrected JSON only."
        ),
    )


def _cannot_schema(models: Models, request: ChatRequest) -> bool:
    facts = models.facts(request.model)
    return facts is not None and facts.can_schema is False


def _told(request: ChatRequest) -> ChatRequest:
    schema = json.dumps(request.schema, ensure_ascii=False)
    *before, last = request.messages
    content = f"{last.content}\n\nAnswer with JSON only, of this JSON Schema:\n{schema}"
    return replace(request, schema=None, messages=(*before, replace(last, content=content)))

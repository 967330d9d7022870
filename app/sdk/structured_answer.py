"""Asking a model for JSON of a given shape, with repairs that name the fault."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from app.document.workflow import Json
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, Models
from app.sdk.json_answer import Unreadable, UnreadableAnswer, json_values

MOST_REPAIRS = 2

# Looks at an answer and gives its faults, in words for the model; empty = nothing to complain of.
Examine: TypeAlias = Callable[[Json], Sequence[str]]


@dataclass(frozen=True, slots=True)
class StructuredAnswer:
    """The best answer that came. `value` is None where no JSON could be read; `faults` are those that stayed.

    `cut`: it was longer than the request allowed, or went round in circles. `unreadable` says why no JSON could be
    read, `several` that it holds more than one value that would do.
    """

    value: Json
    faults: tuple[str, ...]
    repairs: int
    cut: bool = False
    unreadable: Unreadable | None = None
    several: bool = False

    @property
    def sound(self) -> bool:
        return not self.faults


async def ask_for_json(
    models: Models, request: ChatRequest, examine: Examine, repairs: int = MOST_REPAIRS
) -> StructuredAnswer:
    """Asks once, then at most `repairs` times again with the faults of the last answer.

    `request.schema` is the wanted shape; where the model can't be held to a schema, or its server refuses one, it is
    told of it. Raises NodeError `model.*`.
    """
    request = _told(request) if _cannot_schema(models, request) else request
    answers: list[StructuredAnswer] = []
    for repair in range(min(repairs, MOST_REPAIRS) + 1):
        try:
            reply = await models.chat(request)
        except NodeError as error:
            if error.code != "model.setting_refused" or request.schema is None:
                raise
            request = _told(request)
            reply = await models.chat(request)
        answers.append(answer := _read(reply, examine, repair))
        if answer.sound:
            break
        request = structs.replace(
            request, messages=(*request.messages, *_complaint(reply.text, answer.faults))
        )
    return min(answers, key=lambda answer: (answer.unreadable is not None, len(answer.faults)))


def _read(reply: ChatReply, examine: Examine, repairs: int) -> StructuredAnswer:
    """The one value of an answer that will do; among several that don't, the one with the fewest faults."""
    cut = _is_cut(reply)
    try:
        values = json_values(reply.text)
    except UnreadableAnswer as error:
        words = "It was cut off: answer more briefly." if cut else error.words
        return StructuredAnswer(None, (words,), repairs, cut, error.why)
    found = [(value, tuple(examine(value))) for value in values]
    sound = [value for value, faults in found if not faults]
    if len(sound) > 1:
        words = "It holds more than one JSON value: give one."
        return StructuredAnswer(sound[0], (words,), repairs, cut, several=True)
    value, faults = min(found, key=lambda one: len(one[1]))
    return StructuredAnswer(value, faults, repairs, cut)


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
    return structs.replace(request, schema=None, messages=(*before, structs.replace(last, content=content)))

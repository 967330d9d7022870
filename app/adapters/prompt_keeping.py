"""Which beginnings of prompts a provider is asked to keep, where it keeps only what it is told to and charges for that.

Keeping costs a little more once and makes each later call that begins alike much cheaper. So what is kept is what has
been sent before, not long ago: the rules that every row has in common, and a conversation that goes on.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence

from app.adapters.openai_request import tools_of
from app.executor.request_size import bytes_of
from app.sdk.gateway import ChatMessage, ChatRequest

_KEPT_FOR = 300.0  # seconds for which what is marked is kept
_LEAST = 4096  # bytes: what is shorter than about 1,000 tokens nobody keeps
_MOST = 4096  # beginnings that are remembered


class PromptKeeping:
    """Remembers what was sent lately, as digests. `now` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._sent: dict[bytes, float] = {}  # in the order of time

    def marks(self, place: str, request: ChatRequest, roles: frozenset[str]) -> frozenset[int]:
        """The messages up to whose end the prompt is worth keeping; `place` is the account and model, `roles` are those
        whose messages can be marked: else the nearest one before is.
        """
        if bytes_of(request) < _LEAST:
            return frozenset()
        now = self._now()
        rules = _rules(request.messages)
        beginnings = list(_beginnings(place, request))
        marks: set[int] = set()
        if rules and self._is_known(b"rules" + beginnings[rules - 1], now):
            marks.add(rules - 1)
        if any(self._is_known(b"whole" + one, now) for one in beginnings):
            marks.add(len(beginnings) - 1)
        self._remember(b"whole" + beginnings[-1], now)
        if rules:
            self._remember(b"rules" + beginnings[rules - 1], now)
        return frozenset(
            next((i for i in range(at, -1, -1) if _can_have(request.messages[i], roles)), -1) for at in marks
        ) - {-1}

    def _is_known(self, key: bytes, now: float) -> bool:
        return now - self._sent.get(key, -_KEPT_FOR) < _KEPT_FOR

    def _remember(self, key: bytes, now: float) -> None:
        self._sent.pop(key, None)
        self._sent[key] = now
        while len(self._sent) > _MOST:
            del self._sent[next(iter(self._sent))]


def _can_have(message: ChatMessage, roles: frozenset[str]) -> bool:
    return message.role in roles and bool(message.content or message.tool_calls)


def _rules(messages: Sequence[ChatMessage]) -> int:
    """How many messages at the beginning are rules."""
    return next((at for at, one in enumerate(messages) if one.role != "system"), len(messages))


def _beginnings(place: str, request: ChatRequest) -> Iterator[bytes]:
    """A digest for the beginning up to each message."""
    digest = hashlib.sha256(json.dumps([place, tools_of(request.tools), request.schema]).encode())
    for one in request.messages:
        calls = [[call.id, call.name, call.arguments] for call in one.tool_calls]
        digest.update(json.dumps([one.role, one.content, calls, one.tool_call_id]).encode())
        yield digest.digest()

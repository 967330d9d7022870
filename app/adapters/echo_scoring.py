"""Score whole labels on servers that tell the log probabilities of a prompt's own tokens (completions with `echo`)."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeAlias

from app.adapters.call_gate import Turn
from app.adapters.egress import Egress
from app.adapters.model_errors import as_model_errors, refusal
from app.adapters.openai_lane import Hear, Server
from app.adapters.openai_reply import usage_of
from app.costs.usage import NO_USAGE, Usage
from app.executor.billable import may_be_billed
from app.executor.request_size import BYTES_A_TOKEN_ABOUT, length
from app.sdk.errors import NodeError
from app.sdk.gateway import LabelScores

_Answer: TypeAlias = tuple[float, Usage]
# With these the server doesn't know the question, which is no fault of the connection.
_UNKNOWN_TO_SERVER = frozenset(
    {
        "model.setting_refused",
        "model.wrong_address",
        "model.bad_reply",
        "model.missing",
        "model.no_access",  # keys may be good for chat alone
    }
)


async def score_by_echo(
    egress: Egress,
    server: Server,
    model: str,
    prompt: str,
    labels: Sequence[str],
    turn: Callable[[], Turn],
) -> LabelScores:
    """Asks once a label. Raises NodeError `model.cannot_score` where the server tells no numbers, `model.*`."""
    answers = await _all([_Question(egress, server, model, prompt, label, turn) for label in labels])
    logs = [log for log, _ in answers]
    usage = sum((used for _, used in answers), NO_USAGE)
    highest = max(logs)
    weights = [math.exp(log - highest) for log in logs]
    shares = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    return LabelScores(shares, usage, model, 0.0)


@dataclass(slots=True, eq=False)
class _Question:
    """About one label. `is_out`: the server may be at work on it."""

    egress: Egress
    server: Server
    model: str
    prompt: str
    label: str
    turn: Callable[[], Turn]
    is_out: bool = False

    async def ask(self, waiting: dict[_Question, asyncio.Task[_Answer]]) -> _Answer:
        """Once it has failed, none of those that wait is let in behind it."""
        async with self.turn() as its:
            self.is_out = True
            del waiting[self]
            try:
                answer = await _answer(
                    self.egress, self.server, self.model, self.prompt, self.label, its.hear
                )
            except NodeError:
                for task in waiting.values():
                    task.cancel()
                raise
            its.used(answer[1])
        return answer

    def used(self, outcome: _Answer | BaseException) -> tuple[Usage, bool]:
        """What it took, and whether that is a guess."""
        if not isinstance(outcome, BaseException):
            return outcome[1], False
        if isinstance(outcome, NodeError) and outcome.used is not None:
            return outcome.used, outcome.is_guess
        if self.is_out and may_be_billed(outcome):
            return _about(self.prompt, self.label), True
        return NO_USAGE, False


async def _all(questions: Sequence[_Question]) -> list[_Answer]:
    """All at once. When one fails, those that are out are heard to their end, since they are paid, and the failure
    tells what all of them used.
    """
    waiting = dict[_Question, asyncio.Task[_Answer]]()
    tasks = [asyncio.ensure_future(question.ask(waiting)) for question in questions]
    waiting.update(zip(questions, tasks, strict=True))
    try:
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    finally:
        for task in tasks:
            task.cancel()
    error = next((one for one in outcomes if isinstance(one, Exception)), None)
    if error is None:
        return [one for one in outcomes if not isinstance(one, BaseException)]
    if isinstance(error, NodeError):
        found = [one.used(outcome) for one, outcome in zip(questions, outcomes, strict=True)]
        used = sum((usage for usage, _ in found), NO_USAGE)
        if used != NO_USAGE:
            error.used, error.is_guess = used, any(is_guess for _, is_guess in found)
    raise error


async def _answer(egress: Egress, server: Server, model: str, prompt: str, label: str, hear: Hear) -> _Answer:
    """The log probability of a label behind the prompt, and what asking took."""
    text = prompt + label
    body = {"model": model, "prompt": text, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    outgoing = server.outgoing("POST", "/completions", json.dumps(body).encode())
    with as_model_errors(server.connection, model), await egress.send(outgoing) as answer:
        data = await answer.read()
    if answer.status != 200:
        error = refusal(answer.status, answer.headers, data, connection=server.connection, model=model)
        unknown = answer.status == HTTPStatus.NOT_IMPLEMENTED or error.code in _UNKNOWN_TO_SERVER
        raise _cannot(server, model) if unknown else error
    hear(answer.headers)
    usage = None
    try:
        reply: Any = json.loads(data)
        usage = usage_of(reply["usage"])
        log = _sum_behind(len(prompt), len(text), reply["choices"][0]["logprobs"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise _cannot(server, model, usage or _about(prompt, label), is_guess=usage is None) from error
    if log is None or usage is None:
        raise _cannot(server, model, usage or _about(prompt, label), is_guess=usage is None)
    return log, usage


def _about(prompt: str, label: str) -> Usage:
    return Usage(length(prompt, label) // BYTES_A_TOKEN_ABOUT, 1)


def _sum_behind(start: int, end: int, found: Any) -> float | None:
    """The sum over the tokens that begin at or behind `start`; None where the server left any of them out.

    A token that reaches over the border between prompt and label counts to the label, for every label alike.
    """
    offsets: list[int] = found["text_offset"]
    logs: list[float | None] = found["token_logprobs"]
    ends = [*offsets[1:], end]
    behind = [
        log for log, stop, begin in zip(logs, ends, offsets, strict=True) if stop > start and begin < end
    ]
    if not behind or offsets[0] != 0 or any(log is None for log in behind):
        return None
    return sum(log for log in behind if log is not None)


def _cannot(server: Server, model: str, used: Usage | None = None, *, is_guess: bool = False) -> NodeError:
    error = NodeError("model.cannot_score", connection=server.connection, model=model)
    error.used, error.is_guess = used, is_guess
    return error

"""Score whole labels on servers that tell the log probabilities of a prompt's own tokens (completions with `echo`)."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Coroutine, Sequence
from http import HTTPStatus
from typing import Any

from app.adapters.call_gate import Turn
from app.adapters.egress import Egress
from app.adapters.model_errors import as_model_errors, refusal
from app.adapters.openai_lane import Hear, Server
from app.adapters.openai_reply import usage_of
from app.costs.usage import NO_USAGE, Usage
from app.sdk.errors import NodeError
from app.sdk.gateway import LabelScores

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
    answers = await _all([_ask(egress, server, model, prompt, label, turn) for label in labels])
    logs = [log for log, _ in answers]
    usage = sum((used for _, used in answers), NO_USAGE)
    highest = max(logs)
    weights = [math.exp(log - highest) for log in logs]
    shares = {label: weight / sum(weights) for label, weight in zip(labels, weights, strict=True)}
    return LabelScores(shares, usage, model, 0.0)


async def _all(questions: Sequence[Coroutine[Any, Any, tuple[float, Usage]]]) -> list[tuple[float, Usage]]:
    """All at once; the first that fails ends the others, and says what those that were answered had used."""
    tasks = [asyncio.ensure_future(question) for question in questions]
    try:
        return await asyncio.gather(*tasks)
    except NodeError as error:
        answered = (task for task in tasks if task.done() and not task.cancelled() and not task.exception())
        error.used = sum((task.result()[1] for task in answered), error.used or NO_USAGE)
        raise
    finally:
        for task in tasks:
            task.cancel()


async def _ask(
    egress: Egress, server: Server, model: str, prompt: str, label: str, turn: Callable[[], Turn]
) -> tuple[float, Usage]:
    """The log probability of a label behind the prompt, and what asking took."""
    async with turn() as its:
        log, usage = await _answer(egress, server, model, prompt, label, its.hear)
        its.used(usage)
    return log, usage


async def _answer(
    egress: Egress, server: Server, model: str, prompt: str, label: str, hear: Hear
) -> tuple[float, Usage]:
    text = prompt + label
    body = {"model": model, "prompt": text, "max_tokens": 1, "temperature": 0, "echo": True, "logprobs": 1}
    outgoing = server.outgoing("POST", "/completions", json.dumps(body).encode())
    with as_model_errors(server.connection, model):
        async with egress.send(outgoing) as answer:
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
        raise _cannot(server, model, usage) from error
    if log is None or usage is None:
        raise _cannot(server, model, usage)
    return log, usage


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


def _cannot(server: Server, model: str, used: Usage | None = None) -> NodeError:
    error = NodeError("model.cannot_score", connection=server.connection, model=model)
    error.used = used
    return error

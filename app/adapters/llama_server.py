"""What llama.cpp's server offers beside the OpenAI dialect: tokens of a text and probabilities of the next token."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeAlias

from aiohttp import ClientError, ClientSession

from app.adapters.egress_errors import has_stayed
from app.adapters.embedded_model import Endpoint
from app.costs.usage import Usage
from app.sdk.errors import NodeError

Tokens: TypeAlias = tuple[int, ...]

# Enough to lift the least likely token of the vocabulary over the likeliest; beyond it the precision
# of the engine's 32-bit numbers suffers.
LIFT = 100.0
LISTED = 64  # alternatives asked for: most wanted tokens are among them, which saves a second question
MARGIN = 20.0  # by how much (e^20) a token must stand above the others to be the one taken
IMPOSSIBLE = -103.0  # the log of the least 32-bit number, which stands for what the engine rounds to 0


async def tokens_of(session: ClientSession, endpoint: Endpoint, text: str, *, beginning: bool) -> Tokens:
    """The tokens of a text; `beginning` adds what the model wants in front of any prompt.

    Text is never read as control tokens: a message can't end its own turn.
    """
    body = {"content": text, "add_special": beginning, "parse_special": False}
    answer = await _post(session, endpoint, "/tokenize", body)
    return tuple(int(token) for token in answer["tokens"])


async def next_token_logs(
    session: ClientSession, endpoint: Endpoint, prompt: Tokens, wanted: Sequence[int], carrier: int
) -> tuple[dict[int, float], Usage]:
    """The natural-log probabilities, among the whole vocabulary, of the wanted tokens right after the prompt.

    The engine lists the likeliest tokens and the one it took, but answers nothing when that one ends
    within a character, as parts of Chinese words do. So it is made to take `carrier`, any token that is
    whole text. Where a wanted token isn't listed, a second question lifts the wanted tokens to the top
    of the list, just below the carrier, whose own probability then tells theirs.
    """
    question = {"prompt": prompt, "n_predict": 1, "cache_prompt": True, "samplers": ["temperature"]}
    listing = {"temperature": 0, "n_probs": LISTED, "logit_bias": [[carrier, 2 * LIFT]]}
    answer = await _post(session, endpoint, "/completion", question | listing)
    logs, usage = _listed(answer, "logprob"), _usage(answer)
    missing = [token for token in wanted if token not in logs]
    if missing:
        likeliest_missing = sorted(logs.values(), reverse=True)[:LISTED][-1]  # at most, since it isn't listed
        top = LIFT + MARGIN + likeliest_missing - logs[carrier]
        lifting = {"temperature": 1, "n_probs": len(missing) + 1, "post_sampling_probs": True}
        lifts = {"logit_bias": [[carrier, top], *([token, LIFT] for token in missing)]}
        answer = await _post(session, endpoint, "/completion", question | lifting | lifts)
        shares, usage = _listed(answer, "prob"), together(usage, _usage(answer))
        for token in missing:
            logs[token] = logs[carrier] + top - LIFT + _log(shares[token]) - _log(shares[carrier])
    return {token: logs[token] for token in wanted}, usage


def together(first: Usage, later: Usage) -> Usage:
    """The usage of two questions of one use: what the later one found still processed was counted before."""
    return Usage(
        input=first.input + later.input - later.cached,
        cached=first.cached,
        output=first.output + later.output,
    )


def _usage(answer: Mapping[str, Any]) -> Usage:
    return Usage(input=answer["tokens_evaluated"], cached=answer["timings"]["cache_n"], output=1)


def _listed(answer: Mapping[str, Any], measure: str) -> dict[int, float]:
    """What an answer says of the token taken and of the likeliest ones, by token."""
    try:
        found = answer["completion_probabilities"][0]
        items = [*found[f"top_{measure}s"], found]
        return {
            int(item["id"]): IMPOSSIBLE if item[measure] is None else float(item[measure]) for item in items
        }
    except (KeyError, IndexError) as error:
        raise NodeError("model.bad_reply", detail="no token probabilities") from error


def _log(share: float) -> float:
    return math.log(share) if share > 0 else IMPOSSIBLE


async def _post(
    session: ClientSession, endpoint: Endpoint, path: str, body: Mapping[str, Any]
) -> dict[str, Any]:
    """Raises NodeError `model.key_refused`, `model.too_long`, `model.server_error`, `model.unreachable`."""
    try:
        async with session.post(endpoint.url + path, headers=endpoint.headers, json=body) as response:
            text = await response.text()
            status = response.status
    except ClientError as error:
        raised = NodeError("model.unreachable", detail=type(error).__name__)
        raised.unsent = has_stayed(error)
        raise raised from error
    if status == HTTPStatus.OK:
        return json.loads(text)
    if status == HTTPStatus.UNAUTHORIZED:
        raise NodeError("model.key_refused")
    raise NodeError(
        "model.too_long" if "exceed" in text else "model.server_error", status=status, detail=text[:200]
    )

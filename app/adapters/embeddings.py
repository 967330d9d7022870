"""Embeddings in the OpenAI dialect: what is asked, and what a server may give for it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from app.adapters.connection_kinds import Bill
from app.adapters.openai_reply import Plain, usage_of
from app.adapters.provider_bill import billed
from app.costs.usage import Usage
from app.sdk.errors import NodeError
from app.sdk.gateway import EmbedReply, EmbedRequest

_DIGITS = 7  # that a vector's numbers have: models count in single precision


def embed_fields(request: EmbedRequest, model: str) -> dict[str, Any]:
    """The body of a request as plain data."""
    fields: dict[str, Any] = {"model": model, "input": list(request.texts), "encoding_format": "float"}
    if request.dimensions is not None:
        fields["dimensions"] = request.dimensions
    return fields


def embed_reply_of(body: Plain, seconds: float, asked_model: str, texts: int, bill: Bill = "") -> EmbedReply:
    """One vector for each text, in their order, all as long; `bill`: how it says what it cost.

    Raises NodeError `model.bad_reply`.
    """
    try:
        rows = sorted(cast("list[Plain]", body["data"]), key=lambda row: row.get("index", 0))
        vectors = tuple(_vector(row["embedding"]) for row in rows)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise NodeError("model.bad_reply", model=asked_model) from error
    if len(vectors) != texts or len({len(vector) for vector in vectors}) > 1:
        raise NodeError("model.bad_reply", model=asked_model)
    model, usage, doubted = body.get("model"), None, False
    try:
        usage = _usage(body.get("usage"))
    except ValueError:
        doubted = True
    named = model if isinstance(model, str) and model else asked_model
    return EmbedReply(vectors, usage, named, seconds, doubted, billed(body.get("usage"), bill))


def _vector(said: Any) -> tuple[float, ...]:
    numbers = tuple(map(_number, cast("Sequence[Any]", said))) if isinstance(said, list) else ()
    if not numbers:
        raise ValueError("no vector")
    return numbers


def _number(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, (int, float)) or not math.isfinite(said):
        raise ValueError(said)
    return float(f"{said:.{_DIGITS}g}")


def _usage(said: Any) -> Usage | None:
    """Servers say only what went in; nothing comes out."""
    if not isinstance(said, Mapping):
        return None
    return usage_of({"completion_tokens": 0, **cast("Plain", said)})

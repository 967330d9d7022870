"""Which models a connection offers, asked in its provider's own way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from app.adapters.connection import Connection
from app.adapters.openai_lane import OpenAiLane, Server
from app.sdk.errors import NodeError

_ANTHROPIC_VERSION = "2023-06-01"


async def list_models(lane: OpenAiLane, connection: Connection, server: Server) -> tuple[str, ...] | None:
    """The names, sorted; None where this kind of provider has no list that a key can read.

    Raises NodeError `model.*`, `net.*`.
    """
    match connection.kind:
        case "anthropic":
            headers = {"x-api-key": server.key, "anthropic-version": _ANTHROPIC_VERSION}
            body = await lane.get(replace(server, key="", headers=headers), "/v1/models?limit=1000")
            return _ids(body.get("data"), server)
        case "gemini":
            body = await lane.get(
                replace(server, key="", headers={"x-goog-api-key": server.key}), "/models?pageSize=1000"
            )
            return _gemini_names(body.get("models"), server)
        case "azure" | "bedrock":
            return None
        case _:
            return _ids((await lane.get(server, "/models")).get("data"), server)


def _ids(rows: Any, server: Server) -> tuple[str, ...]:
    return tuple(sorted(row["id"] for row in _rows(rows, server) if isinstance(row.get("id"), str)))


def _gemini_names(rows: Any, server: Server) -> tuple[str, ...]:
    names = (
        row.get("name", "").removeprefix("models/")
        for row in _rows(rows, server)
        if "generateContent" in row.get("supportedGenerationMethods", ())
    )
    return tuple(sorted(names))


def _rows(rows: Any, server: Server) -> list[dict[str, Any]]:
    """Ollama says null for no models at all."""
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise NodeError("model.bad_reply", connection=server.connection)
    return [cast("dict[str, Any]", row) for row in cast("list[Any]", rows) if isinstance(row, dict)]

"""Which models a connection offers and what they can do, asked in its provider's own way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from app.adapters.connection import Connection
from app.adapters.listed_model import ListedModel, Row, listed, part, rows, whole, word, words, yes_or_no
from app.adapters.listed_prices import price_in
from app.adapters.local_lists import llama_cpp_models, lm_studio_models, ollama_models, vllm_models
from app.adapters.openai_lane import OpenAiLane, Server
from app.sdk.errors import NodeError

Reader: TypeAlias = Callable[[OpenAiLane, Server], Awaitable[tuple[ListedModel, ...] | None]]

_ANTHROPIC_VERSION = "2023-06-01"
# Servers that say more in their own way than in OpenAI's.
OWN_WAYS: Mapping[str, Reader] = {
    "ollama": ollama_models,
    "lm_studio": lm_studio_models,
    "llama_cpp": llama_cpp_models,
    "vllm": vllm_models,
}


async def list_models(
    lane: OpenAiLane, connection: Connection, server: Server
) -> tuple[ListedModel, ...] | None:
    """By name; None where this kind of provider has no list that a key can read.

    Raises NodeError `model.*`, `net.*`.
    """
    match connection.kind:
        case "anthropic":
            found = await _anthropic_models(lane, server)
        case "gemini":
            found = await _gemini_models(lane, server)
        case "azure" | "bedrock" | "litellm":
            return None
        case kind if kind in OWN_WAYS:
            found = await _own_models(lane, OWN_WAYS[kind], server)
        case _:
            found = await openai_models(lane, server)
    if found is None:
        raise NodeError("model.bad_reply", connection=server.connection)
    return tuple(sorted(found, key=lambda one: one.name))


async def openai_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    """What any server of the OpenAI dialect says. None: it says something else. Raises NodeError `model.*`, `net.*`."""
    here = rows(await lane.get(server, "/models"), "data")
    return None if here is None else tuple(_of_openai(row) for row in here if word(row, "id"))


async def _own_models(lane: OpenAiLane, ask: Reader, server: Server) -> tuple[ListedModel, ...] | None:
    """In the server's own way; an older one, or one behind a gateway, at least has a list in OpenAI's."""
    try:
        found = await ask(lane, server)
    except NodeError as error:
        if error.code not in {"model.wrong_address", "model.bad_reply", "model.missing"}:
            raise
        found = None
    return await openai_models(lane, server) if found is None else found


async def _anthropic_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    headers = {"x-api-key": server.key, "anthropic-version": _ANTHROPIC_VERSION}
    body = await lane.get(replace(server, key="", headers=headers), "/v1/models?limit=1000")
    return _each(
        rows(body, "data"),
        lambda row: ListedModel(
            word(row, "id"), word(row, "display_name"), context=whole(row, "max_input_tokens")
        ),
    )


async def _gemini_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    body = await lane.get(
        replace(server, key="", headers={"x-goog-api-key": server.key}), "/models?pageSize=1000"
    )
    return _each(
        [
            row
            for row in rows(body, "models") or ()
            if "generateContent" in (words(row, "supportedGenerationMethods") or ())
        ]
        if "models" in body
        else None,
        lambda row: ListedModel(
            word(row, "name").removeprefix("models/"),
            word(row, "displayName"),
            context=whole(row, "inputTokenLimit"),
        ),
    )


def _each(here: list[Row] | None, read: Callable[[Row], ListedModel]) -> tuple[ListedModel, ...] | None:
    return None if here is None else tuple(one for one in map(read, here) if one.name)


def _of_openai(row: Row) -> ListedModel:
    """OpenAI itself tells only the name; others add what they like, each in one of these places."""
    takes, asks = words(part(row, "architecture"), "input_modalities"), words(row, "supported_parameters")
    able = part(row, "capabilities")
    can = {
        "chat": yes_or_no(able, "completion_chat"),
        "tools": yes_or_no(able, "function_calling") if asks is None else "tools" in asks,
        "pictures": yes_or_no(able, "vision") if takes is None else "image" in takes,
        "schema": None if asks is None else "structured_outputs" in asks,
    }
    context = whole(row, "context_length", "context_window", "max_context_length", "max_model_len")
    title = word(row, "name") if asks is not None else ""  # elsewhere it is the id once more
    context = context or whole(part(row, "meta"), "n_ctx")
    return listed(word(row, "id"), can, title=title, context=context, price=price_in(row))

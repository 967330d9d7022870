"""What the model servers that people run themselves say of their models: Ollama, LM Studio, llama.cpp, vLLM.

Sources: docs/api.md of Ollama, "REST API" of LM Studio's developer docs, tools/server/README.md of llama.cpp,
"OpenAI-Compatible Server" of vLLM's docs.
"""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace

from app.adapters.listed_model import ListedModel, Row, listed, part, rows, whole, word, words
from app.adapters.openai_lane import OpenAiLane, Server
from app.sdk.errors import NodeError

MOST_SHOWN = 200  # models of a server about which more is asked
_AT_ONCE = 8  # questions to one server
_CONTEXT = re.compile(r"^num_ctx\s+(\d+)\s*$", re.MULTILINE)


async def ollama_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    """None: it isn't Ollama that answers there. Raises NodeError `model.*`, `net.*`."""
    root = _root(server)
    here = rows(await lane.get(root, "/api/tags"), "models")
    if here is None or not all(word(row, "name") for row in here):
        return None
    in_memory = {word(row, "name"): row for row in await _loaded(lane, root)}
    turns = asyncio.Semaphore(_AT_ONCE)

    async def described(row: Row) -> ListedModel:
        async with turns:
            return _of_ollama(row, await _shown(lane, root, word(row, "name")), in_memory)

    models = await asyncio.gather(*map(described, here[:MOST_SHOWN]))
    return (*models, *(ListedModel(word(row, "name")) for row in here[MOST_SHOWN:]))


async def _loaded(lane: OpenAiLane, root: Server) -> list[Row]:
    try:
        return rows(await lane.get(root, "/api/ps"), "models") or []
    except NodeError:
        return []


async def _shown(lane: OpenAiLane, root: Server, name: str) -> Row:
    """What it says of one model; nothing where it can't, since its name alone is worth showing."""
    try:
        return await lane.get(root, "/api/show", json.dumps({"model": name}).encode())
    except NodeError:
        return {}


def _of_ollama(row: Row, shown: Row, in_memory: dict[str, Row]) -> ListedModel:
    name, said, info = word(row, "name"), words(shown, "capabilities"), part(shown, "model_info")
    held = in_memory.get(name)
    own_context = _CONTEXT.search(word(shown, "parameters"))
    longest = whole(info, f"{word(info, 'general.architecture')}.context_length")
    context = whole(held or {}, "context_length") or (int(own_context[1]) if own_context else longest)
    can: dict[str, bool | None] = {}
    if said is not None:
        names = {"chat": "completion", "tools": "tools", "pictures": "vision", "embed": "embedding"}
        can = {ability: theirs in said for ability, theirs in names.items()}
        can["schema"] = can["chat"]  # it holds every model that writes to a schema
    return listed(
        name,
        can,
        context=context,
        size_bytes=whole(row, "size"),
        loaded=held is not None,
        on_gpu=_share(held) if held else None,
        remote=word(row, "remote_host") or word(shown, "remote_host"),
    )


def _share(held: Row) -> float | None:
    """How much of a model that lies in memory lies in the GPU's."""
    size, on_gpu = whole(held, "size"), held.get("size_vram")
    if size is None or isinstance(on_gpu, bool) or not isinstance(on_gpu, int) or on_gpu < 0:
        return None
    return min(on_gpu / size, 1.0)


async def lm_studio_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    """None: it isn't LM Studio that answers there. Raises NodeError `model.*`, `net.*`."""
    here = rows(await lane.get(_root(server), "/api/v0/models"), "data")
    if here is None or not all(word(row, "id") and word(row, "type") for row in here):
        return None
    return tuple(map(_of_lm_studio, here))


def _of_lm_studio(row: Row) -> ListedModel:
    kind, said = word(row, "type"), words(row, "capabilities")
    writes = kind in {"llm", "vlm"}
    can = {
        "chat": writes,
        "pictures": kind == "vlm",
        "embed": kind == "embeddings",
        "schema": writes,
        "tools": None if said is None else "tool_use" in said,
    }
    return listed(
        word(row, "id"),
        can,
        context=whole(row, "loaded_context_length", "max_context_length"),
        loaded=word(row, "state") == "loaded",
    )


async def llama_cpp_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    """None: it isn't llama.cpp that answers there. Raises NodeError `model.*`, `net.*`.

    A server that loads models when they are asked for is only asked for their names: the question what one
    can do would load it.
    """
    here = rows(await lane.get(server, "/models"), "data")
    if here is None or any(word(row, "owned_by") != "llamacpp" for row in here):
        return None
    if len(here) != 1 or "status" in here[0]:
        return tuple(
            ListedModel(word(row, "id"), loaded=word(part(row, "status"), "value") == "loaded")
            for row in here
        )
    return (_of_llama_cpp(here[0], await _props(lane, server)),)


async def _props(lane: OpenAiLane, server: Server) -> Row:
    """What it says of itself; the list of models needs no key, this does."""
    try:
        return await lane.get(_root(server), "/props")
    except NodeError as error:
        if error.code in {"model.key_wanted", "model.key_refused"}:
            raise
        return {}


def _of_llama_cpp(row: Row, props: Row) -> ListedModel:
    caps, can_see = part(props, "chat_template_caps"), part(props, "modalities").get("vision")
    chats = bool(word(props, "chat_template")) if props else None
    can = {
        "chat": chats,
        "pictures": can_see if isinstance(can_see, bool) else None,
        # Without a template made for tools it puts them into the prompt: that may work, nobody knows.
        "tools": True if caps.get("supports_tools") is True else None,
        "schema": True,
    }
    settings, meta = part(props, "default_generation_settings"), part(row, "meta")
    return listed(
        word(row, "id"),
        can,
        context=whole(settings, "n_ctx") or whole(meta, "n_ctx", "n_ctx_train"),
        size_bytes=whole(meta, "size"),
        loaded=True,
    )


async def vllm_models(lane: OpenAiLane, server: Server) -> tuple[ListedModel, ...] | None:
    """None: it isn't vLLM that answers there. Raises NodeError `model.*`, `net.*`."""
    here = rows(await lane.get(server, "/models"), "data")
    if here is None or any(word(row, "owned_by") != "vllm" for row in here):
        return None
    # What it may do beyond this depends on how it was started, which it doesn't tell.
    return tuple(
        listed(word(row, "id"), {"schema": True}, context=whole(row, "max_model_len"), loaded=True)
        for row in here
    )


def _root(server: Server) -> Server:
    """The same server, asked in its own way."""
    return replace(server, url=server.url.removesuffix("/v1"))

"""Servers on this computer: found at their ports on either address, named by kind, asked for nothing but lists."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from app.adapters.egress import Egress
from app.adapters.found_servers import FoundServer, ServerFinder
from app.adapters.listed_model import ListedModel
from app.adapters.openai_lane import OpenAiLane
from app.adapters.proxies import Proxies
from tests.servers.local import LocalServer, Maker
from tests.servers.site import Names

GGUF = "gemma-3-12b-it-Q4_K_M.gguf"


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return True


on_either = pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        pytest.param("::1", marks=pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")),
    ],
)


@pytest.fixture
async def lane() -> AsyncIterator[OpenAiLane]:
    """The system's name service must not be needed: whoever asks it here gets an error."""
    egress = Egress(resolver=Names(), proxies=Proxies({"http": "http://127.0.0.1:9"}))
    yield OpenAiLane(egress)
    await egress.close()


async def find(lane: OpenAiLane, *servers: tuple[str, LocalServer]) -> tuple[FoundServer, ...]:
    return await ServerFinder(lane, tuple((kind, server.port) for kind, server in servers)).find()


@on_either
@pytest.mark.parametrize("maker", ["ollama", "lm_studio", "llama_cpp", "vllm"])
async def test_each_server_is_found_on_the_address_where_it_listens(
    lane: OpenAiLane, maker: Maker, host: str
) -> None:
    async with LocalServer(maker, host) as server:  # type: ignore[arg-type]
        (found,) = await find(lane, (maker, server))
    assert found.connection.kind == maker
    assert found.connection.is_local
    assert found.models
    assert not found.wants_key


@pytest.mark.parametrize("usual", ["ollama", "lm_studio", "llama_cpp", "vllm"])
@pytest.mark.parametrize("maker", ["ollama", "lm_studio", "llama_cpp", "vllm"])
async def test_a_server_at_the_usual_port_of_another_is_known_for_what_it_is(
    lane: OpenAiLane, maker: Maker, usual: str
) -> None:
    async with LocalServer(maker) as server:
        (found,) = await find(lane, (usual, server))
    assert found.connection.kind == maker
    assert found.connection.address == f"http://localhost:{server.port}/v1"


async def test_what_models_can_do_is_read_in_each_servers_words(lane: OpenAiLane) -> None:
    async with AsyncExitStack() as stack:
        makers: tuple[Maker, ...] = ("ollama", "lm_studio", "llama_cpp", "vllm")
        servers = [(maker, await stack.enter_async_context(LocalServer(maker))) for maker in makers]
        found = await find(lane, *servers)
    models = {model.name: model for server in found for model in server.models}
    qwen, llava, embedder = (models[n] for n in ("qwen2.5:7b", "llava:latest", "nomic-embed-text:latest"))
    assert qwen == ListedModel(
        "qwen2.5:7b",
        abilities=frozenset({"chat", "tools", "schema"}),
        lacking=frozenset({"pictures", "embed"}),
        context=8192,  # what the server gives it, not the 32,768 that it could take
        size_bytes=4683075271,
        loaded=False,
    )
    assert (llava.can("pictures"), llava.can("tools"), llava.context, llava.loaded) == (
        True,
        False,
        4096,
        True,
    )
    assert llava.on_gpu == pytest.approx(0.75, abs=0.001)
    assert (embedder.can("embed"), embedder.can("chat"), embedder.context) == (True, False, 2048)
    vlm, llama = models["qwen2-vl-7b-instruct"], models["meta-llama-3.1-8b-instruct"]
    assert (vlm.can("pictures"), vlm.can("tools"), vlm.context, vlm.loaded) == (True, None, 32768, False)
    assert (llama.can("tools"), llama.can("pictures"), llama.context, llama.loaded) == (
        True,
        False,
        4096,
        True,
    )
    assert models["text-embedding-nomic-embed-text-v1.5"].can("chat") is False
    gemma = models[GGUF]
    assert gemma.abilities == {"chat", "tools", "schema", "pictures"}
    assert (gemma.context, gemma.size_bytes) == (16384, 7300574912)
    vllm = models["Qwen/Qwen2.5-1.5B-Instruct"]
    assert (vllm.context, vllm.can("schema"), vllm.can("tools"), vllm.on_gpu) == (32768, True, None, None)


async def test_what_is_no_model_server_is_not_taken_for_one(lane: OpenAiLane) -> None:
    async with LocalServer("web_page") as page, LocalServer("locked") as locked:
        (found,) = await find(lane, ("llama_cpp", page), ("vllm", locked))
    assert (found.connection.kind, found.wants_key, found.models) == ("vllm", True, ())


async def test_looking_sends_no_key_and_asks_for_nothing_but_lists(lane: OpenAiLane) -> None:
    async with LocalServer("ollama") as ollama, LocalServer("web_page") as page:
        await find(lane, ("ollama", ollama), ("vllm", page))
    assert {path for _, path, _ in ollama.asked} == {"/api/tags", "/api/ps", "/api/show"}
    assert {method for method, _, _ in page.asked} == {"GET"}
    for _, _, headers in (*ollama.asked, *page.asked):
        assert not {"authorization", "cookie", "x-api-key"} & {name.lower() for name in headers}


async def test_a_server_that_says_nothing_keeps_nobody_waiting(
    lane: OpenAiLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.found_servers.PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        finder = ServerFinder(lane, (("llama_cpp", silent.getsockname()[1]),))
        async with asyncio.timeout(60):
            assert await finder.find() == ()


async def test_what_was_found_holds_for_a_moment(lane: OpenAiLane) -> None:
    async with LocalServer("ollama") as server:
        finder = ServerFinder(lane, (("ollama", server.port),))
        first = await finder.find()
        asked = len(server.asked)
        assert await finder.find() == first
        assert len(server.asked) == asked
        assert await finder.find(look_again=True) == first
        assert len(server.asked) == 2 * asked
    assert await finder.find(look_again=True) == ()

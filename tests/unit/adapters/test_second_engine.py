"""A second real engine, by both lanes: same prompt, same text and usage; its key, its models, its errors."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import structs

from app.adapters.connection import Connection
from app.adapters.egress import Egress
from app.adapters.litellm_gateway import Account, LitellmLane
from app.adapters.model_lists import list_models
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest
from tests.servers.fetched import fetch

pytestmark = [
    pytest.mark.timeout(360),  # more than `fetch` may take
    pytest.mark.xdist_group("litellm"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic:UserWarning"),
]
ENGINE = "mistralrs==0.9.5"
KEY = "second-engine-key-0123456789"
PROGRAM = Path(__file__).parents[2] / "servers/second_engine.py"
# It runs SmolLM2 at two or three tokens a second on one core: few in, few out, and the second time the prompt is kept.
QUESTION = (ChatMessage("system", "Brief."), ChatMessage("user", "Hi!"))
REQUEST = ChatRequest(ModelChoice(connection="Second"), QUESTION, temperature=0.0, max_tokens=4)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, model_path: Path) -> Iterator[Server]:
    """From the registry, and without what is installed here; where it can't be had, the tests are skipped."""
    place = tmp_path_factory.mktemp("second-engine")
    try:
        fetch(ENGINE, place)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"{ENGINE} can't be installed here: {error}")
    command = [sys.executable, "-S", "-P", str(PROGRAM), str(model_path), KEY]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "RAYON_NUM_THREADS": "1", "PYTHONPATH": str(place)},
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        # The engine writes of itself there too.
        port = next((line for line in child.stdout if line.strip().isdigit()), "")
        if not port:
            pytest.skip(f"{ENGINE} doesn't start here: exit code {child.wait(60)}")
        yield Server("Second", f"http://127.0.0.1:{port.strip()}/v1", KEY, reach="loopback")
    finally:
        child.stdin.close()
        child.terminate()
        child.wait(60)
        child.stdout.close()


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


async def test_both_lanes_get_the_same_from_it(engine: Server, egress: Egress, model_path: Path) -> None:
    fast, slow, model = OpenAiLane(egress), LitellmLane(egress), model_path.stem
    account = Account("Second", "openai", engine.url, KEY, "loopback")
    shown: list[str] = []
    try:
        replies = [
            await fast.chat(engine, model, REQUEST),
            await fast.chat(engine, model, structs.replace(REQUEST, on_text=shown.append)),
            await slow.chat(account, model, REQUEST),
        ]
        with pytest.raises(NodeError) as by_litellm:
            await slow.chat(replace(account, key="wrong"), model, REQUEST)
    finally:
        await slow.close()
    first = comparable(replies[0])
    assert [comparable(reply) for reply in replies] == [first] * len(replies)
    assert "".join(shown) == first.text != ""
    assert first.finish == "length"
    assert all(reply.usage is not None and reply.usage.output == 4 for reply in (replies[0], replies[2]))
    assert replies[0].usage == replies[2].usage
    for key, name, code in (("wrong", model, "model.key_refused"), (KEY, "another", "model.missing")):
        with pytest.raises(NodeError) as caught:
            await fast.chat(replace(engine, key=key), name, REQUEST)
        assert caught.value.code == code
    assert by_litellm.value.code == "model.key_refused"
    listed = await list_models(fast, Connection("Second", "openai_compatible", engine.url), engine)
    assert [one.name for one in listed or ()] == [model]


def comparable(reply: ChatReply) -> ChatReply:
    return structs.replace(reply, seconds=0.0, usage=None)

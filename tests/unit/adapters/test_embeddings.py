"""Embeddings: the same vectors, usage and errors by both lanes, from the real scripted server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from app.adapters.egress import Egress
from app.adapters.embeddings import embed_reply_of
from app.adapters.litellm_gateway import Account, LitellmLane
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.costs.usage import Usage
from app.executor.call_requests import plain_reply, reply_of
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import EmbedReply, EmbedRequest
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic:UserWarning"),
]
ASKED = EmbedRequest(ModelChoice(connection="T", model="m"), ("one text", "世界"), 3)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture(params=["aiohttp", "litellm"])
async def ask(request: pytest.FixtureRequest, server: ScriptedServer) -> AsyncIterator[Any]:
    egress = Egress(proxies=Proxies({}))
    litellm = LitellmLane(egress)

    async def call(key: str = KEY) -> EmbedReply:
        if request.param == "aiohttp":
            lane = OpenAiLane(egress)
            return await lane.embed(Server("T", server.url("openai"), key, reach="loopback"), "m", ASKED)
        account = Account("T", "openai", server.url("openai"), key, "loopback")
        return await litellm.embed(account, "text-embedding-3-small", ASKED)

    yield call
    if request.param == "litellm":
        await litellm.close()
    await egress.close()


async def test_vectors_come_in_the_order_of_the_texts(ask: Any, server: ScriptedServer) -> None:
    server.say(Answer(usage=Usage(9)))
    reply = await ask()
    assert reply.vectors == ((8.0, 2.0, 0.116), (2.0, 1.0, 30.028))
    assert reply.usage == Usage(9)
    (asked,) = server.asked
    assert asked.path == "/openai/v1/embeddings"
    assert asked.body["input"] == ["one text", "世界"]
    assert asked.body["dimensions"] == 3
    assert asked.headers["Authorization"] == f"Bearer {KEY}"


async def test_usage_that_nobody_says_is_unknown(ask: Any, server: ScriptedServer) -> None:
    server.say(Answer(usage=None))
    assert (await ask()).usage is None


@pytest.mark.parametrize(
    ("fault", "code"),
    [("key", "model.key_refused"), ("rate", "model.too_many_requests"), ("server", "model.server_error")],
)
async def test_errors_are_those_of_chat(ask: Any, server: ScriptedServer, fault: Any, code: str) -> None:
    server.say(Answer(fault=fault))
    with pytest.raises(NodeError, match=code.replace(".", r"\.")):
        await ask()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        [{"embedding": [1]}],
        [{"embedding": [1, 2]}, {"embedding": [1]}],
        [{"embedding": [1]}, {"embedding": "abc"}],
        [{"embedding": [1]}, {"embedding": [float("nan")]}],
        [{"embedding": [1]}, {"embedding": [True]}],
        [{"embedding": [1]}, {"embedding": []}],
        [{"embedding": [1]}, None],
        [{"embedding": [1], "index": "x"}, {"embedding": [1], "index": 0}],
    ],
)
def test_what_is_no_vector_for_each_text_is_refused(data: Any) -> None:
    with pytest.raises(NodeError, match=r"model\.bad_reply"):
        embed_reply_of({"data": data}, 0.0, "m", 2)


@pytest.mark.parametrize("said", [-5, 0])
def test_impossible_usage_is_doubted(said: int) -> None:
    body = {"data": [{"embedding": [1]}], "usage": {"prompt_tokens": said}}
    reply = embed_reply_of(body, 0.0, "m", 1)
    assert (reply.usage, reply.doubted) == (None, True)


def test_a_reply_can_be_kept() -> None:
    reply = EmbedReply(((0.5, 1.0), (2.0, 3.0)), Usage(3), "m", 0.25)
    assert reply_of(plain_reply(reply)) == reply

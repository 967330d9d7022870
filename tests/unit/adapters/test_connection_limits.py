"""The limits of connections, through the gateway and against a real server that counts what it gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from app.adapters.connection import Connection
from app.adapters.connection_limits import CLOUD, LOOPBACK, ConnectionLimits, limits_of
from app.adapters.connections import THIS_COMPUTER, Connections
from app.adapters.egress import Egress
from app.adapters.gateway import Gateway
from app.adapters.keyring_secrets import Secrets
from app.adapters.litellm_prices import PriceList
from app.adapters.local_models import LocalModels
from app.adapters.model_files import ModelFiles
from app.adapters.model_records import ModelRecords
from app.adapters.proxies import Proxies
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, ScoreRequest
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer
from tests.unit.adapters.turned_clock import until

Make = Callable[..., Gateway]
CHOICE = ModelChoice(connection="T", model="tiny-1")
REQUEST = ChatRequest(CHOICE, (ChatMessage("user", "Say hello."),))
REFUSED = Answer(fault="rate", headers={"Retry-After": "1"})


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def make(tmp_path: Path, server: ScriptedServer) -> AsyncIterator[Make]:
    made: list[Gateway] = []

    def gateway(kind: str = "openai_compatible", **limits: int) -> Gateway:
        dialect: Any = "openai" if kind == "openai_compatible" else kind
        environment = {
            "BATON_CONN_T_KIND": kind,
            "BATON_CONN_T_URL": server.url(dialect),
            "BATON_CONN_T_KEY": KEY,
            **{f"BATON_CONN_T_{name.upper()}": str(value) for name, value in limits.items()},
        }
        local = LocalModels(
            children, ["none"], ModelFiles(tmp_path / "models", ModelRecords(tmp_path / "models.json"))
        )
        connections = Connections(tmp_path / "connections.json", environment, local.names)
        secrets, prices = Secrets(tmp_path / "secrets.json", environment), PriceList(tmp_path / "prices.json")
        made.append(Gateway(connections, secrets, Egress(proxies=Proxies({})), local, prices, dict))
        return made[-1]

    yield gateway
    for one in made:
        await one.close()


async def ask(gateway: Gateway, count: int) -> list[ChatReply | BaseException]:
    return await asyncio.gather(*(gateway.chat(REQUEST) for _ in range(count)), return_exceptions=True)


def test_each_kind_has_its_usual_limits() -> None:
    assert limits_of(Connection(THIS_COMPUTER, "embedded"), 2).parallel == 2
    assert limits_of(Connection("A", "ollama"), 2).parallel == LOOPBACK
    assert limits_of(Connection("A", "openai"), 2).parallel == CLOUD
    chosen = limits_of(Connection("A", "openai", parallel=3, rpm=60, tpm=9000), 2)
    assert (chosen.parallel, chosen.rpm, chosen.tpm) == (3, 60, 9000)


async def test_a_connection_has_one_gate_however_it_is_spelt_and_each_local_model_its_own() -> None:
    limits = ConnectionLimits(slots=lambda _model: 2)
    one = limits.gate(Connection("Company OpenAI", "openai", parallel=4), "a")
    assert limits.gate(Connection("COMPANY_OPENAI", "openai", parallel=6), "b") is one
    assert one.pace.allowed == 6
    here = Connection(THIS_COMPUTER, "embedded")
    assert limits.gate(here, "a") is not limits.gate(here, "b")


async def test_fifty_calls_are_never_more_than_four_at_once(make: Make, server: ScriptedServer) -> None:
    server.default = Answer(seconds=0.05)
    replies = await ask(make(parallel=4), 50)
    assert all(isinstance(reply, ChatReply) for reply in replies)
    assert len(server.asked) == 50
    assert server.most_at_once == 4


@pytest.mark.xdist_group("litellm")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*Pydantic:UserWarning")
async def test_the_other_lane_passes_the_same_gate(make: Make, server: ScriptedServer) -> None:
    server.default = Answer(seconds=0.3)
    await ask(make("anthropic", parallel=2), 6)
    assert (len(server.asked), server.most_at_once) == (6, 2)


async def test_asking_once_a_label_passes_it_too(make: Make, server: ScriptedServer) -> None:
    server.default = Answer(seconds=0.2)
    gateway = make(parallel=2)
    scores = await gateway.score(ScoreRequest(CHOICE, "Topic:", [" one", " two", " three", " four"]))
    assert len(scores.probabilities) == 4
    assert server.most_at_once == 2


async def test_after_a_refusal_nobody_calls_in_the_second_that_the_server_asked_for(
    make: Make, server: ScriptedServer
) -> None:
    """Four calls are answered, the fifth and those under way with it are refused; then there is silence."""
    server.say(*[Answer(seconds=0.01)] * 4, *[REFUSED] * 4)
    gateway = make(parallel=4)
    replies = await asyncio.gather(*(gateway.chat(REQUEST) for _ in range(30)), return_exceptions=True)
    assert 1 <= sum(isinstance(reply, NodeError) for reply in replies) <= 4
    # By the server's own clock, which saw the refused call before the gate could know.
    refused, *later = [asked.at for asked in server.asked[4:]]
    in_flight = 3  # at most: sent before anybody could know
    assert min(later[in_flight:]) >= refused + 1
    assert len(server.asked) == 30


async def test_a_single_line_of_calls_is_wholly_silent_after_a_refusal(
    make: Make, server: ScriptedServer
) -> None:
    server.say(*[Answer()] * 4, REFUSED)
    replies = await ask(make(parallel=1), 8)
    assert [isinstance(reply, NodeError) for reply in replies] == [False] * 4 + [True] + [False] * 3
    at = [asked.at for asked in server.asked]
    assert at[5] - at[4] >= 1


async def test_a_pause_holds_for_every_run_of_the_gateway(make: Make, server: ScriptedServer) -> None:
    gateway = make(parallel=4)
    server.say(REFUSED)
    with pytest.raises(NodeError):
        await gateway.chat(REQUEST)
    await asyncio.gather(*(gateway.chat(REQUEST) for _ in range(3)))
    refused, *later = [asked.at for asked in server.asked]
    assert min(later) >= refused + 1


@pytest.mark.parametrize(
    "kind", ["openai_compatible", pytest.param("anthropic", marks=pytest.mark.xdist_group("litellm"))]
)
async def test_what_a_good_answer_says_is_left_is_believed(
    make: Make, server: ScriptedServer, kind: str
) -> None:
    said = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "700ms"}
    server.say(Answer(headers=said))
    gateway = make(kind, parallel=4)
    await gateway.chat(REQUEST)
    await ask(gateway, 3)
    assert server.asked[1].at - server.asked[0].at >= 0.65


async def test_a_cancelled_call_that_waited_never_reaches_the_server(
    make: Make, server: ScriptedServer
) -> None:
    server.say(Answer(fault="hang"))
    gateway = make(parallel=1)
    first = asyncio.ensure_future(gateway.chat(REQUEST))
    waiting = [asyncio.ensure_future(gateway.chat(REQUEST)) for _ in range(20)]
    await until(lambda: bool(server.asked))
    for call in (*waiting, first):
        call.cancel()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert len(server.asked) == 1
    assert (await gateway.chat(REQUEST)).text, "the place is free again"


async def test_a_test_by_hand_asks_at_once_and_lifts_the_pause(make: Make, server: ScriptedServer) -> None:
    gateway = make(parallel=4)
    server.say(Answer(fault="rate", headers={"Retry-After": "86400"}))
    for _ in range(2):
        with pytest.raises(NodeError) as caught:
            await gateway.chat(REQUEST)
        assert caught.value.code == "model.too_many_requests"
    assert len(server.asked) == 1, "a provider that is away for a day is not asked again"
    connection = Connection("T", "openai_compatible", server.url("openai"), "tiny-1")
    assert (await gateway.test_connection(connection, KEY)).problem is None
    assert (await gateway.chat(REQUEST)).text

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from aiohttp import web
from msgspec import structs

from app.adapters.connection_kinds import Bill, Dialect
from app.adapters.egress import Egress
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest
from tests.servers.answers import Answer
from tests.servers.scripted import KEY, ScriptedServer
from tests.servers.site import Route, Site, leads_to

REQUEST = ChatRequest(ModelChoice(connection="C", model="m"), [ChatMessage("user", "hi")])


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with Site() as server:
        yield server


def streams(*parts: bytes, content_type: str = "text/event-stream") -> Route:
    async def route(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        return response

    return route


def there(site: Site, *, key: str = "", streams: bool = True) -> Server:
    return Server("C", site.url("/v1"), key, reach="local", streams=streams)


async def code_of(lane: OpenAiLane, server: Server) -> str:
    with pytest.raises(NodeError) as caught:
        await lane.chat(server, "m", REQUEST)
    return caught.value.code


async def test_nothing_is_streamed_where_nobody_looks(egress: Egress, scripted: ScriptedServer) -> None:
    server = Server("C", scripted.url("openai"), KEY, reach="local")
    await OpenAiLane(egress).chat(server, "m", REQUEST)
    assert "stream" not in scripted.asked[-1].body


async def test_log_probabilities_are_read(egress: Egress, scripted: ScriptedServer) -> None:
    scripted.say(Answer(logprobs=(("Hel", -0.1), ("lo", -0.2))))
    server = Server("C", scripted.url("openai"), KEY, reach="local")
    reply = await OpenAiLane(egress).chat(server, "m", REQUEST)
    assert [(found.token, found.logprob) for found in reply.logprobs] == [("Hel", -0.1), ("lo", -0.2)]


async def test_a_server_that_does_not_stream_when_asked_to_is_understood(egress: Egress, site: Site) -> None:
    body = b'{"choices": [{"message": {"content": "all at once"}, "finish_reason": "stop"}]}'
    site.routes["/v1/chat/completions"] = streams(body, content_type="application/json")
    assert (await OpenAiLane(egress).chat(there(site), "m", REQUEST)).text == "all at once"


async def test_a_stream_may_end_without_its_last_word_once_it_is_finished(egress: Egress, site: Site) -> None:
    done = b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}'
    site.routes["/v1/chat/completions"] = streams(done)
    assert (await OpenAiLane(egress).chat(there(site), "m", REQUEST)).text == "hi"


async def test_an_error_within_a_stream_is_an_error(egress: Egress, site: Site) -> None:
    begun = b'data: {"choices": [{"delta": {"content": "hi"}}]}\n\n'
    site.routes["/v1/chat/completions"] = streams(
        begun, b'data: {"error": {"code": 429, "message": "slow down"}}\n\n'
    )
    assert await code_of(OpenAiLane(egress), there(site)) == "model.too_many_requests"


async def test_an_error_that_comes_as_a_good_answer_is_an_error(egress: Egress, site: Site) -> None:
    body = b'{"error": {"message": "This request requires more credits", "code": 402}}'
    site.routes["/v1/chat/completions"] = streams(body, content_type="application/json")
    assert await code_of(OpenAiLane(egress), there(site, streams=False)) == "model.no_balance"


async def test_broken_pieces_are_no_answer(egress: Egress, site: Site) -> None:
    for part in (b"data: {broken\n\n", b"data: [1]\n\n"):
        site.routes["/v1/chat/completions"] = streams(part)
        assert await code_of(OpenAiLane(egress), there(site)) == "model.bad_reply"


async def test_a_server_that_falls_silent_is_left(egress: Egress, scripted: ScriptedServer) -> None:
    scripted.say(Answer(fault="stall"))
    server = Server("C", scripted.url("openai"), KEY, reach="local", streams=True)
    assert await code_of(OpenAiLane(egress, silence=0.1), server) == "model.timeout"


async def test_an_endless_answer_ends(egress: Egress, site: Site) -> None:
    words = " ".join(map(str, range(10_000))).encode()  # nothing in it comes again soon
    piece = b'data: {"choices": [{"delta": {"content": "' + words + b'"}}]}\n\n'
    site.routes["/v1/chat/completions"] = streams(*[piece] * 20)
    reply = await OpenAiLane(egress).chat(there(site), "m", REQUEST)
    assert (len(reply.text), reply.finish, reply.usage) == (200_000, "length", None)


async def test_the_key_goes_to_its_own_host_only(egress: Egress, site: Site) -> None:
    site.routes["/v1/chat/completions"] = leads_to(site.url("/stolen", host="localhost"), 307)
    assert await code_of(OpenAiLane(egress), there(site, key="canary")) == "net.not_granted"
    assert [request.path for request in site.asked] == ["/v1/chat/completions"]


async def test_a_kept_connection_that_was_closed_does_not_spoil_the_next_call(
    egress: Egress, site: Site
) -> None:
    """llama.cpp's server closes after a stream without having said so."""

    async def route(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Connection": "keep-alive"}
        )
        await response.prepare(request)
        await response.write(
            b'data: {"choices": [{"delta": {"content": "hi"}, "finish_reason": "stop"}]}\n\n'
        )
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        assert request.transport is not None
        request.transport.close()
        return response

    site.routes["/v1/chat/completions"] = route
    lane = OpenAiLane(egress)
    for _ in range(20):
        assert (await lane.chat(there(site), "m", REQUEST)).text == "hi"


OWN_ACCOUNT = {"cost": 0.0005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0100795}}


@pytest.mark.parametrize("is_seen", [False, True])
@pytest.mark.parametrize(
    ("bill", "said", "charged"),
    [
        ("cost", {"cost": 0.0002709}, "0.0002709"),
        ("cost", {"cost": 1.25e-05, "cost_details": {"upstream_inference_cost": 9}}, "0.0000125"),
        ("cost", {"cost": 0}, "0"),
        ("cost", OWN_ACCOUNT, "0.0105795"),
        ("cost", {"cost": 0, "is_byok": True, "cost_details": None}, None),
        ("ticks", {"cost_in_usd_ticks": 37756000, "cost": 99}, "0.0037756"),
        ("cost", {"cost": -1}, None),
        ("cost", {"cost": "NaN"}, None),
        ("cost", {"cost": 1e9}, None),
        ("cost", {"cost": True}, None),
        ("cost", {"cost": {"total_cost": 1}}, None),
        ("ticks", {}, None),
        ("", {"cost": 0.5, "cost_in_usd_ticks": 5}, None),
    ],
)
async def test_what_a_provider_says_that_it_charged_is_read_in_its_own_way(
    egress: Egress,
    scripted: ScriptedServer,
    bill: Bill,
    said: dict[str, object],
    charged: str | None,
    is_seen: bool,
) -> None:
    server = Server("C", scripted.url("openai"), KEY, reach="local", dialect=Dialect(bill=bill))
    scripted.script.append(Answer("hi", bill=said))
    request = structs.replace(REQUEST, on_text=(lambda _: None) if is_seen else None)
    reply = await OpenAiLane(egress).chat(server, "m", request)
    assert reply.billed == (None if charged is None else Decimal(charged))

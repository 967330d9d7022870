"""One contract for every lane: the same answer gives the same reply, usage, cost and error in every dialect."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec import structs

from app.adapters.egress import Egress
from app.adapters.embedded_model import EmbeddedHost
from app.adapters.host_messages import HostConfiguration
from app.adapters.litellm_gateway import Account, LitellmLane
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.prompt_marks import EVERY_ROLE
from app.adapters.proxies import Proxies
from app.adapters.tools_by_schema import by_schema, with_calls
from app.costs.price import Price, cost_of
from app.costs.usage import Usage
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, Tool, ToolCall
from tests.servers.answers import Answer, Dialect, Fault, error
from tests.servers.scripted import KEY, ScriptedServer

# litellm takes five CPU seconds to import: one worker pays for it.
pytestmark = [
    pytest.mark.xdist_group("litellm"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic:UserWarning"),
]

PRICE = Price(Decimal("0.000003"), Decimal("0.000015"), cached=Decimal("0.0000003"))
CHOICE = ModelChoice(connection="Test", model="any")
QUESTION = (ChatMessage("system", "Be brief."), ChatMessage("user", "Say hello, 你好."))
WEATHER = Tool(
    "weather",
    "The weather of a place.",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
MODELS: dict[str, str] = {
    "openai": "tiny-1",
    "azure": "gpt-4o",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-pro",
    "bedrock": "anthropic.claude-3-5-sonnet-20240620-v1:0",
}
OPTIONS: dict[str, dict[str, str]] = {
    "azure": {"api_version": "2024-10-21"},
    "bedrock": {"aws_region_name": "us-east-1"},
}


@dataclass(frozen=True)
class Way:
    """One lane with one dialect."""

    lane: str
    dialect: Dialect

    def __str__(self) -> str:
        return f"{self.lane}-{self.dialect}"

    @property
    def tells_reasoning(self) -> bool:
        return self.dialect not in {"anthropic", "bedrock"}


WAYS = [
    Way("aiohttp", "openai"),
    *(Way("litellm", dialect) for dialect in ("openai", "azure", "anthropic", "gemini")),
]
EVERY_WAY = [*WAYS, Way("litellm", "bedrock")]
ways = pytest.mark.parametrize("way", WAYS, ids=str)
every_way = pytest.mark.parametrize("way", EVERY_WAY, ids=str)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])

Ask = Callable[..., Awaitable[tuple[ChatReply, list[str]]]]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        yield running


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


@pytest.fixture
async def ask(egress: Egress, server: ScriptedServer) -> AsyncIterator[Ask]:
    """Asks one way: the reply, and the pieces of text that came while it was streamed."""
    slow = LitellmLane(egress)

    async def chat(
        way: Way, *, stream: bool = False, key: str = KEY, **more: object
    ) -> tuple[ChatReply, list[str]]:
        shown: list[str] = []
        fields = {"temperature": 0.0, "max_tokens": 50, **more}
        request = ChatRequest(CHOICE, QUESTION, on_text=shown.append if stream else None, **fields)  # type: ignore[arg-type]
        url, model = server.url(way.dialect), MODELS[way.dialect]
        if way.lane == "aiohttp":
            return await OpenAiLane(egress).chat(
                Server("Test", url, key, reach="local"), model, request
            ), shown
        account = Account("Test", way.dialect, url, key, "local", OPTIONS.get(way.dialect, {}))
        return await slow.chat(account, model, request), shown

    yield chat
    await slow.close()


def expected(answer: Answer, way: Way) -> ChatReply:
    usage = answer.usage
    if usage is not None and not way.tells_reasoning:
        usage = structs.replace(usage, reasoning=0)
    calls = tuple(ToolCall(f"call_{i}", name, "") for i, (name, _) in enumerate(answer.calls))
    return ChatReply(
        answer.text, "tool_calls" if calls else answer.finish, usage, MODELS[way.dialect], 0.0, calls
    )


def comparable(reply: ChatReply) -> ChatReply:
    """Without what may differ: the time, the ids of calls and the spaces in their arguments."""
    calls = tuple(ToolCall(f"call_{i}", call.name, "") for i, call in enumerate(reply.tool_calls))
    return structs.replace(reply, seconds=0.0, tool_calls=calls)


@streamed
@ways
async def test_a_text_comes_out_the_same(way: Way, stream: bool, ask: Ask, server: ScriptedServer) -> None:
    answer = Answer("Hello there, 世界! 👋", Usage(120, 30, cached=64, reasoning=12))
    server.say(answer)
    reply, shown = await ask(way, stream=stream)
    assert comparable(reply) == expected(answer, way)
    assert "".join(shown) == (answer.text if stream else "")
    assert len(shown) > 2 or not stream
    # 56 fresh and 64 cached in, 30 out
    assert cost_of(reply.usage, PRICE).usd == Decimal("0.0006372")


@streamed
@pytest.mark.parametrize("way", [Way("aiohttp", "openai"), Way("litellm", "anthropic")], ids=str)
async def test_tokens_that_a_provider_keeps_have_their_own_price(
    way: Way, stream: bool, ask: Ask, server: ScriptedServer
) -> None:
    server.say(Answer("Hello", Usage(120, 30, cached=64, written=40)))
    usage = (await ask(way, stream=stream))[0].usage
    assert usage is not None
    assert (usage.input, usage.cached, usage.written) == (120, 64, 40)
    # 16 fresh, 64 read again and 40 kept of what went in, 30 out
    price = replace(PRICE, written=Decimal("0.00000375"))
    assert cost_of(usage, price).usd == Decimal("0.0006672")


async def test_bedrock_whole_answers_come_out_the_same(ask: Ask, server: ScriptedServer) -> None:
    usage = Usage(120, 30, cached=64, written=40)
    way, answer = Way("litellm", "bedrock"), Answer("Hello there, 世界!", usage)
    server.say(answer)
    assert comparable((await ask(way))[0]) == expected(answer, way)


@streamed
@ways
async def test_tool_calls_come_out_the_same(way: Way, stream: bool, ask: Ask, server: ScriptedServer) -> None:
    answer = Answer("", calls=(("weather", {"city": "Oslo"}), ("weather", {"city": "西安"})))
    server.say(answer)
    reply, _ = await ask(way, stream=stream, tools=[WEATHER])
    assert comparable(reply) == expected(answer, way)
    assert [json.loads(call.arguments) for call in reply.tool_calls] == [{"city": "Oslo"}, {"city": "西安"}]
    assert len({call.id for call in reply.tool_calls}) == 2


@ways
async def test_answers_of_tools_go_back_to_the_model(
    way: Way, egress: Egress, server: ScriptedServer
) -> None:
    call = ToolCall("call_0", "weather", '{"city": "Oslo"}')
    turns = [
        *QUESTION,
        ChatMessage("assistant", "", (call,)),
        ChatMessage("tool", "4 °C", tool_call_id="call_0"),
    ]
    account = Account(
        "Test", way.dialect, server.url(way.dialect), KEY, "local", OPTIONS.get(way.dialect, {})
    )
    request = ChatRequest(CHOICE, turns, max_tokens=50, tools=[WEATHER])
    if way.lane == "aiohttp":
        target = Server("Test", server.url("openai"), KEY, reach="local")
        reply = await OpenAiLane(egress).chat(target, MODELS[way.dialect], request)
    else:
        reply = await LitellmLane(egress).chat(account, MODELS[way.dialect], request)
    assert reply.text == server.default.text
    assert "4 °C" in str(server.asked[-1].body)
    assert "Oslo" in str(server.asked[-1].body)


@streamed
@ways
async def test_a_schema_is_asked_for_and_kept_to(
    way: Way, stream: bool, ask: Ask, server: ScriptedServer
) -> None:
    answer = Answer('{"city": "Oslo"}')
    server.say(answer)
    reply, _ = await ask(way, stream=stream, schema=SCHEMA)
    assert comparable(reply) == expected(answer, way)
    assert "city" in str(server.asked[-1].body), "the schema must reach the provider"


@pytest.mark.parametrize("finish", ["length", "content_filter"])
@ways
async def test_why_an_answer_ended_is_said(way: Way, finish: str, ask: Ask, server: ScriptedServer) -> None:
    server.say(Answer(finish=finish))  # type: ignore[arg-type]
    assert (await ask(way))[0].finish == finish


# litellm takes a whole answer of Gemini without usage for a broken one.
SILENT = [(way, stream) for way in WAYS for stream in (False, True) if stream or way.dialect != "gemini"]


@pytest.mark.parametrize(("way", "stream"), SILENT, ids=str)
async def test_usage_that_a_provider_does_not_report_is_not_made_up(
    way: Way, stream: bool, ask: Ask, server: ScriptedServer
) -> None:
    server.say(Answer(usage=None))
    reply, _ = await ask(way, stream=stream)
    assert reply.text == server.default.text
    assert reply.usage is None
    assert cost_of(reply.usage, PRICE).state == "unknown"


# Where Anthropic's stream ends with 0 written, litellm believes the 1 that stood at its beginning.
UNTRUE = [
    (usage, way, stream)
    for usage in (Usage(0, 0), Usage(30, 0))
    for way in WAYS
    for stream in (False, True)
    if not (usage.input and stream and way.dialect == "anthropic")
]


@pytest.mark.parametrize(("usage", "way", "stream"), UNTRUE, ids=str)
async def test_usage_that_cannot_be_true_is_not_believed(
    usage: Usage, way: Way, stream: bool, ask: Ask, server: ScriptedServer
) -> None:
    server.say(Answer(usage=usage))
    reply, _ = await ask(way, stream=stream)
    assert (reply.text, reply.usage) == (server.default.text, None)


CODES: dict[Fault, str] = {
    "key": "model.key_refused",
    "balance": "model.no_balance",
    "rate": "model.too_many_requests",
    "busy": "model.server_error",
    "missing": "model.missing",
    "too_long": "model.too_long",
    "server": "model.server_error",
    "region": "model.region_refused",
    "refused": "model.refused",
    "setting": "model.setting_refused",
}


def has_error(way: Way, fault: str) -> bool:
    try:
        error(way.dialect, fault, "")
    except KeyError:
        return False
    return True


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        pytest.param(way, fault, id=f"{way}-{fault}")
        for way in EVERY_WAY
        for fault in CODES
        if has_error(way, fault)
    ],
)
async def test_a_refusal_means_the_same(way: Way, fault: Fault, ask: Ask, server: ScriptedServer) -> None:
    server.say(Answer(fault=fault, headers={"Retry-After": "7"} if fault in {"rate", "busy"} else {}))
    with pytest.raises(NodeError) as caught:
        await ask(way)
    assert caught.value.code == CODES[fault]
    assert caught.value.may_pass == (fault in {"rate", "busy", "server"})
    assert caught.value.retry_after == (7 if fault in {"rate", "busy"} else None)
    assert len(server.asked) == 1, "nobody but the executor tries again"
    said = str(caught.value.args_by_name["detail"])
    assert said
    assert "litellm" not in said.lower()
    assert "Traceback" not in said


@every_way
async def test_a_wrong_key_is_said_without_telling_it(way: Way, ask: Ask) -> None:
    with pytest.raises(NodeError) as caught:
        await ask(way, key="sk-wrong-0123456789abcdef")
    assert caught.value.code == "model.key_refused"
    assert "sk-wrong" not in str(caught.value)


@ways
async def test_a_stream_that_breaks_off_is_no_answer(way: Way, ask: Ask, server: ScriptedServer) -> None:
    server.say(Answer(fault="cut"))
    with pytest.raises(NodeError) as caught:
        await ask(way, stream=True)
    assert caught.value.code == "model.stream_cut"
    assert caught.value.may_pass


@streamed
@pytest.mark.parametrize("fault", ["html", "nonsense"])
@ways
async def test_what_is_no_answer_is_not_taken_for_one(
    way: Way, fault: Fault, stream: bool, ask: Ask, server: ScriptedServer
) -> None:
    server.say(Answer(fault=fault))
    with pytest.raises(NodeError) as caught:
        await ask(way, stream=stream)
    assert caught.value.code == "model.bad_reply"


async def test_what_is_sent_again_is_kept_by_who_wants_to_be_told(
    egress: Egress, server: ScriptedServer
) -> None:
    lane = LitellmLane(egress)
    account = Account("T", "anthropic", server.url("anthropic"), KEY, "loopback", marked=EVERY_ROLE)
    rules, question = ChatMessage("system", "Be brief. " * 1000), ChatMessage("user", "Hi")
    used = ChatMessage("assistant", "", tool_calls=(ToolCall("c1", "weather", '{"city": "Oslo"}'),))
    talk = (rules, question, used, ChatMessage("tool", "sunny", tool_call_id="c1"))
    for messages in ((rules, question), talk):
        await lane.chat(account, MODELS["anthropic"], ChatRequest(CHOICE, messages, tools=(WEATHER,)))
    await lane.close()
    first, second = (json.loads(json.dumps(one.body)) for one in server.asked)
    assert "cache_control" not in json.dumps(first)
    mark = {"type": "ephemeral"}
    assert second["system"][-1]["cache_control"] == mark
    assert second["messages"][-1]["content"][-1]["cache_control"] == mark
    assert json.dumps(second).count("cache_control") == 2


OWN_ACCOUNT = {"cost": 0.0005, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.0100795}}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("provider", "said", "charged"),
    [
        ("openrouter", {"cost": 0.0002709}, "0.0002709"),
        ("openrouter", OWN_ACCOUNT, "0.0105795"),
        ("openrouter", {}, None),
        ("xai", {"cost_in_usd_ticks": 37756000}, "0.0037756"),
        ("deepseek", {"cost": 0.0002709}, None),
    ],
)
async def test_what_a_provider_says_that_it_charged_is_read_here_too(
    egress: Egress,
    server: ScriptedServer,
    provider: str,
    said: dict[str, object],
    charged: str | None,
    *,
    stream: bool,
) -> None:
    server.say(Answer("hi", bill=said))
    lane = LitellmLane(egress)
    request = ChatRequest(CHOICE, QUESTION, on_text=(lambda _: None) if stream else None)
    reply = await lane.chat(Account("T", provider, server.url("openai"), KEY, "loopback"), "some-1", request)
    await lane.close()
    assert (reply.text, reply.usage) == ("hi", Usage(12, 5))
    assert reply.billed == (None if charged is None else Decimal(charged))


@pytest.mark.parametrize("fault", ["hang", "stall"])
@ways
async def test_a_call_that_is_cancelled_leaves_the_server(
    way: Way, fault: Fault, ask: Ask, server: ScriptedServer
) -> None:
    server.say(Answer(fault=fault))
    call = asyncio.ensure_future(ask(way, stream=True))
    async with asyncio.timeout(60):
        while not server.asked:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(60):
        await server.hung_up.wait()


@ways
async def test_a_dead_port_is_unreachable(way: Way, ask: Ask, server: ScriptedServer) -> None:
    await server.__aexit__(None, None, None)
    with pytest.raises(NodeError) as caught:
        await ask(way)
    assert caught.value.code == "model.unreachable"
    assert caught.value.may_pass
    assert caught.value.unsent


async def test_the_embedded_engine_answers_alike_by_either_lane(egress: Egress, model_path: Path) -> None:
    """Against the real engine's own address: temperature 0, one slot."""
    command = [sys.executable, "-P", "-m", "app.processes.model_host"]
    host = EmbeddedHost(
        children, command, HostConfiguration(str(model_path), threads=1, context=512, slots=1)
    )
    fast, slow = OpenAiLane(egress), LitellmLane(egress)
    request = ChatRequest(
        CHOICE, [ChatMessage("user", "Name three colours.")], temperature=0.0, max_tokens=24
    )
    shown: list[str] = []
    try:
        async with host.lease() as endpoint:
            url = f"{endpoint.url}/v1"
            there = Server("This computer", url, endpoint.key, reach="loopback")
            account = Account("This computer", "openai", url, endpoint.key, "loopback")
            await fast.chat(there, endpoint.model, request)  # from here on the prompt is cached for all
            replies = [
                await fast.chat(there, endpoint.model, request),
                await fast.chat(replace(there, streams=True), endpoint.model, request),
                await fast.chat(there, endpoint.model, structs.replace(request, on_text=shown.append)),
                await slow.chat(account, endpoint.model, request),
                await slow.chat(account, endpoint.model, structs.replace(request, on_text=lambda _: None)),
            ]
            with pytest.raises(NodeError) as caught:
                await fast.chat(replace(there, key="wrong"), endpoint.model, request)
    finally:
        await slow.close()
        await host.stop()
    first = comparable(replies[0])
    assert all(comparable(reply) == first for reply in replies)
    assert "".join(shown) == first.text
    assert first.finish == "length"
    assert first.usage is not None
    assert first.usage.output == 24
    assert 0 < first.usage.cached < first.usage.input
    assert caught.value.code == "model.key_refused"


EMBEDDED = {
    "schema": {"schema": {**SCHEMA, "properties": {"city": {"type": "string", "maxLength": 12}}}},
    "tools": {"tools": [WEATHER]},
}


@pytest.mark.parametrize("what", EMBEDDED)
async def test_the_embedded_engine_keeps_to_a_schema_and_calls_tools_by_either_lane(
    egress: Egress, model_path: Path, what: str
) -> None:
    """The schema is a grammar there, and tools are a schema: the form is certain, whole or streamed."""
    command = [sys.executable, "-P", "-m", "app.processes.model_host"]
    host = EmbeddedHost(
        children, command, HostConfiguration(str(model_path), threads=1, context=512, slots=1)
    )
    fast, slow = OpenAiLane(egress), LitellmLane(egress)
    question = [ChatMessage("user", "What is the weather in Oslo?")]
    fields = {"temperature": 0.0, "max_tokens": 40, **EMBEDDED[what]}
    request = ChatRequest(CHOICE, question, **fields)  # type: ignore[arg-type]
    shown: list[str] = []
    try:
        async with host.lease() as endpoint:
            url = f"{endpoint.url}/v1"
            there = Server("This computer", url, endpoint.key, reach="loopback")
            account = Account("This computer", "openai", url, endpoint.key, "loopback")
            asked = by_schema(request) if request.tools else request
            await fast.chat(there, endpoint.model, asked)  # from here on the prompt is cached for all
            replies = [
                await fast.chat(there, endpoint.model, asked),
                await fast.chat(there, endpoint.model, structs.replace(asked, on_text=shown.append)),
                await slow.chat(account, endpoint.model, asked),
                await slow.chat(account, endpoint.model, structs.replace(asked, on_text=lambda _: None)),
            ]
    finally:
        await slow.close()
        await host.stop()
    first = comparable(replies[0])
    assert all(comparable(reply) == first for reply in replies)
    assert "".join(shown) == first.text
    assert first.usage is not None
    assert cost_of(first.usage, PRICE) == cost_of(replies[-1].usage, PRICE)
    assert first.finish == "stop"
    if what == "schema":
        assert json.loads(first.text).keys() == {"city"}
        return
    called = with_calls(replies[0], request)
    assert called == structs.replace(with_calls(replies[-1], request), seconds=called.seconds)
    assert [(call.name, json.loads(call.arguments)) for call in called.tool_calls] == [
        ("weather", {"city": "Oslo"})
    ]
    assert (called.text, called.finish) == ("", "tool_calls")


@every_way
async def test_every_request_goes_through_the_door(way: Way, ask: Ask, server: ScriptedServer) -> None:
    """The door leaves its name; what libraries tell of themselves and of this computer stays here."""
    await ask(way)
    assert server.asked[-1].headers["User-Agent"] == "Baton"
    assert not any("stainless" in name.lower() for name in server.asked[-1].headers)


async def test_nothing_gets_past_the_door(server: ScriptedServer) -> None:
    """Whatever litellm would connect to by itself: outside of a call its clients reach nobody."""
    import httpx
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler, HTTPHandler

    from app.adapters.litellm_gateway import load

    litellm = await load()
    with pytest.raises(httpx.ConnectError):
        await litellm.aclient_session.get(server.url("openai"))
    with pytest.raises(httpx.ConnectError):
        await AsyncHTTPHandler().get(server.url("openai"))
    with pytest.raises(httpx.ConnectError):
        HTTPHandler().get(server.url("openai"))
    with pytest.raises(httpx.ConnectError):
        litellm.client_session.get(server.url("openai"))
    assert server.asked == []

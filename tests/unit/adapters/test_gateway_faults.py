"""Thirty ways in which a server's answer goes wrong, as bytes on the wire: both lanes make the same of each."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from app.adapters.egress import Egress
from app.adapters.litellm_gateway import Account, LitellmLane
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*Pydantic:UserWarning"),
]
KEY = "sk-right-0123456789abcdef"
TEXT = "Hello, 世界!"


@dataclass(frozen=True)
class Fault:
    """What comes over the wire, and what it means: an error's code, or the text that is an answer all the same."""

    name: str
    wire: bytes
    means: str = ""
    stream: bool = False
    text: str = TEXT
    usage: bool = True  # whether the answer's count can be believed
    by_litellm: str = ""  # where the library keeps too little of it to say the same

    def __str__(self) -> str:
        return self.name


def answer(body: bytes, status: str = "200 OK", kind: str = "application/json", **headers: str) -> bytes:
    head = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def whole(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }
    return {name: value for name, value in (body | changes).items() if value is not ...}


def says(body: Any, status: str = "200 OK", **headers: str) -> bytes:
    return answer(json.dumps(body, ensure_ascii=False).encode(), status, **headers)


def error(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "error", "param": None, "code": code}}


def events(*pieces: Any, ending: bytes = b"data: [DONE]\n\n", line: bytes = b"\n") -> bytes:
    data = b"".join(
        piece
        if isinstance(piece, bytes)
        else b"data: " + json.dumps(piece, ensure_ascii=False).encode() + line * 2
        for piece in pieces
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    return head + data + ending


def piece(text: str = "", finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text} if text else {}, "finish_reason": finish}
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }


COUNT = {**piece(), "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}}
HALF, REST, END = piece("Hello, "), piece("世界!"), piece(finish="stop")
NEGATIVE = {"prompt_tokens": -3, "completion_tokens": 5, "total_tokens": 2}
PING = b": ping\n\n"
PAGE = b"<html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
BAD = "model.bad_reply"
OVERLOADED = error("Overloaded.")
REFUSED = error("Slow down.", "rate_limit_exceeded")

FAULTS = [
    # What stands in a good answer's place.
    Fault("an empty body", answer(b""), "model.bad_reply"),
    Fault("null", says(None), "model.bad_reply"),
    Fault("a list", says([1]), "model.bad_reply"),
    Fault("a text", says("hello"), "model.bad_reply"),
    Fault("half of the JSON", answer(json.dumps(whole()).encode()[:90]), "model.bad_reply"),
    Fault("a sign-in page", answer(PAGE, kind="text/html"), "model.bad_reply"),
    Fault("no choices", says(whole(choices=[])), "model.bad_reply"),
    Fault("no message", says(whole(choices=[{"index": 0, "finish_reason": "stop"}])), "model.bad_reply"),
    Fault("an error inside a good status", says(OVERLOADED), "model.server_error", by_litellm=BAD),
    # The connection.
    Fault("closed without a word", b"", "model.unreachable"),
    Fault("closed in the headers", b"HTTP/1.1 200 OK\r\nContent-", "model.unreachable"),
    Fault("closed in the body", says(whole())[:-40], "model.stream_cut"),
    Fault("what is no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n", "model.bad_reply"),
    # Statuses.
    Fault("a bad gateway's page", answer(PAGE, "502 Bad Gateway", "text/html"), "model.server_error"),
    Fault("a gateway's time-out", answer(PAGE, "504 Gateway Timeout", "text/html"), "model.timeout"),
    Fault("busy, without a body", answer(b"", "503 Service Unavailable"), "model.server_error"),
    Fault("too many, in words", says(REFUSED, "429 Too Many Requests"), "model.too_many_requests"),
    Fault("too many, without a body", answer(b"", "429 Too Many Requests"), "model.too_many_requests"),
    Fault("unauthorised, without a body", answer(b"", "401 Unauthorized"), "model.key_refused"),
    Fault("a wrong place", answer(b"404 page not found", "404 Not Found", "text/plain"), "model.wrong_address"),
    Fault("a method refused", answer(b"", "405 Method Not Allowed"), "model.wrong_address"),
    Fault("too large a question", answer(b"", "413 Payload Too Large"), "model.too_long"),
    # Good answers with something odd about them.
    Fault("no usage", says(whole(usage=...)), usage=False),
    Fault("negative usage", says(whole(usage=NEGATIVE)), usage=False),
    Fault("an unknown reason to end", says(whole(choices=[{**whole()["choices"][0], "finish_reason": "tired"}]))),
    Fault("compressed", answer(gzip.compress(json.dumps(whole()).encode()), Content_Encoding="gzip")),
    # Streams.
    Fault("a stream that breaks off", events(HALF, ending=b""), "model.stream_cut", stream=True),
    Fault("a stream cut in a piece", events(HALF, ending=b'data: {"id": "1", "cho'), "model.stream_cut", stream=True),
    Fault("an error in the stream", events(HALF, error("Overloaded.")), "model.server_error", stream=True),
    Fault("a stream with remarks and keep-alives", events(PING, HALF, PING, REST, END, COUNT), stream=True),
    Fault("a stream with other line ends", events(HALF, REST, END, COUNT, line=b"\r\n"), stream=True),
    Fault("a stream without its last word", events(HALF, REST, END, COUNT, ending=b""), stream=True),
    Fault("a stream without usage", events(HALF, REST, END), stream=True, usage=False),
]  # fmt: skip


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


@contextlib.asynccontextmanager
async def on_the_wire(wire: bytes) -> AsyncIterator[str]:
    """A server that takes a request and says these bytes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (
                    int(row.partition(b":")[2])
                    for row in head.splitlines()
                    if row.lower().startswith(b"content-length")
                ),
                0,
            )
            await reader.readexactly(length)
            writer.write(wire)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()
        await server.wait_closed()


def test_there_are_thirty_and_each_has_a_name_of_its_own() -> None:
    assert len({one.name for one in FAULTS}) == len(FAULTS) >= 30


@pytest.mark.parametrize("lane", ["aiohttp", "litellm"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_both_lanes_make_the_same_of_it(fault: Fault, lane: str, egress: Egress) -> None:
    shown: list[str] = []
    question = [ChatMessage("user", "Hi")]
    request = ChatRequest(
        ModelChoice(connection="T"), question, on_text=shown.append if fault.stream else None
    )
    slow = LitellmLane(egress)

    async def ask(url: str) -> ChatReply:
        if lane == "aiohttp":
            return await OpenAiLane(egress).chat(Server("T", url, KEY, reach="loopback"), "m", request)
        return await slow.chat(Account("T", "openai", url, KEY, "loopback"), "m", request)

    async with on_the_wire(fault.wire) as url:
        if fault.means:
            with pytest.raises(NodeError) as caught:
                await ask(url)
            told = fault.by_litellm if lane == "litellm" and fault.by_litellm else fault.means
            assert caught.value.code == told
            assert not caught.value.unsent  # it was there to read, and so perhaps to bill
            assert KEY not in str(caught.value)
        else:
            reply = await ask(url)
            assert reply.text == fault.text
            assert "".join(shown) == (fault.text if fault.stream else "")
            assert (reply.usage is not None) == fault.usage
    await slow.close()

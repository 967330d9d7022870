"""The egress door for libraries that speak through httpx: each call's own rules, and what its server refused."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import NoReturn

import httpx

from app.adapters.addresses import Reach
from app.adapters.egress import Egress, Incoming
from app.adapters.outgoing import Limits, Outgoing, host_of
from app.sdk.errors import NodeError

# What the connection itself sets, or what no longer holds once the body is unpacked.
_ON_THE_WAY_OUT = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding"})
# What provider libraries tell about this computer and themselves.
_TELLTALE = ("user-agent", "x-stainless-")
_ON_THE_WAY_IN = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})


# How the dialects say in a stream that an answer is complete: OpenAI's, Anthropic's, Gemini's, Bedrock's.
_END = re.compile(rb'\[DONE\]|"finish_reason"\s*:\s*"|message_stop|"finishReason"|messageStop')
_LONGEST_END = 32  # bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer with an error status, as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Route:
    """Where the requests of one call may go. `refused` and `fault` tell what became of the last one, `ended` whether
    a streamed answer has said that it is complete: libraries end one that was cut off as if it were.

    `kinds` are the content types of a good answer; libraries take a proxy's error page for an empty one. `hear`
    gets the headers of a good answer, `tap` its bytes as they come.
    """

    egress: Egress
    url: str
    reach: Reach
    limits: Limits
    kinds: tuple[str, ...]
    hear: Callable[[Mapping[str, str]], None] | None = None
    tap: Callable[[bytes], None] | None = None
    refused: Refused | None = None
    fault: NodeError | None = None
    ended: bool = False
    answers: AsyncExitStack = field(default_factory=AsyncExitStack)  # what is still open


_route: ContextVar[Route | None] = ContextVar("route", default=None)


@asynccontextmanager
async def routed(route: Route) -> AsyncGenerator[Route]:
    """Within this block, requests of this task go this way; at its end their connections are closed.

    Outside of any such block requests don't go out at all.
    """
    token = _route.set(route)
    try:
        async with route.answers:  # libraries leave the answer of a cancelled call open
            yield route
    finally:
        _route.reset(token)


class EgressTransport(httpx.AsyncBaseTransport):
    """Sends through the route of the running call."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        route = _route.get()
        if route is None:
            raise httpx.ConnectError("no route: this request belongs to no call")
        outgoing = await _outgoing(request, route)
        try:
            answer = await route.egress.send(outgoing)
        except NodeError as error:
            route.fault = error
            raise httpx.ReadError(error.code) from error
        headers = [(name, value) for name, value in answer.headers.items() if name not in _ON_THE_WAY_IN]
        body = _Body(answer, route)
        route.answers.push_async_callback(body.aclose)
        if answer.status >= 400:
            content = b"".join([chunk async for chunk in body])
            await body.aclose()
            route.refused = Refused(answer.status, dict(headers), content)
            return httpx.Response(answer.status, headers=headers, content=content, request=request)
        if not answer.headers.get("content-type", "").startswith(route.kinds):
            await body.aclose()
            route.fault = NodeError("net.bad_reply", host=host_of(route.url))
            raise httpx.ReadError(route.fault.code)
        if route.hear is not None:
            route.hear(answer.headers)
        return httpx.Response(answer.status, headers=headers, stream=body, request=request)


class ClosedTransport(httpx.BaseTransport):
    """For clients that block: the door has no such side, so nothing gets out."""

    def handle_request(self, request: httpx.Request) -> NoReturn:
        raise httpx.ConnectError("requests that block are not sent")


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: Incoming, route: Route) -> None:
        self._answer = answer
        self._is_open = True
        self._route = route

    async def __aiter__(self) -> AsyncIterator[bytes]:
        tail = b""
        try:
            async for chunk in self._answer.chunks():
                if not self._route.ended:
                    seen = tail + chunk
                    self._route.ended = _END.search(seen) is not None
                    tail = seen[-_LONGEST_END:]
                if self._route.tap is not None:
                    self._route.tap(chunk)
                yield chunk
        except NodeError as error:
            self._route.fault = error
            raise httpx.ReadError(error.code) from error

    async def aclose(self) -> None:
        if self._is_open:
            self._is_open = False
            self._answer.release()


async def _outgoing(request: httpx.Request, route: Route) -> Outgoing:
    host = host_of(route.url)
    headers = {
        name: value
        for name, value in request.headers.items()
        if name not in _ON_THE_WAY_OUT and not name.startswith(_TELLTALE)
    }
    return Outgoing(
        request.method,
        str(request.url),
        granted=host.__eq__,
        secrets=headers,  # any of them may be the key
        body=await request.aread(),
        reach=route.reach,
        limits=route.limits,
    )

"""The straight way to a server: aiohttp's connections and its parser, without the session that stands around them.

A session makes every request from nothing: cookies, redirects, traces, copies of headers. That costs more than
sending and reading. The head of a request that is sent again and again is made once here.
"""

from __future__ import annotations

import asyncio
import re
import select
import ssl
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from aiohttp import (
    ClientConnectionResetError,
    ClientConnectorError,
    ClientOSError,
    ClientRequest,
    ClientTimeout,
    ServerDisconnectedError,
    StreamReader,
    TCPConnector,
)
from aiohttp.connector import Connection
from aiohttp.helpers import BaseTimerContext, TimerContext, TimerNoop
from yarl import URL

from app.executor.deadlines import Deadlines

_MOST_PLACES = 256  # servers that are remembered
# What says how long a request is and whether the connection stays is ours to say.
_FRAMING = frozenset(
    {"connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade"}
)
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x20-\x7e\t]*")
_REPEATABLE = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})  # RFC 9110, 9.2.2
_USUAL = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


class StraightAnswer:
    """An answer whose headers are here. Its connection serves the next request once it is released."""

    __slots__ = (
        "_connection",
        "_place",
        "_requests",
        "_timer",
        "_total",
        "content",
        "headers",
        "raw_headers",
        "status",
        "url",
    )

    def __init__(
        self,
        requests: StraightRequests,
        place: ClientRequest,
        connection: Connection,
        timer: BaseTimerContext,
        total: float | None,
        url: URL,
        message: Any,
    ) -> None:
        self._requests = requests
        self._place = place
        self._connection = connection
        self._timer = timer
        self._total = total
        self.url = url
        head = message[0]
        self.content: StreamReader = message[1]
        self.status: int = head.code
        self.headers: Mapping[str, str] = head.headers
        self.raw_headers: tuple[tuple[bytes, bytes], ...] = head.raw_headers

    def release(self) -> None:
        """Nothing more is read; where something is left to read, the connection is closed."""
        self._requests.ended(self._timer, self._total)
        self._requests.keep(self._place, self._connection)


class StraightRequests:
    """Over the connections of one pool. Belongs to one event loop, as the pool does.

    Connections that have served are kept here for `kept_alive` seconds: the pool's own books cost more than a look.
    """

    def __init__(self, pool: TCPConnector, kept_alive: float) -> None:
        self._pool = pool
        self._kept_alive = kept_alive
        self._places: dict[tuple[URL, bool], ClientRequest] = {}
        self._kept: dict[ClientRequest, list[tuple[Connection, float]]] = {}  # and until when
        self._sweeper: asyncio.TimerHandle | None = None
        self._deadlines = Deadlines()

    async def ask(
        self,
        method: str,
        url: URL,
        head: bytes,
        body: bytes,
        limits: ClientTimeout,
        trusted: ssl.SSLContext | None,
    ) -> StraightAnswer:
        """One request; `head` is what `head_of` made. Raises what aiohttp raises; `release` the answer in any case."""
        again = method in _REPEATABLE
        timer: BaseTimerContext = TimerNoop() if limits.total is None else self._begin(limits.total)
        try:
            with timer:
                place = self._place(url, trusted)
                while True:
                    connection = await self._connect(place, limits)
                    try:
                        message = await _exchange(connection, method, head, body, limits, timer)
                        return StraightAnswer(self, place, connection, timer, limits.total, url, message)
                    except (ClientOSError, ServerDisconnectedError) as error:
                        connection.close()
                        # A kept connection that its server closed meanwhile.
                        if not again or isinstance(error, ClientConnectorError):
                            raise
                        again = False
                    except BaseException:
                        connection.close()
                        raise
        except BaseException:
            self.ended(timer, limits.total)
            raise

    def ended(self, timer: BaseTimerContext, total: float | None) -> None:
        """A request is through, or given up: its time counts no longer."""
        if total is not None:
            self._deadlines.end(timer, total)

    def keep(self, place: ClientRequest, connection: Connection) -> None:
        """A request is through: its connection may serve the next one, where nothing is left to read on it."""
        protocol = connection.protocol
        if protocol is None or protocol.should_close or not protocol.is_connected():
            connection.close()
            return
        self._kept.setdefault(place, []).append((connection, time.monotonic() + self._kept_alive))
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._kept_alive, self._sweep)

    def close(self) -> None:
        """Waits for nothing any more, and keeps no connection."""
        self._deadlines.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for kept in self._kept.values():
            for connection, _ in kept:
                connection.close()
        self._kept.clear()

    def _begin(self, total: float) -> TimerContext:
        timer = TimerContext(asyncio.get_running_loop())
        self._deadlines.begin(timer, total, timer.timeout)
        return timer

    async def _connect(self, place: ClientRequest, limits: ClientTimeout) -> Connection:
        kept, now = self._kept.get(place), time.monotonic()
        while kept:
            connection, until = kept.pop()
            if now < until and not _has_ended(connection):
                return connection
            connection.close()
        return await self._pool.connect(place, [], limits)

    def _sweep(self) -> None:
        """Closes what was kept for long enough."""
        self._sweeper, now = None, time.monotonic()
        for place, kept in list(self._kept.items()):
            for connection, until in kept:
                if until <= now:
                    connection.close()
            kept[:] = [(connection, until) for connection, until in kept if until > now]
            if not kept:
                del self._kept[place]
        if self._kept:
            self._sweeper = asyncio.get_running_loop().call_later(self._kept_alive, self._sweep)

    def _place(self, url: URL, trusted: ssl.SSLContext | None) -> ClientRequest:
        """What the pool knows a server by."""
        key = (url.origin(), trusted is not None)
        if key not in self._places:
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            loop = asyncio.get_running_loop()
            self._places[key] = ClientRequest("GET", key[0], loop=loop, ssl=trusted or True)
        return self._places[key]


def head_of(method: str, url: URL, headers: Mapping[str, str], *, keep: bool) -> bytes | None:
    """The head of a request up to the length of its body, where it may go out as it stands; else None.

    `keep`: the connection may serve the next request.
    """
    return _head(method, url, tuple(headers.items()), keep)


@lru_cache(maxsize=128)
def _head(method: str, url: URL, headers: tuple[tuple[str, str], ...], keep: bool) -> bytes | None:
    plain = all(
        _NAME.fullmatch(name) and _VALUE.fullmatch(value) and name.lower() not in _FRAMING
        for name, value in headers
    )
    if not plain or not _NAME.fullmatch(method):
        return None
    given = {name.lower() for name, _ in headers}
    usual = [(name, value) for name, value in _USUAL.items() if name.lower() not in given]
    if not keep:
        usual.append(("Connection", "close"))
    lines = [
        f"{name}: {value}\r\n" for name, value in (("Host", url.host_port_subcomponent), *headers, *usual)
    ]
    head = f"{method} {url.raw_path_qs} HTTP/1.1\r\n{''.join(lines)}"
    return head.encode() if head.isascii() else None


def _has_ended(connection: Connection) -> bool:
    """Whether something waits to be read where nothing was asked: a goodbye that we have not heard yet."""
    transport = connection.transport
    if transport is None or transport.is_closing():
        return True
    if not hasattr(select, "poll"):  # the loop of Windows reads ahead, and has heard it
        return False
    looking = select.poll()
    looking.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return bool(looking.poll(0))


async def _exchange(
    connection: Connection, method: str, head: bytes, body: bytes, limits: ClientTimeout, timer: Any
) -> Any:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise ClientConnectionResetError("Cannot write to closing transport")
    protocol.set_response_params(
        timer=timer,
        skip_payload=method == "HEAD",
        read_until_eof=True,
        auto_decompress=True,
        read_timeout=limits.sock_read,
    )
    has_length = body or method in ("POST", "PUT", "PATCH")
    transport.write(
        b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body) if has_length else head + b"\r\n"
    )
    protocol.start_timeout()
    while True:
        message = await protocol.read()
        code = message[0].code
        if not 100 <= code <= 199 or code == 101:
            return message

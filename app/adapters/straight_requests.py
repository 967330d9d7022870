"""The straight way to a server: aiohttp's connections and its parser, without the session that stands around them.

A session makes every request from nothing: cookies, redirects, traces, copies of headers. That costs more than
sending and reading. The head of a request that is sent again and again is made once here.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any, cast

from aiohttp import (
    ClientConnectionError,
    ClientConnectionResetError,
    ClientConnectorError,
    ClientOSError,
    ClientRequest,
    ClientTimeout,
    ConnectionTimeoutError,
    ServerDisconnectedError,
    StreamReader,
    TCPConnector,
)
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import TimerContext, TimerNoop
from yarl import URL

from app.adapters.checked_connector import Sockets
from app.adapters.direct_opening import open_at, plain_address
from app.adapters.kept_line import KeptLine, Whole
from app.executor.deadlines import Deadlines
from app.sdk.unsent import before_sending

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
        "_line",
        "_place",
        "_requests",
        "_total",
        "content",
        "headers",
        "raw_headers",
        "status",
    )

    def __init__(
        self,
        requests: StraightRequests,
        place: ClientRequest,
        line: KeptLine,
        total: float | None,
        message: Any,
    ) -> None:
        """`message` is what aiohttp's reader has read of it so far."""
        self._requests = requests
        self._place = place
        self._line = line
        self._total = total
        head, self.content = cast("tuple[Any, StreamReader]", message)
        self.status: int = head.code
        self.headers: Mapping[str, str] = head.headers
        self.raw_headers: tuple[tuple[bytes, bytes], ...] = head.raw_headers

    def release(self) -> None:
        """Nothing more is read; where something is left to read, the connection is closed."""
        self._requests.ended(self._line, self._total)
        self._requests.keep(self._place, self._line)


class StraightRequests:
    """Over the connections of one pool. Belongs to one event loop, as the pool does.

    Connections that have served are kept here for `kept_alive` seconds: the pool's own books cost more than a look.
    """

    def __init__(self, pool: TCPConnector, sockets: Sockets, kept_alive: float) -> None:
        """`sockets` checks an address as the pool does."""
        self._pool = pool
        self._sockets = sockets
        self._kept_alive = kept_alive
        # By address, and whether it has a certificate; all of one server have the same.
        self._places: dict[tuple[URL, bool], ClientRequest] = {}
        self._lines: set[KeptLine] = set()  # all that are open
        self._is_closed = False
        self._kept: dict[ClientRequest, list[tuple[KeptLine, float]]] = {}  # and until when
        self._sweeper: asyncio.TimerHandle | None = None
        self._deadlines = Deadlines()

    def place(self, url: URL, trusted: ssl.SSLContext | None) -> ClientRequest:
        """What the pool knows a server by."""
        place = self._places.get((url, trusted is not None))
        if place is None:
            if len(self._places) >= _MOST_PLACES:
                self._places.clear()
            origin = (url.origin(), trusted is not None)
            place = self._places.get(origin)
            if place is None:
                loop = asyncio.get_running_loop()
                place = ClientRequest("GET", origin[0], loop=loop, ssl=trusted or True)
            self._places[origin] = self._places[url, trusted is not None] = place
        return place

    async def ask(
        self,
        method: str,
        place: ClientRequest,
        head: bytes,
        body: bytes,
        limits: ClientTimeout,
    ) -> StraightAnswer | Whole:
        """One request; `head` is what `head_of` made. Raises what aiohttp raises; `release` the answer in any case."""
        request, total = _framed(method, head, body), limits.total
        is_second = False
        while True:
            line, is_listening = self._line(place), True
            if line is None:
                line, is_listening = KeptLine(), False
            if total is not None:
                self._deadlines.begin(line, total, line.late)
            try:
                if not is_listening:
                    is_listening = await self._open(line, place, limits)
                if not is_listening or method == "HEAD" or limits.sock_read is not None:
                    line.step_aside(skip_payload=method == "HEAD", read_timeout=limits.sock_read)
                    line.send(request)
                    line.reader.start_timeout()
                elif (whole := await line.ask(request)) is not None:
                    self.ended(line, total)
                    self.keep(place, line)
                    return whole
                with line.timer or TimerNoop():
                    return StraightAnswer(self, place, line, total, await _message(line.reader))
            except (ClientOSError, ClientConnectionResetError, ServerDisconnectedError) as error:
                self._give_up(line, total)
                # Its server closed a kept connection meanwhile: before anything had left, or twice does no harm.
                may_repeat = method in _REPEATABLE or isinstance(error, ClientConnectionResetError)
                if is_second or not may_repeat or isinstance(error, ClientConnectorError):
                    raise
                is_second = True
            except BaseException:
                self._give_up(line, total)
                raise

    async def _open(self, line: KeptLine, place: ClientRequest, limits: ClientTimeout) -> bool:
        """Makes the connection. False where only aiohttp's reader can hear it."""
        line.timer = timer = TimerContext(asyncio.get_running_loop())
        address = plain_address(place.url)
        try:
            with timer, before_sending():
                if address is None:
                    line.take_over(await self._pool.connect(place, [], limits))
                else:
                    if limits.sock_connect is not None:
                        self._deadlines.begin(timer, limits.sock_connect, timer.timeout)
                    try:
                        await open_at(address, self._sockets, line, place)
                    finally:
                        self.ended(timer, limits.sock_connect)
                self._lines.add(line)
                if self._is_closed:
                    raise ClientConnectionError("closed")
        except TimeoutError as error:
            raise ConnectionTimeoutError(f"No connection to {place.url.host} in time") from error
        line.timer = None
        return line.listen()

    def ended(self, time: Hashable, total: float | None) -> None:
        """A request is through, or given up: its time counts no longer."""
        if total is not None:
            self._deadlines.end(time, total)

    def keep(self, place: ClientRequest, line: KeptLine) -> None:
        """A request is through: its connection may serve the next one, where nothing is left to read on it."""
        if not line.listen():
            self._drop(line)
            return
        self._kept.setdefault(place, []).append((line, time.monotonic() + self._kept_alive))
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(self._kept_alive, self._sweep)

    def close(self) -> None:
        """Waits for nothing any more, and keeps no connection."""
        self._is_closed = True
        self._deadlines.close()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for line in self._lines:
            line.close()
        self._lines.clear()
        self._kept.clear()

    def _give_up(self, line: KeptLine, total: float | None) -> None:
        self.ended(line, total)
        self._drop(line)

    def _drop(self, line: KeptLine) -> None:
        line.close()
        self._lines.discard(line)

    def _line(self, place: ClientRequest) -> KeptLine | None:
        """A kept one that may serve."""
        kept = self._kept.get(place)
        if kept:
            now = time.monotonic()
            while kept:
                line, until = kept.pop()
                if now < until and not line.has_ended:
                    return line
                self._drop(line)
        return None

    def _sweep(self) -> None:
        """Closes what was kept for long enough."""
        self._sweeper, now = None, time.monotonic()
        for place, kept in list(self._kept.items()):
            for line, until in kept:
                if until <= now:
                    self._drop(line)
            kept[:] = [(line, until) for line, until in kept if until > now]
            if not kept:
                del self._kept[place]
        if self._kept:
            self._sweeper = asyncio.get_running_loop().call_later(self._kept_alive, self._sweep)


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


def _framed(method: str, head: bytes, body: bytes) -> bytes:
    has_length = body or method in ("POST", "PUT", "PATCH")
    return b"%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body) if has_length else head + b"\r\n"


async def _message(reader: ResponseHandler) -> Any:
    while True:
        message = await reader.read()
        code = message[0].code
        if not 100 <= code <= 199 or code == 101:
            return message

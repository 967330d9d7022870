"""A connection that serves one request after the other: it takes a usual answer itself, and leaves any other to
aiohttp's reader.

Usual is what comes in one piece with its length in front, as most servers say a whole answer. aiohttp's reader is made
for everything else too (pieces, compression, interim answers) and sets up for all of it each time: that takes longer
than sending and receiving. It hears an unusual answer from its first byte.
"""

from __future__ import annotations

import asyncio
import re
import select
from typing import Any, NamedTuple, cast

from aiohttp import ClientConnectionResetError, ServerDisconnectedError
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.helpers import TimerContext

_LONGEST_HEAD = 8190  # bytes; no larger than what the reader takes
# RFC 9112, 4 and 5, without folded lines and without anything but ASCII.
_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?\r\n((?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e]*\r\n)+)\r\n"
)
_WITHOUT_BODY = frozenset({204, 304})
# What says more of how an answer is to be read than its length does.
_UNUSUAL = frozenset({"transfer-encoding", "content-encoding", "upgrade", "trailer"})
_STAYS = "keep-alive"  # what a connection does where nothing is said of it


class Whole(NamedTuple):
    """A usual answer: all of it is here, and nothing is left to read on its connection."""

    status: int
    headers: dict[str, str]  # by name in small letters
    body: bytes

    def release(self) -> None:
        """Its connection serves others already."""


def whole(data: bytes) -> Whole | None:
    """The answer that these bytes are; None where they are more, less or anything else than a usual one."""
    head = _HEAD.match(data, 0, _LONGEST_HEAD)
    if head is None or (status := int(head[1])) in _WITHOUT_BODY:
        return None
    headers: dict[str, str] = {}
    lines, body = head[2].decode("ascii").split("\r\n")[:-1], data[head.end() :]
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip(" \t")
    if len(headers) < len(lines) or not _UNUSUAL.isdisjoint(headers):
        return None
    if headers.get("content-length") != str(len(body)) or headers.get("connection", _STAYS).lower() != _STAYS:
        return None
    return Whole(status, headers, body)


class KeptLine(asyncio.Protocol):
    """Belongs to whoever took it until it is kept again. `timer` is that of its opening, or of the reader's reading."""

    def __init__(self) -> None:
        """To be opened: as the protocol of a new connection, or with `take_over`."""
        self.reader = ResponseHandler(asyncio.get_running_loop())
        self.timer: TimerContext | None = None
        self._connection: Connection | None = None
        self._transport: asyncio.Transport
        self._coming: asyncio.Future[Whole | None] | None = None
        self._is_listening = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.reader.connection_made(transport)
        self._opened(cast("asyncio.Transport", transport))
        self._is_listening = True

    def take_over(self, connection: Connection) -> None:
        """One that a pool has opened; its reader hears it until `listen`."""
        self._connection, self.reader = connection, cast("ResponseHandler", connection.protocol)
        self._opened(cast("asyncio.Transport", connection.transport))

    def _opened(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._looking = _looking_at(transport)

    def close(self) -> None:
        """Also where it was never opened."""
        (self._connection or self.reader).close()

    def listen(self) -> bool:
        """Hears from now on what comes. False where the connection can't serve once more."""
        if self._is_listening:
            return not self._transport.is_closing()
        if self.reader.should_close or not self.reader.is_connected() or not self._transport.is_reading():
            return False
        self.timer = None
        self._transport.set_protocol(self)
        self._is_listening = True
        return True

    @property
    def has_ended(self) -> bool:
        """Whether something waits to be read where nothing was asked: a goodbye that we have not heard yet."""
        return self._transport.is_closing() or (self._looking is not None and bool(self._looking.poll(0)))

    def ask(self, request: bytes) -> asyncio.Future[Whole | None]:
        """Sends a request that is answered with a body. Comes back with the answer, or with None where the reader has
        begun to read it. Raises what aiohttp raises.
        """
        self.send(request)
        self._coming = asyncio.get_running_loop().create_future()
        return self._coming

    def send(self, request: bytes) -> None:
        """Raises what aiohttp raises."""
        if self._transport.is_closing():
            raise ClientConnectionResetError("Cannot write to closing transport")
        self._transport.write(request)

    def step_aside(self, **how: Any) -> None:
        """The reader hears what comes from now on; `how` it reads the next answer."""
        self._is_listening = False
        self.timer = TimerContext(asyncio.get_running_loop())
        self._transport.set_protocol(self.reader)
        self.reader.set_response_params(timer=self.timer, read_until_eof=True, auto_decompress=True, **how)

    def late(self) -> None:
        """The time to open it, or that of the answer, is over."""
        if self.timer is not None:
            self.timer.timeout()
        elif self._coming is not None and not self._coming.done():
            self._coming.set_exception(TimeoutError())

    # What the transport says

    def data_received(self, data: bytes) -> None:
        coming, self._coming = self._coming, None
        if coming is None or coming.done():  # nobody asked, or nobody waits any more
            self._transport.close()
            return
        answer = whole(data)
        if answer is None:
            self.step_aside()
            self.reader.data_received(data)
            # What it can't read is said at once: once the connection is closed, the reader knows only of that.
            if (fault := self.reader.exception()) is not None:
                coming.set_exception(fault)
                return
        coming.set_result(answer)

    def eof_received(self) -> None:
        self.reader.eof_received()

    def pause_writing(self) -> None:
        self.reader.pause_writing()

    def resume_writing(self) -> None:
        self.reader.resume_writing()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.reader.connection_lost(exc)
        if self._coming is not None and not self._coming.done():
            self._coming.set_exception(self.reader.exception() or ServerDisconnectedError())


def _looking_at(transport: asyncio.Transport) -> select.poll | None:
    if not hasattr(select, "poll"):  # the loop of Windows reads ahead, and has heard everything
        return None
    looking = select.poll()
    looking.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
    return looking

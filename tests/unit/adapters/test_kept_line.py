"""A kept connection takes usual answers itself: nobody can tell them from those that aiohttp reads."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias

import pytest
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import HttpResponseParser
from hypothesis import example, given
from hypothesis import strategies as st

from app.adapters.egress import Egress
from app.adapters.kept_line import whole
from app.adapters.outgoing import Limits, Outgoing
from app.adapters.proxies import Proxies
from app.sdk.errors import NodeError

_Said: TypeAlias = Sequence[bytes | None]  # pieces of one answer; None: the server closes the connection

USUAL = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-One: a\r\nContent-Length: 5\r\n\r\nhello"

_Read: TypeAlias = tuple[int, Mapping[str, str], bytes]  # status, headers, body

_NAMES = st.sampled_from(
    [
        "Content-Length",
        "content-length",
        "X-A",
        "Server",
        "Connection",
        "Transfer-Encoding",
        "Content-Encoding",
    ]
)
_VALUES = st.sampled_from(
    ["0", "3", "5", "05", "+5", "5, 5", "", " 5 ", "keep-alive", "close", "chunked", "gzip", "a\tb"]
) | st.text(max_size=5)
_HEADERS = st.lists(st.tuples(_NAMES, _VALUES), max_size=4)


def _answer(first: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    lines = [first, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode(errors="replace") + body


def _read(data: bytes) -> _Read | None:
    """What aiohttp makes of it, where that is one whole answer after which the connection stays."""
    loop = asyncio.new_event_loop()
    try:
        parser = HttpResponseParser(ResponseHandler(loop), loop, 2**16, read_until_eof=True)
        messages, upgraded, tail = parser.feed_data(data)
        (head, body), *more = messages
        if more or upgraded or tail or head.should_close or not body.is_eof():
            return None
        return head.code, head.headers, body.read_nowait()
    finally:
        loop.close()


@given(
    st.builds(
        _answer,
        st.sampled_from(
            ["HTTP/1.1 200 OK", "HTTP/1.1 404", "HTTP/1.0 200 OK", "HTTP/1.1 100 Go", "HTTP/1.1 500 "]
        ),
        _HEADERS,
        st.sampled_from([b"", b"hel", b"hello", b"hello, all"]),
    )
)
@example(USUAL)
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello")
@example(b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 5\r\n\r\nhello")
@example(b"HTTP/1.1 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 5\r\n\r\nhello")
def test_what_is_taken_as_usual_aiohttp_reads_alike(data: bytes) -> None:
    taken = whole(data)
    if taken is None:
        return
    read = _read(data)
    assert read is not None
    status, headers, body = read
    assert (taken.status, taken.body) == (status, body)
    assert taken.headers == {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("said", "is_usual"), [(b"keep-alive", True), (b"Keep-Alive", True), (b"close", False)]
)
def test_a_connection_that_stays_is_usual(said: bytes, is_usual: bool) -> None:
    answer = USUAL.replace(b"X-One: a", b"Connection: " + said)
    assert (whole(answer) is not None) is is_usual


@pytest.mark.parametrize("cut", range(len(USUAL)))
def test_a_part_of_an_answer_is_not_taken_for_it(cut: int) -> None:
    assert whole(USUAL[:cut]) is None
    assert whole(USUAL + USUAL[: cut + 1]) is None
    assert whole(USUAL) is not None


class _Server:
    """Says on each of its connections one answer after the other, whatever it is asked."""

    def __init__(self, answers: Sequence[_Said]) -> None:
        self.asked = 0
        self.connections = 0
        self._answers = answers

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                said = self._answers[min(self.asked, len(self._answers) - 1)]
                self.asked += 1
                for piece in said:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    door = Egress(proxies=Proxies({}))
    yield door
    await door.close()


def _post(url: str, **more: Any) -> Outgoing:
    more = {"limits": Limits(idle=20, total=20), **more}
    return Outgoing("POST", url, granted=lambda _: True, reach="local", body=b"{}", **more)


_LONG = b"x" * 3_000_000


@pytest.mark.parametrize(
    ("said", "body", "connections"),
    [
        ((USUAL,), b"hello", 1),
        ((USUAL[:30], USUAL[30:]), b"hello", 1),
        ((USUAL[:-2], USUAL[-2:]), b"hello", 1),
        (
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", b"2\r\nlo\r\n0\r\n\r\n"),
            b"hello",
            1,
        ),
        ((b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + USUAL,), b"hello", 1),
        ((b"HTTP/1.1 100 Continue\r\n\r\n", USUAL), b"hello", 1),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello", None), b"hello", 2),
        ((b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", None), b"hello", 2),
        ((b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", None), b"hello", 2),
        (
            (
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
                % len(gzip.compress(b"hello"))
                + gzip.compress(b"hello"),
            ),
            b"hello",
            1,
        ),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n", _LONG[:70_000], _LONG[70_000:]), _LONG, 1),
        ((b"HTTP/1.1 200 OK\r\nX-Name: \xc3\xa4\r\nContent-Length: 5\r\n\r\nhello",), b"hello", 1),
    ],
    ids=lambda value: None if isinstance(value, int) else str(value)[:60],
)
async def test_whatever_the_next_answer_is_it_comes_through(
    egress: Egress, said: _Said, body: bytes, connections: int
) -> None:
    server = _Server([(USUAL,), said, (USUAL,), said, (USUAL,)])
    async with server as url:
        bodies = [(await egress.fetch(_post(url)))[2] for _ in range(5)]
    assert bodies == [b"hello", body, b"hello", body, b"hello"]
    assert server.asked == 5
    assert server.connections == (1 if connections == 1 else 3)


async def test_one_who_sends_more_than_was_asked_for_is_not_asked_on_that_connection_again(
    egress: Egress,
) -> None:
    server = _Server([(USUAL,), (USUAL, USUAL), (USUAL,)])
    async with server as url:
        for _ in range(2):
            assert (await egress.fetch(_post(url)))[2] == b"hello"
        assert (await egress.fetch(_post(url)))[2] == b"hello"
    assert server.asked == 3
    assert server.connections == 2


@pytest.mark.parametrize("said", [(None,), (USUAL[:40], None), (USUAL[:-1], None)])
async def test_an_answer_that_breaks_off_fails(egress: Egress, said: _Said) -> None:
    server = _Server([(USUAL,), said])
    async with server as url:
        await egress.fetch(_post(url))
        with pytest.raises(NodeError) as caught:
            await egress.fetch(_post(url))
    assert caught.value.code in ("net.unreachable", "net.cut_off")
    assert server.asked == 2  # what may have been understood is not asked again


@pytest.mark.parametrize("said", [(), (USUAL[:40],), (USUAL[:-1],)])
async def test_an_answer_has_so_much_time_and_no_more(egress: Egress, said: _Said) -> None:
    async with _Server([(USUAL,), said]) as url:
        await egress.fetch(_post(url))
        with pytest.raises(NodeError) as caught:
            await egress.fetch(_post(url, limits=Limits(idle=0.2, total=0.2)))
    assert caught.value.code == "net.timeout"


async def test_a_request_that_is_given_up_takes_its_connection_along(egress: Egress) -> None:
    server = _Server([(USUAL,), (), (USUAL,)])
    async with server as url:
        await egress.fetch(_post(url))
        given_up = asyncio.create_task(egress.fetch(_post(url)))
        while server.asked < 2:  # noqa: ASYNC110 - the server counts and tells nobody
            await asyncio.sleep(0.001)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert (await egress.fetch(_post(url)))[2] == b"hello"
    assert server.connections == 2

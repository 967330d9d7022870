"""The one door for outgoing HTTP: what may be reached, where it may redirect, how much and how long it may answer."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self, TypeAlias

from aiohttp import (
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver
from yarl import URL

from app.adapters.addresses import Reach, as_literal, may_reach
from app.adapters.checked_connector import checked_connector, checked_sockets, kept_alive
from app.adapters.egress_errors import as_node_errors, was_never_sent
from app.adapters.kept_line import Whole
from app.adapters.leaving import Leaving, leaving_told
from app.adapters.outgoing import Limits, Outgoing, host_of, parsed_url, redirected
from app.adapters.proxies import Proxies, is_spoken, system_proxies
from app.adapters.straight_requests import StraightAnswer, StraightRequests, head_of
from app.sdk.errors import NodeError
from app.sdk.unsent import mark_unsent, unmark_unsent

# Reach and whether connections are kept; None: to a proxy, which the system names and which may stand anywhere.
_Pool: TypeAlias = tuple[Reach, bool] | None
Answer: TypeAlias = ClientResponse | StraightAnswer | Whole

MOST_HEADERS = 64 * 1024  # bytes
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_DONE = frozenset({307, 308})  # the others may lead to what came of a request that was done
_AGENT = {"User-Agent": "Baton"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that may go out, with what need not be found out again each time; its body is told when it is sent.

    `straight` is the way past the session, with the place there and the head; None where it goes through the session.
    """

    request: Outgoing
    host: str
    url: URL
    proxy: str | None
    headers: Mapping[str, str]
    straight: tuple[StraightRequests, ClientRequest, bytes] | None
    timeout: ClientTimeout


class Incoming:
    """An answer whose headers are here and whose body is still to be read, within its limits; `with` lets go of it.

    `headers` are by name in small letters; of a repeated one the first. `done`: the request had been taken, and a
    redirect led from there to this answer.
    """

    __slots__ = ("_answer", "_asked", "done", "headers", "status")

    def __init__(self, answer: Answer, asked: Prepared, *, done: bool = False) -> None:
        self._answer = answer
        self._asked = asked
        self.done = done
        self.status = answer.status
        self.headers = answer.headers if isinstance(answer, Whole) else _by_small_name(answer.headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Nothing more of it is read."""
        self._answer.release()

    @property
    def url(self) -> str:
        return str(self._asked.url.with_fragment(None))

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece as it comes. Raises NodeError `net.*`."""
        if isinstance(self._answer, Whole):
            yield await self.read()
            return
        content, size = self._answer.content, 0
        with as_node_errors(self._asked.host):
            while chunk := await content.readany():
                size += len(chunk)
                self._check(size)
                yield chunk

    async def read(self) -> bytes:
        """The whole body. Raises NodeError `net.*`."""
        if isinstance(self._answer, Whole):
            self._check(len(self._answer.body))
            return self._answer.body
        content = self._answer.content
        if content.is_eof():  # a small answer comes in one piece
            with as_node_errors(self._asked.host):
                body = content.read_nowait()
            self._check(len(body))
            return body
        return b"".join([chunk async for chunk in self.chunks()])

    def _check(self, size: int) -> None:
        most = self._asked.request.limits.body
        if size > most:
            raise _too_large(self._asked.host, most)


class Egress:
    """Every request of the product goes out here. It belongs to one event loop; close it with `close`.

    `resolver` looks names up (the system's by default); `certificates` says which servers are trusted.
    """

    def __init__(
        self,
        *,
        resolver: AbstractResolver | None = None,
        proxies: Proxies | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._resolver = resolver
        self._proxies = system_proxies() if proxies is None else proxies
        self._certificates = certificates
        # One pool for each reach: a connection made under a wider one must not serve a narrower.
        self._sessions: dict[_Pool, ClientSession] = {}
        self._straight: dict[Reach, StraightRequests] = {}
        self._proxy_of: dict[tuple[str, str], str | None] = {}

    async def close(self) -> None:
        """Closes what is still open."""
        sessions, self._sessions = self._sessions, {}
        for straight in self._straight.values():
            straight.close()
        self._straight.clear()
        for session in sessions.values():
            await session.close()

    def session(self, reach: Reach) -> ClientSession:
        """For the client of llama.cpp servers, which wants a session: it can't leave its reach.

        No connection is kept, since that server closes them without saying so.
        """
        return self._session((reach, False))

    async def send(self, request: Outgoing) -> Incoming:
        """The final answer after redirects, of which somebody has to let go. Raises NodeError `net.*`."""
        return await self.send_prepared(self.prepare(request), request.body)

    async def send_prepared(self, prepared: Prepared, body: bytes) -> Incoming:
        """The same for a request that was checked before, with another body."""
        with as_node_errors(prepared.host):
            answer = await self._ask(prepared, body)
        if isinstance(answer, Whole) and answer.status not in REDIRECTS:  # as nearly all are
            return Incoming(answer, prepared)
        return await self._final(answer, prepared, body)

    def prepare(self, request: Outgoing) -> Prepared:
        """Checks a request that is sent again and again, before any name is looked up: its URL can be read, its host
        is granted, and a plain address is allowed. Raises NodeError `net.*`.
        """
        host = host_of(request.url)
        if not request.granted(host):
            raise NodeError("net.not_granted", host=host)
        literal = as_literal(host)
        if literal is not None and not may_reach(literal, request.reach):
            raise NodeError("net.blocked_address", host=host)
        url = parsed_url(request.url)
        proxy = self._proxy(url.scheme, host)
        headers = {**_AGENT, **request.headers, **request.secrets}
        head = None if proxy else head_of(request.method, url, headers, keep=request.keep)
        straight = None
        if head is not None:
            requests = self._straight_to(request.reach)
            with as_node_errors(host):
                straight = requests, requests.place(url, self._trusted_at(url)), head
        return Prepared(request, host, url, proxy, headers, straight, _timeout(request.limits))

    async def fetch(self, request: Outgoing) -> tuple[int, Mapping[str, str], bytes, str]:
        """Status, headers with lower-case names, body and final URL. Raises NodeError `net.*`."""
        with await self.send(request) as reply:
            return reply.status, reply.headers, await reply.read(), reply.url

    def _ask(self, prepared: Prepared, body: bytes) -> Coroutine[Any, Any, Answer]:
        """One request without its redirects; the answer is to be released. Raises what aiohttp raises."""
        if prepared.straight is None:
            return self._by_session(prepared, body)
        requests, place, head = prepared.straight
        return requests.ask(prepared.request.method, place, head, body, prepared.timeout)

    async def _final(self, answer: Answer, prepared: Prepared, body: bytes) -> Incoming:
        """The answer itself, or where redirects lead from it."""
        first, most, is_done = prepared.host, prepared.request.limits.redirects, False
        try:
            for _ in range(most):
                location = _location(answer, prepared)
                if location is None:
                    break
                answer.release()
                is_done = is_done or answer.status not in _NOT_DONE
                hop = redirected(replace(prepared.request, body=body), answer.status, location)
                prepared, body = self.prepare(hop), hop.body
                with as_node_errors(prepared.host):
                    answer = await self._ask(prepared, body)
            if _location(answer, prepared) is None:
                _check_headers(answer, prepared.host)
                return Incoming(answer, prepared, done=is_done)
            answer.release()
            raise NodeError("net.too_many_redirects", host=first, limit=most)
        except BaseException as error:
            if is_done:
                unmark_unsent(error)
                if isinstance(error, NodeError):
                    error.is_open, error.unsent = True, False
            raise

    async def _by_session(self, prepared: Prepared, body: bytes) -> ClientResponse:
        """For proxies, and for headers that need more than being written down."""
        try:
            return await self._by_session_once(prepared, body)
        except OSError as error:
            if not was_never_sent(error):
                raise
            # A kept connection that the server has closed meanwhile.
            return await self._by_session_once(prepared, body)

    async def _by_session_once(self, prepared: Prepared, body: bytes) -> ClientResponse:
        request, url, proxy = prepared.request, prepared.url, prepared.proxy
        options: dict[str, Any] = {"proxy": proxy} if proxy else {}
        if (trusted := self._trusted_at(url)) is not None:
            options["ssl"] = trusted
        headers = prepared.headers if request.keep else {**prepared.headers, "Connection": "close"}
        leaving = Leaving()
        try:
            return await self._session(None if proxy else (request.reach, True)).request(
                request.method,
                url,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                timeout=prepared.timeout,
                trace_request_ctx=leaving,
                **options,
            )
        except BaseException as error:
            if not leaving.has_begun:
                mark_unsent(error)
            raise

    def _proxy(self, scheme: str, host: str) -> str | None:
        key = (scheme, host)
        if key not in self._proxy_of:
            self._proxy_of[key] = self._proxies.find(scheme, host)
        proxy = self._proxy_of[key]
        if proxy is not None and not is_spoken(proxy):
            raise NodeError("net.proxy_unsupported", host=host)
        return proxy

    def _straight_to(self, reach: Reach) -> StraightRequests:
        straight = self._straight.get(reach)
        if straight is None:
            connector = self._session((reach, True)).connector
            assert isinstance(connector, TCPConnector)  # noqa: S101 - as made there
            straight = self._straight[reach] = StraightRequests(
                connector, checked_sockets(reach), kept_alive(reach)
            )
        return straight

    def _session(self, pool: _Pool) -> ClientSession:
        if pool not in self._sessions:
            resolver = self._resolver or ThreadedResolver()
            if pool is None:
                connector = TCPConnector(resolver=resolver)
            else:
                connector = checked_connector(resolver, pool[0], keep=pool[1])
            self._sessions[pool] = ClientSession(
                connector=connector, cookie_jar=DummyCookieJar(), trace_configs=[leaving_told()]
            )
        return self._sessions[pool]

    def _trusted_at(self, url: URL) -> ssl.SSLContext | None:
        """None where nothing is encrypted."""
        if url.scheme != "https":
            return None
        if self._certificates is None:
            self._certificates = _system_certificates()
        return self._certificates


def _by_small_name(headers: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        found.setdefault(name.lower(), value)
    return found


def _location(answer: Answer, prepared: Prepared) -> str | None:
    """Where an answer sends whoever asked; None where it is one."""
    is_redirect = answer.status in REDIRECTS and prepared.request.follow
    return answer.headers.get("location") if is_redirect else None


def _check_headers(answer: Answer, host: str) -> None:
    """Lets go of an answer that has too many."""
    if isinstance(answer, Whole):  # its head is short
        return
    size = 0
    for name, value in answer.raw_headers:
        size += len(name) + len(value)
    if size > MOST_HEADERS:
        answer.release()
        raise _too_large(host, MOST_HEADERS)


def _too_large(host: str, most: int) -> NodeError:
    """The answer isn't read to its end, so nobody knows what it says."""
    error = NodeError("net.too_large", host=host, limit=most)
    error.is_open = True
    return error


@lru_cache(maxsize=64)
def _timeout(limits: Limits) -> ClientTimeout:
    idle = limits.idle if limits.idle < limits.total else None  # a timer a chunk, where it can't strike
    return ClientTimeout(total=limits.total, sock_connect=limits.connect, sock_read=idle)


def _system_certificates() -> ssl.SSLContext:
    """What the system trusts; a Python that knows no system store brings its own list."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not (paths.cafile or paths.capath):
        import certifi

        context.load_verify_locations(certifi.where())
    return context

"""The one door for outgoing HTTP: what may be reached, where it may redirect, how much and how long it may answer."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeAlias

from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    ThreadedResolver,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from app.adapters.addresses import BlockedAddress, Reach, as_literal, may_reach
from app.adapters.egress_errors import as_node_errors, was_never_sent
from app.adapters.proxies import Proxies, is_spoken, system_proxies
from app.sdk.errors import NodeError

# Reach and whether connections are kept; None: to a proxy, which the system names and which may stand anywhere.
_Pool: TypeAlias = tuple[Reach, bool] | None

MIB = 1024 * 1024
MOST_HEADERS = 64 * 1024  # bytes
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What may go along to another origin; everything else may be somebody's key.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
_AGENT = {"User-Agent": "Baton"}
# Many local servers drop an idle connection after five seconds.
_KEPT_ALIVE = 4.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and bytes after decompression. `idle` is the longest silence, `total` covers the whole answer."""

    connect: float = 15
    idle: float = 30
    total: float = 120
    body: int = 20 * MIB
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `granted` says whether a host (as `host_of` gives it) may be reached, also for every redirect.

    `secrets` are headers for the first origin only. `keep`: the connection may serve the next request.
    """

    method: str
    url: str
    granted: Callable[[str], bool]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    reach: Reach = "internet"
    keep: bool = True
    limits: Limits = Limits()


class Incoming:
    """An answer whose headers are here and whose body is still to be read, within its limits."""

    def __init__(self, response: ClientResponse, host: str, most: int) -> None:
        self._response = response
        self._host = host
        self._most = most

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def url(self) -> str:
        return str(self._response.url)

    @property
    def headers(self) -> Mapping[str, str]:
        """By name in any case; of a repeated header the first."""
        return self._response.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body piece by piece as it comes. Raises NodeError `net.*`."""
        content, size = self._response.content, 0
        with as_node_errors(self._host):
            while chunk := await content.readany():
                size += len(chunk)
                if size > self._most:
                    raise NodeError("net.too_large", host=self._host, limit=self._most)
                yield chunk

    async def read(self) -> bytes:
        """The whole body. Raises NodeError `net.*`."""
        return b"".join([chunk async for chunk in self.chunks()])


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
        self._proxy_of: dict[tuple[str, str], str | None] = {}

    async def close(self) -> None:
        """Closes what is still open."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def session(self, reach: Reach) -> ClientSession:
        """For the client of llama.cpp servers, which wants a session: it can't leave its reach.

        No connection is kept, since that server closes them without saying so.
        """
        return self._session((reach, False))

    @asynccontextmanager
    async def send(self, request: Outgoing) -> AsyncGenerator[Incoming]:
        """The final answer after redirects. Raises NodeError `net.*`."""
        hop = request
        for _ in range(request.limits.redirects + 1):
            host = self._check(hop)
            response = await self._ask(hop, host)
            try:
                location = response.headers.get("Location") if response.status in _REDIRECTS else None
                if location is None:
                    _check_headers(response, host)
                    yield Incoming(response, host, request.limits.body)
                    return
                hop = _redirected(hop, response, location)
            finally:
                response.release()
        raise NodeError("net.too_many_redirects", host=host_of(request.url), limit=request.limits.redirects)

    async def fetch(self, request: Outgoing) -> tuple[int, Mapping[str, str], bytes, str]:
        """Status, headers with lower-case names, body and final URL. Raises NodeError `net.*`."""
        async with self.send(request) as reply:
            headers = {name.lower(): value for name, value in reply.headers.items()}
            return reply.status, headers, await reply.read(), reply.url

    def _check(self, hop: Outgoing) -> str:
        """Before a name is looked up: the URL can be read, its host is granted, and a plain address is allowed."""
        host = host_of(hop.url)
        if not hop.granted(host):
            raise NodeError("net.not_granted", host=host)
        literal = as_literal(host)
        if literal is not None and not may_reach(literal, hop.reach):
            raise NodeError("net.blocked_address", host=host)
        return host

    async def _ask(self, hop: Outgoing, host: str) -> ClientResponse:
        url = _parsed(hop.url)
        proxy = self._proxy(url.scheme, host)
        session = self._session(None if proxy else (hop.reach, True))
        options: dict[str, Any] = {"proxy": proxy} if proxy else {}
        if url.scheme == "https":
            options["ssl"] = self._trusted()
        headers = {**_AGENT, **hop.headers, **hop.secrets}
        if not hop.keep:
            headers["Connection"] = "close"
        with as_node_errors(host):
            for last in (False, True):
                try:
                    return await session.request(
                        hop.method,
                        url,
                        headers=headers,
                        data=hop.body or None,
                        allow_redirects=False,
                        timeout=_timeout(hop.limits),
                        **options,
                    )
                except OSError as error:
                    # A kept connection that the server has closed meanwhile: nothing has gone out.
                    if last or not was_never_sent(error):
                        raise
        raise AssertionError  # the second try returns or raises

    def _proxy(self, scheme: str, host: str) -> str | None:
        key = (scheme, host)
        if key not in self._proxy_of:
            self._proxy_of[key] = self._proxies.find(scheme, host)
        proxy = self._proxy_of[key]
        if proxy is not None and not is_spoken(proxy):
            raise NodeError("net.proxy_unsupported", host=host)
        return proxy

    def _session(self, pool: _Pool) -> ClientSession:
        if pool not in self._sessions:
            resolver = self._resolver or ThreadedResolver()
            connector = (
                TCPConnector(resolver=resolver) if pool is None else _checked_connector(resolver, *pool)
            )
            self._sessions[pool] = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        return self._sessions[pool]

    def _trusted(self) -> ssl.SSLContext:
        if self._certificates is None:
            self._certificates = _system_certificates()
        return self._certificates


def host_of(url: str) -> str:
    """The host of an http or https URL as grants name it: lower case, ASCII, without a dot at the end.

    Raises NodeError `net.bad_url`.
    """
    host = _parsed(url).raw_host
    return (host or "").lower().rstrip(".")


@lru_cache(maxsize=1024)
def _parsed(url: str) -> URL:
    try:
        parsed = URL(url)
        host, port, schemed = parsed.raw_host, parsed.port, parsed.scheme in {"http", "https"}
    except ValueError:
        raise NodeError("net.bad_url", url=url[:200]) from None
    # A name before the host is a password at best and a disguise at worst.
    if not host or port is None or not schemed or parsed.user is not None or parsed.password is not None:
        raise NodeError("net.bad_url", url=url[:200])
    return parsed


def _redirected(hop: Outgoing, response: ClientResponse, location: str) -> Outgoing:
    """The request that a redirect asks for; another origin gets no key, and nobody gets to leave https."""
    before = _parsed(hop.url)
    try:
        url = str(before.join(URL(location)))
    except ValueError as error:
        raise NodeError("net.bad_url", url=location[:200]) from error
    after = _parsed(url)
    if before.scheme == "https" and after.scheme != "https":
        raise NodeError("net.unsafe_redirect", host=host_of(url))
    to_get = response.status == 303 or (response.status in {301, 302} and hop.method == "POST")
    changed = replace(hop, method="GET", body=b"") if to_get and hop.method != "HEAD" else hop
    if after.origin() != before.origin():
        harmless = {name: value for name, value in hop.headers.items() if name.lower() in _HARMLESS}
        changed = replace(changed, headers=harmless, secrets={})
    return replace(changed, url=url)


def _check_headers(response: ClientResponse, host: str) -> None:
    if sum(len(name) + len(value) for name, value in response.raw_headers) > MOST_HEADERS:
        raise NodeError("net.too_large", host=host, limit=MOST_HEADERS)


@lru_cache(maxsize=64)
def _timeout(limits: Limits) -> ClientTimeout:
    idle = limits.idle if limits.idle < limits.total else None  # a timer a chunk, where it can't strike
    return ClientTimeout(total=limits.total, sock_connect=limits.connect, sock_read=idle)


def _checked_connector(resolver: AbstractResolver, reach: Reach, keep: bool) -> TCPConnector:
    checked, sockets = _CheckedResolver(resolver, reach), _checked_sockets(reach)
    if not keep:
        return TCPConnector(resolver=checked, socket_factory=sockets, force_close=True, limit=0)
    seconds = 15 if reach == "internet" else _KEPT_ALIVE
    return TCPConnector(resolver=checked, socket_factory=sockets, keepalive_timeout=seconds, limit=0)


class _CheckedResolver(AbstractResolver):
    """Looks a name up once; one forbidden address among its addresses and none is used."""

    def __init__(self, resolver: AbstractResolver, reach: Reach) -> None:
        self._resolver = resolver
        self._reach: Reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for address in found:
            if not may_reach(address["host"], self._reach):
                raise BlockedAddress(f"{host} leads to {address['host']}")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _checked_sockets(reach: Reach) -> Callable[[Any], socket.socket]:
    """The last look, at the very address that is connected to, whatever way it came."""

    def make(address: tuple[int, int, int, str, tuple[Any, ...]]) -> socket.socket:
        family, kind, protocol, _, place = address
        if not may_reach(str(place[0]), reach):
            raise BlockedAddress(str(place[0]))
        return socket.socket(family, kind, protocol)

    return make


def _system_certificates() -> ssl.SSLContext:
    """What the system trusts; a Python that knows no system store brings its own list."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not (paths.cafile or paths.capath):
        import certifi

        context.load_verify_locations(certifi.where())
    return context

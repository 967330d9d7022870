"""Connections to checked addresses only: a name is looked up once, and that address is the one connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, TypeAlias

from aiohttp import TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from app.adapters.addresses import LOOPBACK, BlockedAddress, Reach, is_own_name, may_reach

Address: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]  # as `getaddrinfo` gives it
Sockets: TypeAlias = Callable[[Address], socket.socket]

# Many local servers drop an idle connection after five seconds.
_KEPT_ALIVE = 4.0


def checked_connector(resolver: AbstractResolver, reach: Reach, *, keep: bool) -> TCPConnector:
    """A pool whose connections stay within a reach; without `keep` each serves one request."""
    checked, sockets = _CheckedResolver(resolver, reach), checked_sockets(reach)
    if not keep:
        return TCPConnector(resolver=checked, socket_factory=sockets, force_close=True, limit=0)
    return TCPConnector(
        resolver=checked, socket_factory=sockets, keepalive_timeout=kept_alive(reach), limit=0
    )


def kept_alive(reach: Reach) -> float:
    """Seconds for which a connection is kept without a request."""
    return 15.0 if reach == "internet" else _KEPT_ALIVE


class _CheckedResolver(AbstractResolver):
    """Looks a name up once; one forbidden address among its addresses and none is used.

    The names of this very computer aren't looked up: systems know one of its two addresses or both, and
    servers listen on either (RFC 6761, 6.3). The connection tries both.
    """

    def __init__(self, resolver: AbstractResolver, reach: Reach) -> None:
        self._resolver = resolver
        self._reach: Reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = (
            _own(host, port, family)
            if is_own_name(host)
            else await self._resolver.resolve(host, port, family)
        )
        for address in found:
            if not may_reach(address["host"], self._reach):
                raise BlockedAddress(f"{host} leads to {address['host']}")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _own(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    return [
        ResolveResult(
            hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST
        )
        for kind, address in ((socket.AF_INET, LOOPBACK[0]), (socket.AF_INET6, LOOPBACK[1]))
        if family in {socket.AF_UNSPEC, kind}
    ]


def checked_sockets(reach: Reach) -> Sockets:
    """The last look, at the very address that is connected to, whatever way it came."""

    def make(address: Address) -> socket.socket:
        family, kind, protocol, _, place = address
        if not may_reach(str(place[0]), reach):
            raise BlockedAddress(str(place[0]))
        return socket.socket(family, kind, protocol)

    return make

"""Opens connections to plain addresses: where nothing is looked up or encrypted, none of a pool's steps is needed."""

from __future__ import annotations

import asyncio
import socket

from aiohttp import ClientConnectorError, ClientRequest
from yarl import URL

from app.adapters.addresses import as_literal
from app.adapters.checked_connector import Address, Sockets
from app.adapters.kept_line import KeptLine


def plain_address(url: URL) -> Address | None:
    """Where a request goes without anything else having to be found out; None for a name, and with TLS."""
    host, port = url.raw_host or "", url.port or 0
    if url.scheme != "http" or as_literal(host) != host:
        return None
    if ":" in host:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port)


async def open_at(address: Address, sockets: Sockets, line: KeptLine, place: ClientRequest) -> None:
    """Connects a socket that `sockets` makes. Raises ClientConnectorError, as a pool does."""
    loop = asyncio.get_running_loop()
    try:
        connected = sockets(address)
        try:
            connected.setblocking(False)
            await loop.sock_connect(connected, address[4])
        except BaseException:
            connected.close()
            raise
        await loop.create_connection(lambda: line, sock=connected)
    except OSError as error:
        raise ClientConnectorError(place.connection_key, error) from error

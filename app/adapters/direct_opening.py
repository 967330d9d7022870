"""Opens connections to plain addresses: where nothing is looked up or encrypted, none of a pool's steps is needed."""

from __future__ import annotations

import asyncio
import errno
import os
import select
import socket
import sys

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
            if not _is_there_at_once(connected, address):
                await loop.sock_connect(connected, address[4])
        except BaseException:
            connected.close()
            raise
        await loop.create_connection(lambda: line, sock=connected)
    except OSError as error:
        raise ClientConnectorError(place.connection_key, error) from error


def _is_there_at_once(connecting: socket.socket, address: Address) -> bool:
    """As a connection within this computer is: to hear so from the loop takes longer than to make it. Where it isn't,
    the loop may ask once more; other systems than Linux would refuse that if it came about meanwhile. Raises OSError.
    """
    if sys.platform != "linux":
        return False
    fault = connecting.connect_ex(address[4])
    if fault == errno.EINPROGRESS:
        looking = select.poll()
        looking.register(connecting.fileno(), select.POLLOUT)
        if not looking.poll(0):
            return False
        fault = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if fault:
        raise OSError(fault, os.strerror(fault))
    return True

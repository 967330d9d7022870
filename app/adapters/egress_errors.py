"""What can go wrong on the way to a server, as the codes of `net.*`."""

from __future__ import annotations

import errno
import os
import re
import ssl
from collections.abc import Iterator
from types import TracebackType
from typing import Self, cast

from aiohttp import (
    ClientConnectionError,
    ClientConnectionResetError,
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientHttpProxyError,
    ClientPayloadError,
    ClientResponseError,
    ClientSSLError,
    ConnectionTimeoutError,
    InvalidURL,
    ServerDisconnectedError,
)
from aiohttp.http_exceptions import HttpProcessingError

from app.adapters.addresses import BlockedAddress
from app.sdk.errors import NodeError
from app.sdk.unsent import is_unsent

# The first that fits: a certificate that is refused is also a connection that failed.
_CODES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (TimeoutError, "net.timeout"),
    ((ClientConnectorCertificateError, ClientSSLError), "net.certificate"),
    (ClientPayloadError, "net.cut_off"),
    (InvalidURL, "net.bad_url"),
    ((ClientConnectionError, OSError), "net.unreachable"),
)
# Where no connection was made.
_UNSENT = (ClientConnectorError, ClientHttpProxyError, ConnectionTimeoutError)
# What is said where TLS was begun and something else answered.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL"})


# How aiohttp says that a line, or all of them, are longer than it reads: not always with the cause.
_TOO_LONG = ("Got more than", "Too many")


class as_node_errors:  # noqa: N801 - reads as a verb: with as_node_errors(host)
    """A block whose network errors come out as NodeError `net.*`."""

    def __init__(self, host: str) -> None:
        self._host = host

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, NodeError):
            known = _known(error, self._host)
            if known is not None:
                known.unsent = has_stayed(error)
                raise known from error


def has_stayed(error: BaseException) -> bool:
    """Whether nothing of a request has left, for whichever reason."""
    return is_unsent(error) or isinstance(error, _UNSENT) or was_never_sent(error)


def was_never_sent(error: BaseException) -> bool:
    """Whether a request failed before any of it left: the connection had been closed by the other side."""
    return any(isinstance(one, ClientConnectionResetError) for one in _causes(error))


def _known(error: Exception, host: str) -> NodeError | None:
    causes = list(_causes(error))
    if any(isinstance(one, BlockedAddress) for one in causes):
        return NodeError("net.blocked_address", host=host)
    if isinstance(error, (ClientResponseError, HttpProcessingError)):
        too_long = any(words in error.message for words in _TOO_LONG)
        unread = NodeError("net.too_large" if too_long else "net.bad_reply", host=host)
        unread.is_open = True
        return unread
    if any(isinstance(one, ssl.SSLError) and getattr(one, "reason", None) in _NO_TLS for one in causes):
        return NodeError("net.not_https", host=host)
    code = next((code for kinds, code in _CODES if isinstance(error, kinds)), None)
    return NodeError(code, host=host, detail=_short(error)) if code else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it; connectors keep the system's error as an attribute."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or one in seen:
            continue
        seen.append(one)
        yield one
        waiting += [one.__cause__, one.__context__, getattr(one, "os_error", None)]
        if isinstance(one, BaseExceptionGroup):
            waiting += cast("tuple[BaseException, ...]", one.exceptions)


def _short(error: BaseException) -> str:
    """The system's own word for it, "Connection refused", without what only programmers read."""
    source = getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
    if isinstance(source, ssl.SSLError):
        return str(
            getattr(source, "verify_message", "") or getattr(source, "reason", "") or type(source).__name__
        )[:200]
    if isinstance(source, ServerDisconnectedError):  # its words are what the server had said so far
        return os.strerror(errno.ECONNRESET)
    # asyncio writes a sentence of its own into `strerror`, but keeps the number. Of several addresses: the first.
    number = getattr(source, "errno", None) or next(
        map(int, re.findall(r"\[Errno (\d+)\]", str(source))), None
    )
    if number and number > 0:  # negative: a name was not found, for which the system has its own list
        return os.strerror(number)
    text = getattr(source, "strerror", None) or str(source) or type(source).__name__
    return str(text)[:200]

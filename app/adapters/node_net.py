"""The network as a running step sees it: granted hosts, through egress, an account's key for its own host only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from app.adapters.addresses import Reach, as_literal, may_reach
from app.adapters.connection import Connection, is_loopback
from app.adapters.connections import Connections
from app.adapters.egress import Egress
from app.adapters.keyring_secrets import Secrets
from app.adapters.outgoing import Limits, Outgoing, host_of
from app.adapters.redaction import hide_known
from app.document.problem import ProblemError
from app.sdk.context import HttpReply, HttpRequest
from app.sdk.errors import NodeError
from app.sdk.fields import ConnectionChoice
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.sdk.unsent import before_sending

LIMITS = Limits(total=60)
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"})
# The connection's own business, or a key by a back door.
_REFUSED_HEADERS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "trailer",
        "proxy-authorization",
    }
)


class NodeNet:
    """Implements `app.sdk.context.Net` for one run.

    `granted` says whether a host (as `host_of` gives it) was granted; asked for DECIDED_WHILE_RUNNING, whether any
    host was. This computer and its networks are reached only where such a host is granted by name, or where the
    person's own connection lies there. `account` gives this machine's connection for a file's wish.
    """

    def __init__(
        self,
        egress: Egress,
        connections: Connections,
        secrets: Secrets,
        granted: Callable[[str], bool],
        account: Callable[[str], str],
    ) -> None:
        self._egress = egress
        self._connections = connections
        self._secrets = secrets
        self._granted = granted
        self._account_for = account

    async def request(self, request: HttpRequest) -> HttpReply:
        method = request.method.upper()
        if method not in METHODS:
            raise NodeError("net.bad_method", method=request.method)
        _check_headers(request.headers)
        host = host_of(request.url)
        account = self._account(request.connection, host)
        near = _is_near(host) or (account is not None and bool(account.url))
        reach: Reach = "local" if near else "internet"
        with before_sending():
            secrets = await self._authorisation(account)
        outgoing = Outgoing(
            method,
            request.url,
            granted=partial(self._is_granted, own=account.host if account else ""),
            headers=request.headers,
            secrets=secrets,
            body=request.body,
            reach=reach,
            limits=LIMITS,
        )
        with await self._egress.send(outgoing) as reply:
            headers, body = reply.headers, await reply.read()
        if account is not None:  # a server may echo the key that it was sent
            body = hide_known(body.decode("latin-1")).encode("latin-1")
        return HttpReply(reply.status, reply.url, headers, body, reply.done)

    def _is_granted(self, host: str, own: str) -> bool:
        """`own`: the host of the person's connection."""
        by_name = host == own or not _is_near(host) or not self._granted(DECIDED_WHILE_RUNNING)
        return by_name and self._granted(host)

    def _account(self, choice: ConnectionChoice | None, host: str) -> Connection | None:
        """Raises NodeError `connection.*`, `net.key_not_for_host`."""
        if choice is None:
            return None
        name = self._account_for(choice.connection)
        found = self._connections.get(name)
        if found is None:
            raise self._connections.missing(name)
        if found.host != host:
            raise NodeError("net.key_not_for_host", connection=found.name, host=host, own=found.host)
        return found

    async def _authorisation(self, account: Connection | None) -> dict[str, str]:
        if account is None:
            return {}
        try:
            key = await self._secrets.get(account.name)
        except ProblemError as error:
            problem = error.problems[0]
            raise NodeError(problem.code, **cast("dict[str, Any]", problem.args)) from error
        if not key:
            raise NodeError("connection.no_key", connection=account.name)
        return {account.header: key} if account.header else {"Authorization": f"Bearer {key}"}


def _is_near(host: str) -> bool:
    """Whether a host's name already says that it is this computer or one of its networks."""
    literal = as_literal(host)
    return is_loopback(host) or (literal is not None and not may_reach(literal, "internet"))


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, value in headers.items():
        readable = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
        one_line = not any(char in "\r\n\0" for char in value)
        if not readable or not one_line or name.lower() in _REFUSED_HEADERS:
            raise NodeError("net.bad_header", header=name[:100])

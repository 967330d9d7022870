"""The network as a step sees it: its own granted hosts, and a connection's key only towards that connection's host."""

from __future__ import annotations

from collections.abc import Callable

from app.adapters.connections import Connections
from app.adapters.egress import Egress, Outgoing, host_of
from app.adapters.keyring_secrets import Secrets
from app.document.problem import ProblemError
from app.sdk.context import HttpReply, HttpRequest
from app.sdk.errors import NodeError
from app.sdk.fields import ConnectionChoice


class NodeNet:
    """Implements `app.sdk.context.Net` for one run.

    `granted` says whether a host (lower case) may be reached; `account` gives this machine's name for
    the connection that a file wishes for, or raises NodeError.
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
        self._account = account

    async def request(self, request: HttpRequest) -> HttpReply:
        """Raises NodeError `net.*`, `connection.*`, `secrets.*`."""
        secrets = await self._authorisation(request.connection, request.url) if request.connection else {}
        status, headers, body, url = await self._egress.fetch(
            Outgoing(
                request.method,
                request.url,
                granted=self._granted,
                headers=request.headers,
                secrets=secrets,
                body=request.body,
            )
        )
        return HttpReply(status, url, headers, body)

    async def _authorisation(self, choice: ConnectionChoice, url: str) -> dict[str, str]:
        connection = self._connections.get(self._account(choice.connection))
        if connection is None:
            raise NodeError("connection.missing", connection=choice.connection)
        if host_of(url) != connection.host:
            raise NodeError("connection.other_host", connection=connection.name, host=host_of(url))
        try:
            key = await self._secrets.get(connection.name)
        except ProblemError as error:
            raise NodeError(error.problems[0].code, connection=connection.name) from error
        if not key:
            raise NodeError("connection.no_key", connection=connection.name)
        return {connection.header: key} if connection.header else {"Authorization": f"Bearer {key}"}

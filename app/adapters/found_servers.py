"""Found servers: the model servers that run on this very computer, looked for at the ports they are known to use."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from app.adapters.connection import Connection
from app.adapters.connection_kinds import KINDS
from app.adapters.listed_model import ListedModel
from app.adapters.model_lists import OWN_WAYS, Reader, openai_models
from app.adapters.openai_lane import OpenAiLane, Server
from app.sdk.errors import NodeError

# The port that each kind of server uses unless told otherwise.
KNOWN_PORTS = (("ollama", 11434), ("lm_studio", 1234), ("llama_cpp", 8080), ("vllm", 8000))
PATIENCE = 2.0  # seconds for one port, all its answers taken together
KEPT = 5.0  # seconds for which what was found holds
_LOCKED = frozenset({"model.key_wanted", "model.key_refused", "model.no_access"})


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A connection as it would be, not kept yet. `wants_key`: it tells its models only to who has its key."""

    connection: Connection
    models: tuple[ListedModel, ...] = ()
    wants_key: bool = False


class ServerFinder:
    """Reads lists of models at known ports of this computer: no key goes out, nothing else, nowhere else.

    `ports` are (kind, port), else the known ones. What was found is remembered for a moment, so that opening
    a picker twice asks once.
    """

    def __init__(self, lane: OpenAiLane, ports: tuple[tuple[str, int], ...] | None = None) -> None:
        self._lane = lane
        self._ports = KNOWN_PORTS if ports is None else ports
        self._found: tuple[FoundServer, ...] = ()
        self._until = 0.0
        self._looking = asyncio.Lock()

    async def find(self, *, look_again: bool = False) -> tuple[FoundServer, ...]:
        """Every server that answers within a moment."""
        async with self._looking:
            if look_again or time.monotonic() >= self._until:
                found = await asyncio.gather(*(self._at(kind, port) for kind, port in self._ports))
                self._found = tuple(one for one in found if one is not None)
                self._until = time.monotonic() + KEPT
            return self._found

    async def _at(self, usual: str, port: int) -> FoundServer | None:
        connection = Connection(KINDS[usual].title, usual, f"http://localhost:{port}/v1")
        server = Server(connection.name, connection.address, reach="loopback")
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._recognised(connection, server)
        except TimeoutError:
            return None
        except NodeError as error:
            return FoundServer(connection, wants_key=True) if error.code in _LOCKED else None

    async def _recognised(self, usual: Connection, server: Server) -> FoundServer | None:
        """Whoever answers: the port's usual server, another that we know, or any other of the dialect."""
        others = [kind for kind in OWN_WAYS if kind != usual.kind]
        for kind in (usual.kind, *others):
            models = await self._asked(OWN_WAYS[kind], server)
            if models is not None and (models or kind in {"ollama", "lm_studio"}):
                return FoundServer(_as_kind(usual, kind), models)
        models = await self._asked(openai_models, server)
        return FoundServer(_as_kind(usual, "openai_compatible"), models) if models else None

    async def _asked(self, ask: Reader, server: Server) -> tuple[ListedModel, ...] | None:
        """None: this isn't its way. Raises NodeError where nobody is there, or a key is wanted."""
        try:
            return await ask(self._lane, server)
        except NodeError as error:
            if error.code == "model.unreachable" or error.code in _LOCKED:
                raise
            return None


def _as_kind(usual: Connection, kind: str) -> Connection:
    """The same place as a connection of its kind; a kind's own address isn't written down once more."""
    url = "" if KINDS[kind].url == usual.url else usual.url
    return replace(usual, name=KINDS[kind].title, kind=kind, url=url)

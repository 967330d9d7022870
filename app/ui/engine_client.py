"""What the window's forms ask of the engine, whatever carries the question there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from app.adapters.connections import Connection
from app.adapters.shelf import Shelf
from app.document.problem import Problem
from app.document.workflow import Json

KeyStore: TypeAlias = Literal["system", "passphrase", "session"]


@dataclass(frozen=True, slots=True)
class KeyState:
    """Where keys are kept now. `system` and `passphrase` say what could be used; `locked`: waits for its passphrase.

    `name` is the system's own word for its store; `problem` says why it can't be used.
    """

    store: KeyStore
    system: bool = False
    locked: bool = False
    has_passphrase: bool = False
    name: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test found: the models that answered, the time it took, or the Problem."""

    models: tuple[str, ...] = ()
    seconds: float = 0.0
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class AddOn:
    """An add-on package that is installed. `types` is the number of step types that it brings."""

    package: str
    version: str
    summary: str = ""
    types: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A workflow that was allowed to run from now on, by the content that was reviewed."""

    digest: str
    name: str
    at: str  # ISO 8601
    hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()


class EngineClient(Protocol):
    """Every method raises ProblemError where the engine refuses or is gone. Keys go in, never out."""

    async def shelf(self, *, look_again: bool = False) -> Shelf:
        """Models, roles and connections; `look_again` asks local servers anew."""
        ...

    async def save_connection(self, connection: Connection, replaces: str = "") -> Connection:
        """Adds a connection, or changes and renames the one named `replaces`; gives it as it is stored."""
        ...

    async def delete_connection(self, name: str) -> None:
        """Removes a connection and its key."""
        ...

    async def test_connection(self, connection: Connection, key: str | None = None) -> Tested:
        """Asks for the list of models, or sends one tiny question where there is no list; `key` None: the stored one."""
        ...

    async def store_key(self, connection: str, key: str) -> None: ...

    async def forget_key(self, connection: str) -> None: ...

    async def key_state(self) -> KeyState: ...

    async def unlock_keys(self, passphrase: str) -> KeyState: ...

    async def choose_key_store(self, store: KeyStore, passphrase: str = "") -> KeyState: ...

    async def addons(self) -> tuple[AddOn, ...]: ...

    async def reviewed(self) -> tuple[Reviewed, ...]: ...

    async def forget_reviewed(self, digest: str) -> None:
        """Takes effect on running runs too."""
        ...

    async def value(self, reference: str) -> Json:
        """The whole value behind a preview."""
        ...

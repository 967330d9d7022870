"""The keys of connections: in an encrypted file whose key the system guards, or a fallback, never as plain text."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Literal, TypeAlias, TypeVar

from app.adapters.connection import normal_name
from app.adapters.redaction import remember
from app.adapters.secret_file import (
    KEY_BYTES,
    Lock,
    key_from,
    new_key,
    new_passphrase_lock,
    open_secrets,
    read_lock,
    save_secrets,
)
from app.adapters.system_store import KeyringStore, StoreUnavailable, SystemStore
from app.document.problem import Problem, ProblemError

MASTER = "master key"
SHORTEST_PASSPHRASE = 8  # characters

Place: TypeAlias = Literal["system store", "passphrase", "session only", "environment"]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SecretsState:
    """Where keys are kept here. `locked`: the passphrase is still to come. `detail`: why the store can't be used."""

    place: Place
    locked: bool = False
    detail: str = ""


class Secrets:
    """Keys by the name of their connection. Everything that waits for disk or system runs in a thread.

    A key of the environment (BATON_CONN_<NAME>_KEY) comes first. Nothing is imported or opened before a
    key is asked for that the environment doesn't hold.
    """

    def __init__(self, file: Path, environment: Mapping[str, str], store: SystemStore | None = None) -> None:
        self._file = file
        self._environment = {
            name.removeprefix("BATON_CONN_").removesuffix("_KEY"): value
            for name, value in environment.items()
            if name.startswith("BATON_CONN_") and name.endswith("_KEY") and value
        }
        self._store = store or KeyringStore()
        self._session: dict[str, str] = {}
        self._key: bytes | None = None
        self._guard = RLock()

    async def state(self) -> SecretsState:
        """Where a key would be kept now; asks the system's store, so it may take up to its time limit."""
        return await self._work(self._state)

    async def get(self, connection: str) -> str | None:
        """A connection's key, or None. Raises ProblemError `secrets.*` where it is there and can't be reached."""
        name = normal_name(connection)
        found = self._environment.get(name) or self._session.get(name)
        if found is None and self._file.exists():
            found = await self._work(lambda: self._open().get(name))
        if found is not None:
            remember(found)
        return found

    def is_forgotten(self, connection: str) -> bool:
        """Whether the connection's key is there for this session only."""
        name = normal_name(connection)
        return name in self._session and name not in self._environment

    async def set(self, connection: str, key: str) -> SecretsState:
        """Keeps a key and says where. Raises ProblemError `secrets.*`, OSError."""
        remember(key)
        return await self._work(lambda: self._change({normal_name(connection): key}))

    async def delete(self, connection: str) -> None:
        """Forgets a key; one that isn't there is no error."""
        name = normal_name(connection)
        if self._session.pop(name, None) is None and self._file.exists():
            await self._work(lambda: self._change({name: None}))

    async def rename(self, old: str, new: str) -> None:
        """Moves a key to the connection's new name."""
        key = await self.get(old)
        if key is not None and normal_name(old) != normal_name(new):
            await self.set(new, key)
            await self.delete(old)

    async def unlock(self, passphrase: str) -> None:
        """Opens the file with the person's passphrase. Raises ProblemError `secrets.wrong_passphrase`."""
        await self._work(lambda: self._unlock(passphrase))

    async def protect(self, passphrase: str) -> None:
        """Makes a passphrase-protected file and moves the keys of this session and of an open file into it.

        Raises ProblemError `secrets.short_passphrase`, `secrets.*`; OSError.
        """
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise ProblemError(Problem("secrets.short_passphrase", args={"least": SHORTEST_PASSPHRASE}))
        await self._work(lambda: self._protect(passphrase))

    async def start_over(self) -> Path | None:
        """Puts a file that can't be opened any more aside, so that keys can be entered anew; gives its new place."""
        return await self._work(self._put_aside)

    async def _work(self, task: Callable[[], _T]) -> _T:
        def guarded() -> _T:
            with self._guard:
                return task()

        return await asyncio.to_thread(guarded)

    def _state(self) -> SecretsState:
        lock = read_lock(self._file)
        if lock is not None and lock.kind == "passphrase":
            return SecretsState("passphrase", locked=self._key is None)
        try:
            self._store.read(MASTER)
        except StoreUnavailable as error:
            place: Place = "environment" if self._environment else "session only"
            return SecretsState(place, detail=str(error))
        return SecretsState("system store")

    def _open(self) -> dict[str, str]:
        lock = read_lock(self._file)
        if lock is None:
            return {}
        return open_secrets(self._file, self._key_for(lock))

    def _key_for(self, lock: Lock) -> bytes:
        if self._key is None:
            if lock.kind == "passphrase":
                raise ProblemError(Problem("secrets.locked"))
            try:
                self._key = _decoded(self._store.read(MASTER))
            except StoreUnavailable as error:
                raise ProblemError(
                    Problem("secrets.store_unavailable", args={"detail": str(error)})
                ) from error
            if self._key is None:
                raise ProblemError(Problem("secrets.key_lost", args={"path": str(self._file)}))
        return self._key

    def _change(self, changes: Mapping[str, str | None]) -> SecretsState:
        """A value of None forgets the name."""
        lock = read_lock(self._file)
        if lock is None:
            try:
                self._key = self._new_master()
            except StoreUnavailable as error:
                self._session.update({name: key for name, key in changes.items() if key is not None})
                return SecretsState("session only", detail=str(error))
            lock = Lock("system")
        key = self._key_for(lock)
        kept = {name: value for name, value in {**self._open(), **changes}.items() if value is not None}
        save_secrets(self._file, kept, key, lock)
        return SecretsState("system store" if lock.kind == "system" else "passphrase")

    def _new_master(self) -> bytes:
        """The master key, made where there is none; read back, since a store may forget without a word."""
        found = _decoded(self._store.read(MASTER))
        if found is None:
            self._store.write(MASTER, base64.b64encode(new_key()).decode())
            found = _decoded(self._store.read(MASTER))
        if found is None:
            raise StoreUnavailable("what was stored did not come back")
        return found

    def _unlock(self, passphrase: str) -> None:
        lock = read_lock(self._file)
        if lock is None or lock.kind != "passphrase":
            return
        key = key_from(passphrase, lock)
        try:
            open_secrets(self._file, key)
        except ProblemError as error:
            if error.problems[0].code == "secrets.wrong_key":
                raise ProblemError(Problem("secrets.wrong_passphrase")) from error
            raise
        self._key = key

    def _protect(self, passphrase: str) -> None:
        kept = {**self._open(), **self._session}
        lock = new_passphrase_lock()
        key = key_from(passphrase, lock)
        save_secrets(self._file, kept, key, lock)
        self._key, self._session = key, {}

    def _put_aside(self) -> Path | None:
        self._key = None
        if not self._file.exists():
            return None
        number = 1
        while (aside := self._file.with_suffix(f".unreadable-{number}.json")).exists():
            number += 1
        return self._file.replace(aside)


def _decoded(stored: str | None) -> bytes | None:
    try:
        key = base64.b64decode(stored or "", validate=True)
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None

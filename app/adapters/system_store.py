"""The system's own key store, chosen by system and never by chance, asked with a time limit."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from queue import Empty, Queue
from threading import Thread
from typing import Any, Protocol, TypeVar

SERVICE = "Baton"
LIMIT = 5.0  # seconds; a store may wait for a dialog that nobody sees

# keyring's automatic choice may fall on a store that asks for a password on the terminal.
_BACKENDS = {
    "win32": ("keyring.backends.Windows", "WinVaultKeyring"),
    "darwin": ("keyring.backends.macOS", "Keyring"),
    "linux": ("keyring.backends.SecretService", "Keyring"),
}

_T = TypeVar("_T")


class StoreUnavailable(Exception):
    """The store is missing, locked or doesn't answer; says why in the system's own words."""


class SystemStore(Protocol):
    """A place for a short secret that the system guards. Both raise StoreUnavailable."""

    def read(self, name: str) -> str | None: ...

    def write(self, name: str, value: str) -> None: ...


class KeyringStore:
    """The store of this system, through keyring. `load` finds a backend class by module and name."""

    def __init__(
        self,
        platform: str = sys.platform,
        load: Callable[[str, str], Any] | None = None,
        limit: float = LIMIT,
    ) -> None:
        self._where = _BACKENDS.get(platform, _BACKENDS["linux"])
        self._load = load or _load
        self._limit = limit

    def read(self, name: str) -> str | None:
        return self._ask(lambda backend: backend.get_password(SERVICE, name))

    def write(self, name: str, value: str) -> None:
        self._ask(lambda backend: backend.set_password(SERVICE, name, value))

    def _ask(self, question: Callable[[Any], _T]) -> _T:
        """In a thread of its own: one that hangs must hold up neither us nor the end of the program."""
        answers: Queue[tuple[bool, Any]] = Queue()

        def work() -> None:
            try:
                answers.put((True, question(self._load(*self._where)())))
            except Exception as error:  # noqa: BLE001 - backends raise whatever their system raises
                answers.put((False, error))

        Thread(target=work, daemon=True, name="key store").start()
        try:
            well, answer = answers.get(timeout=self._limit)
        except Empty as error:
            raise StoreUnavailable(f"no answer within {self._limit:g} s") from error
        if not well:
            raise StoreUnavailable(str(answer) or type(answer).__name__) from answer
        return answer


def _load(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)

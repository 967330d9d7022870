"""The models on this computer: the bundled one, the GGUF files in the models folder, and a host for each in use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from app.adapters.embedded_model import EmbeddedHost, bundled_model_path
from app.adapters.gguf_facts import GgufError, GgufFacts, read_gguf_facts
from app.adapters.host_messages import HostConfiguration
from app.adapters.starter import Starter

CONTEXT = 4096  # tokens for one request
SLOTS = 2


class LocalModels:
    """Models by name, which is the file's name without its ending; the bundled one comes first.

    `command` starts a model host. Hosts start when a model is used and leave when it has been idle.
    """

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        folder: Path,
        *,
        threads: int = 0,
        idle_seconds: float = 600,
        slots: int = SLOTS,
        context: int = CONTEXT,
    ) -> None:
        self._starter = starter
        self._command = command
        self._folder = folder
        self._threads = threads
        self._idle_seconds = idle_seconds
        self._slots = slots
        self._context = context
        self._hosts: dict[str, EmbeddedHost] = {}
        self._stamp = -1
        self._files: Mapping[str, Path] = {}

    @property
    def slots(self) -> int:
        """How many calls one model answers side by side."""
        return self._slots

    def names(self) -> tuple[str, ...]:
        """The models there are now."""
        return tuple(self._paths())

    def path(self, name: str) -> Path | None:
        return self._paths().get(name)

    def facts(self, name: str) -> GgufFacts | None:
        """What the model's file says of itself; None where it is missing or can't be read."""
        path = self.path(name)
        try:
            return None if path is None else _facts(path, path.stat().st_mtime_ns)
        except OSError:  # it has gone since
            return None

    def context(self, name: str) -> int:
        """Tokens for one request: what the model was trained for, within what we give it memory for."""
        facts = self.facts(name)
        return min(self._context, facts.context) if facts and facts.context else self._context

    def host(self, name: str) -> EmbeddedHost:
        """The model's host, started or not. Raises KeyError for a model that isn't there."""
        if name not in self._hosts:
            configuration = HostConfiguration(
                str(self._paths()[name]), threads=self._threads, context=self._context, slots=self._slots
            )
            self._hosts[name] = EmbeddedHost(
                self._starter, self._command, configuration, idle_seconds=self._idle_seconds
            )
        return self._hosts[name]

    async def stop(self) -> None:
        """Unloads every model."""
        hosts, self._hosts = self._hosts, {}
        for host in hosts.values():
            await host.stop()

    def _paths(self) -> Mapping[str, Path]:
        try:
            stamp = self._folder.stat().st_mtime_ns
        except OSError:
            stamp = 0
        if stamp != self._stamp:
            bundled = _bundled()
            # A pipe would keep us waiting for its other end, and a link may lead nowhere.
            found = sorted(path for path in self._folder.glob("*.gguf") if path.is_file()) if stamp else []
            self._files = {path.stem: path for path in ([bundled] if bundled else []) + found}
            self._stamp = stamp
        return self._files


@cache
def _bundled() -> Path | None:
    return bundled_model_path()


@cache
def _facts(path: Path, _stamp: int) -> GgufFacts | None:
    """Read once, and again when the file was replaced, which its stamp shows."""
    try:
        return read_gguf_facts(path)
    except GgufError:
        return None

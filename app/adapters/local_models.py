"""The models on this computer: what each is, what it needs, and a host for each in use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from app.adapters.embedded_model import EmbeddedHost
from app.adapters.gguf_facts import GgufFacts, read_gguf_facts
from app.adapters.gguf_header import GgufError
from app.adapters.host_messages import HostConfiguration
from app.adapters.model_memory import MemoryNeed, memory_need
from app.adapters.model_setup import SLOTS, InstalledModels, ModelSetup
from app.adapters.starter import Starter


class LocalModels:
    """Models by name; the default one comes first.

    `command` starts a model host. Hosts start when a model is used and leave when it has been idle.
    """

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        installed: InstalledModels,
        *,
        threads: int = 0,
        idle_seconds: float = 600,
    ) -> None:
        self._starter = starter
        self._command = command
        self._installed = installed
        self._threads = threads
        self._idle_seconds = idle_seconds
        self._hosts: dict[str, EmbeddedHost] = {}

    def names(self) -> tuple[str, ...]:
        """The models there are now."""
        return self._installed.names()

    def slots(self, name: str) -> int:
        """How many calls a model answers side by side."""
        setup = self._installed.setup(name)
        return setup.slots if setup else SLOTS

    def facts(self, name: str) -> GgufFacts | None:
        """What the model's file says of itself; None where it is missing or can't be read."""
        setup = self._installed.setup(name)
        return gguf_facts(Path(setup.path)) if setup else None

    def context(self, name: str) -> int | None:
        """Tokens for one request: what the model was trained for, within what we give it memory for."""
        setup = self._installed.setup(name)
        return context_of(setup, self.facts(name)) if setup else None

    def host(self, name: str) -> EmbeddedHost:
        """The model's host, started or not. Raises KeyError for a model that isn't there."""
        if name not in self._hosts:
            setup = self._installed.setup(name)
            if setup is None:
                raise KeyError(name)
            configuration = HostConfiguration(
                setup.path, threads=self._threads, context=setup.context, slots=setup.slots
            )
            self._hosts[name] = EmbeddedHost(
                self._starter, self._command, configuration, idle_seconds=self._idle_seconds
            )
        return self._hosts[name]

    async def unload(self, name: str) -> None:
        """Lets a model go, whatever it is doing; the next call loads it as its setup says then."""
        host = self._hosts.pop(name, None)
        if host is not None:
            await host.stop()

    async def stop(self) -> None:
        """Unloads every model."""
        hosts, self._hosts = self._hosts, {}
        for host in hosts.values():
            await host.stop()


def context_of(setup: ModelSetup, facts: GgufFacts | None) -> int:
    """Tokens for one request: what a model was made for, within what its setup gives it."""
    return min(setup.context, facts.context) if facts and facts.context else setup.context


def need_of(setup: ModelSetup, facts: GgufFacts) -> MemoryNeed:
    """The memory that a model takes when it is loaded like this."""
    adapters = (gguf_facts(Path(adapter.path)) for adapter in setup.adapters)
    return memory_need(
        facts.shape,
        context_of(setup, facts),
        setup.slots,
        adapters=sum(one.size_bytes for one in adapters if one),
    )


def gguf_facts(path: Path) -> GgufFacts | None:
    """What a file says of itself, read once and again when it was replaced; None where it can't be read."""
    try:
        return _facts(path, path.stat().st_mtime_ns)
    except OSError:  # it has gone since
        return None


@cache
def _facts(path: Path, _stamp: int) -> GgufFacts | None:
    try:
        return read_gguf_facts(path)
    except GgufError:
        return None

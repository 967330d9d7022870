"""The library of this computer's models: everything about each, as the Models page and `baton models` show it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.adapters.gguf_facts import GgufFacts
from app.adapters.local_models import context_of, need_of
from app.adapters.memory_state import MemoryState
from app.adapters.model_downloads import Transfer
from app.adapters.model_files import ModelFile, ModelFiles, Origin
from app.adapters.model_names import file_name, quantisation
from app.adapters.model_records import MeasuredSpeed, ModelRecord
from app.adapters.model_setup import LoraAdapter, ModelSetup
from app.adapters.partial_file import digest_of
from app.document.problem import Problem, ProblemError


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of this computer. What its file doesn't say is empty or None.

    `title` is its name for people, `trained` the longest text it was made for, in tokens. `context`, `slots` and
    `adapters` are how it is loaded, `needs` the bytes that this takes. `digest` is the SHA-256, `digesting` how much
    of the file was read for it (0 to 1). `problem`: why it can't be used.
    """

    name: str
    title: str
    origin: Origin
    path: str
    size: int = 0
    quantisation: str = ""
    parameters: int = 0
    trained: int | None = None
    licence: str = ""
    chat: bool = False
    context: int = 0
    slots: int = 0
    adapters: tuple[LoraAdapter, ...] = ()
    needs: int = 0
    digest: str = ""
    digesting: float | None = None
    speed: MeasuredSpeed | None = None
    source: str = ""
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ModelList:
    """The models, the downloads, and what lies in memory; None: nobody knows."""

    models: tuple[ModelEntry, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    memory: MemoryState | None = None

    def model(self, name: str) -> ModelEntry | None:
        return next((one for one in self.models if one.name == name), None)


class ModelLibrary:
    """Reads headers and digests off the event loop; `close` ends what is under way."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._digesting: asyncio.Task[None] | None = None
        self._through: dict[str, float] = {}
        self._ended = False

    async def entries(self) -> tuple[ModelEntry, ...]:
        """All models, the default one first."""
        return await asyncio.to_thread(self._entries)

    async def need(self, name: str, context: int, slots: int, adapters: Sequence[LoraAdapter] = ()) -> int:
        """Bytes that a model would take if it were loaded so. Raises ProblemError `model.*`."""
        facts = await asyncio.to_thread(self._files.facts, name)
        return need_of(
            ModelSetup(str(self._files.get(name).path), context, slots, tuple(adapters)), facts
        ).total

    def digest_all(self) -> None:
        """Begins to find out the SHA-256 of files where it isn't known, one after the other."""
        if self._digesting is None and not self._ended:
            self._digesting = asyncio.get_running_loop().create_task(self._digest_all())

    async def settled(self) -> None:
        """Until every digest is known."""
        if self._digesting is not None:
            await asyncio.gather(self._digesting, return_exceptions=True)

    async def close(self) -> None:
        self._ended = True
        await self.settled()

    async def _digest_all(self) -> None:
        try:
            for file in self._files.all().values():
                stamp = file.stamp
                if stamp and self._files.records.of(file.name).stamp != stamp and not self._ended:
                    with contextlib.suppress(OSError, _EndedError):
                        digest = await asyncio.to_thread(digest_of, file.path, self._heard(file))
                        self._files.records.put(file.name, digest=digest, stamp=stamp)
                    self._through.pop(file.name, None)
        finally:
            self._digesting = None

    def _heard(self, file: ModelFile) -> _Heard:
        return _Heard(self, file.name, max(1, file.path.stat().st_size))

    def hear(self, name: str, share: float) -> None:
        """From the thread that reads: how much is through."""
        if self._ended:
            raise _EndedError
        self._through[name] = share

    def _entries(self) -> tuple[ModelEntry, ...]:
        found: list[tuple[ModelFile, ModelRecord, GgufFacts | Problem]] = []
        for file in self._files.all().values():
            record = self._files.records.of(file.name)
            try:
                found.append((file, record, self._files.facts(file.name)))
            except ProblemError as error:
                found.append((file, record, error.problems[0]))
        titles = _titles({file.name: facts for file, _, facts in found})
        return tuple(self._entry(*one, titles[one[0].name]) for one in found)

    def _entry(
        self, file: ModelFile, record: ModelRecord, facts: GgufFacts | Problem, title: str
    ) -> ModelEntry:
        if isinstance(facts, Problem):
            return ModelEntry(file.name, title, file.origin, str(file.path), problem=facts)
        setup = ModelSetup(str(file.path), record.context, record.slots, record.adapters)
        return ModelEntry(
            name=file.name,
            title=title,
            origin=file.origin,
            path=str(file.path),
            size=facts.size_bytes,
            quantisation=facts.quantisation,
            parameters=facts.parameters,
            trained=facts.context,
            licence=facts.licence,
            chat=facts.chat_template,
            context=context_of(setup, facts),
            slots=record.slots,
            adapters=record.adapters,
            needs=need_of(setup, facts).total,
            digest=record.digest if record.stamp == file.stamp else "",
            digesting=self._through.get(file.name),
            speed=record.speed,
            source=record.source,
            problem=Problem("model.is_adapter", args={"model": file.name}) if facts.adapts else None,
        )


class _EndedError(Exception):
    """Nobody wants to know any more."""


@dataclass(frozen=True, slots=True)
class _Heard:
    library: ModelLibrary
    name: str
    size: int

    def __call__(self, through: int) -> None:
        self.library.hear(self.name, through / self.size)


def _titles(facts: Mapping[str, GgufFacts | Problem]) -> Mapping[str, str]:
    """By model; files that only their compression tells apart say it."""
    titles = {
        name: file_name(name, "" if isinstance(one, Problem) else one.name) for name, one in facts.items()
    }
    shown = list(titles.values())
    return {
        name: f"{title} ({bits})" if (bits := quantisation(name)) and shown.count(title) > 1 else title
        for name, title in titles.items()
    }

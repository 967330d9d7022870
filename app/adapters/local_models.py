"""The models on this computer: what each is, what it needs, and a host for each in use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.adapters.connections import THIS_COMPUTER
from app.adapters.embedded_model import EmbeddedHost, Endpoint
from app.adapters.gguf_facts import GgufFacts, ModelShape, read_gguf_facts
from app.adapters.gguf_header import GgufError
from app.adapters.gpu_split import gpu_room, split
from app.adapters.host_messages import HostConfiguration
from app.adapters.machine_facts import Machine
from app.adapters.machine_memory import resident
from app.adapters.memory_planner import TURN, MemoryPlanner, Room, Tenant
from app.adapters.memory_state import MemoryState, ModelState, ModelStatus
from app.adapters.model_memory import BATCH, PROGRAM_BATCH, MemoryNeed, batch_of, memory_need
from app.adapters.model_neighbours import ModelNeighbours
from app.adapters.model_notes import ModelNote, ModelNotes
from app.adapters.model_setup import SLOTS, InstalledModels, ModelSetup
from app.adapters.starter import Starter
from app.adapters.this_machine import ThisMachine
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting, WaitListener
from app.settings import Preferences

_MIB = 2**20
_MOST_KEPT_FREE = 2**30  # bytes of memory for everything else on this machine; of a small one, a part
_ENDLESS = 2**62  # bytes: nobody knows how much there is
_LOOK_EVERY = 1.0  # seconds between two looks at what other engines have in memory, and who waits there


@dataclass(frozen=True, slots=True)
class _Placed:
    """A model as it is set up now, with its host; `key` is all that it was made from."""

    key: tuple[ModelSetup, str, int]
    host: EmbeddedHost
    tenant: Tenant


class LocalModels:
    """Models by name; the default one comes first.

    `command` starts a model host. A host starts when its model is used and there is memory for it; who shares the
    memory, `MemoryPlanner` says, and through `notes` the other engines of this person, which share it too.
    `preferences` are those that hold now. Belongs to one event loop.
    """

    def __init__(
        self,
        starter: Starter,
        command: Sequence[str],
        installed: InstalledModels,
        preferences: Callable[[], Preferences] = Preferences,
        *,
        machine: Machine | None = None,
        notes: ModelNotes | None = None,
        turn: float = TURN,
    ) -> None:
        self._starter = starter
        self._command = command
        self._installed = installed
        self._preferences = preferences
        self._machine = machine or ThisMachine(starter)
        self._placed: dict[str, _Placed] = {}
        self._gpu_room = 0
        self._neighbours = ModelNeighbours(notes)
        self._looking: asyncio.Task[None] | None = None
        self._planner = MemoryPlanner(
            THIS_COMPUTER,
            self._room,
            lambda: preferences().model_idle_minutes * 60,
            turn=turn,
            changed=lambda: self._neighbours.tell(self._planner),
            neighbours=self._neighbours,
        )

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
        """Tokens for one request: what the model was made for, within what we give it memory for."""
        setup = self._installed.setup(name)
        return context_of(setup, self.facts(name)) if setup else None

    @asynccontextmanager
    async def lease(self, name: str, waits: WaitListener | None = None) -> AsyncGenerator[Endpoint]:
        """Use one slot of a model, which is loaded for it, once there is room in memory; it isn't unloaded meanwhile.

        Raises NodeError `model.*`.
        """
        placed = await self._place(name)
        if not placed.tenant.is_in:
            self._look()
        try:
            async with self._planner.place(placed.tenant, waits):
                with _waiting(waits):
                    await placed.host.ensure()
                if not placed.tenant.is_ready:
                    self._planner.ready(placed.tenant, placed.host.loaded_in)
                async with placed.host.lease() as endpoint:
                    if waits is not None:
                        waits.calls()
                    yield endpoint
        finally:
            if placed.host.pid is None and not placed.host.is_starting:
                self._planner.gone(placed.tenant)

    def pid(self, name: str) -> int | None:
        """The process of a model's host while it runs."""
        placed = self._placed.get(name)
        return placed.host.pid if placed else None

    def waits_for(self, name: str) -> Waiting | None:
        """What calls of a model wait for, where that is memory."""
        placed = self._placed.get(name)
        return self._planner.why(placed.tenant) if placed else None

    async def memory(self) -> MemoryState:
        """Which models are in memory or wait for it, and how much there is."""
        machine = await self._machine.facts()
        waiting = self._planner.waiting()
        inside = self._planner.inside
        rows = [self._state(tenant, waiting.get(tenant, 0)) for tenant in inside]
        rows += [self._state(tenant, count) for tenant, count in waiting.items() if tenant not in inside]
        elsewhere = self._look()
        limit = self._room(self._planner.taken).memory
        return MemoryState(machine, limit, tuple(rows), tuple(map(_elsewhere, elsewhere)))

    def free(self, name: str) -> bool:
        """Frees a model's memory because the person says so; False where it isn't loaded, or calls go on."""
        placed = self._placed.get(name)
        return placed is not None and self._planner.free(placed.tenant)

    async def unload(self, name: str) -> None:
        """Lets a model go as soon as its calls are through; the next call loads it as its setup says then."""
        placed = self._placed.pop(name, None)
        if placed is not None:
            self._planner.retire(placed.tenant)
            await self._planner.settled()

    async def stop(self) -> None:
        """Unloads every model."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await self._planner.stop()
        self._neighbours.close()

    async def _place(self, name: str) -> _Placed:
        """The model as it is set up now; one that was set up in another way leaves when its calls are through."""
        preferences, setup = self._preferences(), self._installed.setup(name)
        if setup is None:
            raise NodeError("model.file_missing", model=name)
        key = (setup, preferences.llama_server, preferences.threads)
        known = self._placed.get(name)
        if known is not None and known.key == key and not self._may_be_split_anew(known):
            return known
        made = await self._made(name, key)
        known = self._placed.get(name)
        if known is not None and known.key == key:  # somebody was faster, or it would be loaded as before
            is_same = known.tenant.need == made.tenant.need
            if is_same or not self._may_be_split_anew(known):
                return known
        if known is not None:
            self._planner.retire(known.tenant)
        self._placed[name] = made
        return made

    def _may_be_split_anew(self, known: _Placed) -> bool:
        """Whether it goes by how much graphics memory there is now, which is another thing each time it is loaded."""
        if not known.host.configuration.program or known.tenant.is_in:
            return False
        return self._planner.why(known.tenant) is None  # else its calls would be parted

    async def _made(self, name: str, key: tuple[ModelSetup, str, int]) -> _Placed:
        setup, program, threads = key
        facts = gguf_facts(Path(setup.path))
        layers, room = 0, Room(0)
        if facts is not None:  # what is wrong with a file, its host says
            need = need_of(setup, facts, program=bool(program))
            layers, room = await self._split(facts.shape, need) if program else (0, Room(need.total))
        configuration = HostConfiguration(
            setup.path,
            threads,
            setup.context,
            setup.slots,
            adapters=setup.adapters,
            program=program,
            gpu_layers=layers,
        )
        host = EmbeddedHost(self._starter, self._command, configuration)
        return _Placed(key, host, Tenant(name, room, host.stop))

    async def _split(self, shape: ModelShape, need: MemoryNeed) -> tuple[int, Room]:
        gpu = next(iter((await self._machine.facts()).gpus), None)
        self._gpu_room = gpu_room(gpu, self._planner.taken.gpu)
        return split(shape, need, gpu, self._gpu_room)

    def _room(self, taken: Room) -> Room:
        """What models may take together: what the person said, else what is free with what they have, less a reserve.

        A quarter of the machine is always theirs: other programs make room, too. Those of other engines count as ours,
        once they are loaded: until then what they take is still free.
        """
        said = self._preferences().model_memory_mb
        if said:
            return Room(said * _MIB, self._gpu_room)
        total, free = self._machine.memory()
        if not total:
            return Room(_ENDLESS, self._gpu_room)
        theirs = self._neighbours.others.taken - self._neighbours.others.coming
        ours = sum(self._held(tenant) for tenant in self._planner.inside) + theirs.memory
        kept_free = min(_MOST_KEPT_FREE, total // 16)
        return Room(max(free + ours - kept_free, total // 4), self._gpu_room)

    def _held(self, tenant: Tenant) -> int:
        """Bytes that a model has really taken, as far as the system says."""
        placed = self._placed.get(tenant.name)
        pid = placed.host.pid if placed is not None and placed.tenant is tenant else None
        held = resident(pid, files=False) if pid is not None else 0
        return tenant.need.memory if held is None else min(held, tenant.need.memory)

    # The other engines of this person

    def _look(self) -> tuple[ModelNote, ...]:
        """What the others have in memory, now and from time to time while somebody here has or wants a place."""
        if self._neighbours.are_there and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._keep_looking())
        return self._neighbours.look()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            if not self._planner.inside and not self._planner.waiting():
                return
            self._look()
            self._planner.look()

    def _state(self, tenant: Tenant, waiting: int) -> ModelState:
        return ModelState(
            tenant.name,
            _status(tenant),
            tenant.need.memory,
            tenant.need.gpu,
            tenant.running,
            waiting,
            tuple(one.name for one in self._planner.behind(tenant)) if waiting else (),
        )


@contextmanager
def _waiting(waits: WaitListener | None) -> Generator[None]:
    """A call waits here: nothing of it has gone out, and its time stands still."""
    if waits is None:
        yield
        return
    waits.begins()
    try:
        yield
    finally:
        waits.ends()


def _elsewhere(note: ModelNote) -> ModelState:
    status: ModelStatus = "elsewhere" if note.is_loaded else "waiting"
    return ModelState(note.model, status, note.memory, note.gpu, behind=note.behind)


def _status(tenant: Tenant) -> ModelStatus:
    if not tenant.is_in:
        return "waiting"
    if tenant.is_leaving:
        return "leaving"
    if not tenant.running:
        return "idle"
    return "busy" if tenant.is_ready else "loading"


def context_of(setup: ModelSetup, facts: GgufFacts | None) -> int:
    """Tokens for one request: what a model was made for, within what its setup gives it."""
    return min(setup.context, facts.context) if facts and facts.context else setup.context


def need_of(setup: ModelSetup, facts: GgufFacts, *, program: bool = False) -> MemoryNeed:
    """The memory that a model takes when it is loaded like this, by our own engine or by a llama-server `program`."""
    adapters = (gguf_facts(Path(adapter.path)) for adapter in setup.adapters)
    size = sum(one.size_bytes for one in adapters if one)
    context = context_of(setup, facts)
    batch = batch_of(context, embeds=facts.embeds, usual=PROGRAM_BATCH if program else BATCH)
    return memory_need(facts.shape, context, setup.slots, adapters=size, batch=batch)


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

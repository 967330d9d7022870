"""Who may be in memory: models share it in turns, and no answer is ever cut off by another model's loading."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from app.adapters.call_clock import Clock, LoopClock, Timer
from app.sdk.errors import NodeError
from app.sdk.gateway import Waiting, WaitListener

TURN = 15.0  # seconds that a model at work keeps its place once another waits for it
TURN_IN_LOADS = 4  # and at least so many times what it took to load: memory is for answers, not for loading
_SOON = 0.02  # seconds until one looks again who was kept from letting anybody in
TOLD_EVERY = 1.0  # seconds between two tellings of who waits, and two looks at how much is free


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of the machine's memory, and of its graphics processor's own."""

    memory: int
    gpu: int = 0

    def __add__(self, other: Room) -> Room:
        return Room(self.memory + other.memory, self.gpu + other.gpu)

    def __sub__(self, other: Room) -> Room:
        return Room(self.memory - other.memory, self.gpu - other.gpu)

    def holds(self, other: Room) -> bool:
        """What takes nothing of one kind fits, however little of it there is."""
        return all(
            wanted <= max(there, 0) for there, wanted in ((self.memory, other.memory), (self.gpu, other.gpu))
        )


class Tenant:
    """One model as it is to be loaded. `unload` ends it and waits until its memory is free again."""

    def __init__(self, name: str, need: Room, unload: Callable[[], Awaitable[None]]) -> None:
        self.name = name
        self.need = need
        self.unload = unload
        self.running = 0
        self.is_in = False  # it is counted: it loads, is loaded, or leaves
        self.is_ready = False
        self.is_leaving = False
        self.is_closing = False  # another's turn has come: nobody begins here any more
        self.is_retired = False  # another setup took its place: it leaves as soon as it can
        self.since = 0.0  # when it was let in, or got ready
        self.used = 0.0  # when its last call ended
        self.turn = TURN

    @property
    def is_idle(self) -> bool:
        return self.is_in and not self.is_leaving and not self.running


@dataclass(frozen=True, slots=True)
class Wish:
    """A model that waits for its room in another engine, `by`, since that moment (in seconds since 1970)."""

    name: str
    need: Room
    since: float
    by: str = ""


@dataclass(frozen=True, slots=True)
class Others:
    """What other engines of this person have taken of the room, by which models, and who of them waits for some; they
    know this engine as `me`. `coming` is the part of `taken` that is being loaded, and so may still be free.
    """

    taken: Room = Room(0)
    models: tuple[str, ...] = ()
    wishes: tuple[Wish, ...] = ()
    me: str = ""
    coming: Room = Room(0)


NO_OTHERS = Others()


class Neighbours(Protocol):
    """Other engines that share the memory."""

    @property
    def others(self) -> Others:
        """What they told last."""
        ...

    def alone(self) -> AbstractContextManager[bool]:
        """Inside, none of them lets a model in, and `others` is as new as can be. False: one is just at it."""
        ...


class _Nobody:
    others = NO_OTHERS

    def alone(self) -> AbstractContextManager[bool]:
        return nullcontext(enter_result=True)


class _Claim:
    """One call that waits until its model may be in memory."""

    __slots__ = ("came", "opened", "since", "tenant", "waits")

    def __init__(self, tenant: Tenant, came: float, since: float, waits: WaitListener | None) -> None:
        self.tenant = tenant
        self.came = came
        self.since = since  # the same moment as other engines are told it
        self.waits = waits
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class MemoryPlanner:
    """Calls come to their model first come, first served, batched by model.

    A model with calls in flight is never unloaded. One that another waits for keeps its place for a turn, then takes
    no more calls; when those it has are through it leaves, and who has waited longest comes in. So everybody's wait is
    bounded by the turns before theirs. An idle model leaves after `idle_seconds`, and at once when another needs the
    room. Where memory for both is there, both are in.

    `room` is what models may take together now, beside what other programs have taken; it is asked again while
    somebody waits. `neighbours` are other engines that share it: what they have taken isn't there, and who waits longer
    there comes in before who waits here, by the very moments that are told, and of two at the same moment the one of
    the engine whose name is first: so every engine sees the same line. Only one engine at a time lets a model in, so
    that no two find the same room. Belongs to one event loop.
    """

    def __init__(
        self,
        connection: str,
        room: Callable[[Room], Room],
        idle_seconds: Callable[[], float],
        *,
        turn: float = TURN,
        clock: Clock | None = None,
        changed: Callable[[], None] = lambda: None,
        neighbours: Neighbours | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._connection = connection
        self._room = room
        self._idle_seconds = idle_seconds
        self._turn = turn
        self._clock = clock or LoopClock()
        self._changed = changed
        self._neighbours = neighbours or _Nobody()
        self._wall = wall
        self._inside: dict[Tenant, None] = {}  # in order of coming in
        self._queue: dict[_Claim, None] = {}  # in order of coming
        self._leaving: set[asyncio.Task[None]] = set()
        self._teller: Timer | None = None
        self._idler: Timer | None = None
        self._soon: Timer | None = None

    @property
    def inside(self) -> tuple[Tenant, ...]:
        """The models that are counted, in the order in which they came."""
        return tuple(self._inside)

    @property
    def taken(self) -> Room:
        return _sum(self._inside)

    def waiting(self) -> dict[Tenant, int]:
        """How many calls wait for each model, in turn."""
        counts: dict[Tenant, int] = {}
        for claim in self._queue:
            counts[claim.tenant] = counts.get(claim.tenant, 0) + 1
        return counts

    def behind(self, tenant: Tenant) -> tuple[Tenant, ...]:
        """The models at work that a model waits for."""
        return tuple(one for one in self._inside if one is not tenant and one.running)

    def since(self, tenant: Tenant) -> float:
        """When the longest waiting of a model's calls came, in seconds since 1970; 0 where none waits."""
        return next((one.since for one in self._queue if one.tenant is tenant), 0.0)

    def why(self, tenant: Tenant) -> Waiting | None:
        """What calls of a model wait for; None where they don't wait for memory."""
        for ahead, claim in enumerate(self._queue):
            if claim.tenant is tenant:
                return self._waiting(tenant, ahead)
        return None

    @asynccontextmanager
    async def place(self, tenant: Tenant, waits: WaitListener | None = None) -> AsyncGenerator[None]:
        """Inside, the model may be loaded and is not unloaded. Raises NodeError `model.no_room`: it never fits."""
        await self._enter(tenant, waits)
        try:
            yield
        finally:
            tenant.running -= 1
            tenant.used = self._clock.now()
            self.look()

    def ready(self, tenant: Tenant, load_seconds: float) -> None:
        """It is loaded: its turn begins now."""
        tenant.is_ready = True
        tenant.since = self._clock.now()
        tenant.turn = max(self._turn, TURN_IN_LOADS * load_seconds)
        self._changed()

    def gone(self, tenant: Tenant) -> None:
        """Its process has ended by itself; whoever wants it loads it again."""
        tenant.is_ready = False
        if not tenant.running and not tenant.is_leaving:
            self._inside.pop(tenant, None)
            tenant.is_in = False
        self.look()

    def retire(self, tenant: Tenant) -> None:
        """It leaves as soon as nobody uses it: it is set up in another way now."""
        tenant.is_retired = True
        self.look()

    def free(self, tenant: Tenant) -> bool:
        """Unloads a model because somebody says so; False where calls go on."""
        if not tenant.is_idle:
            return False
        self._leave(tenant)
        return True

    async def settled(self) -> None:
        """Until whoever is on the way out has left."""
        await asyncio.gather(*self._leaving)

    async def stop(self) -> None:
        """Unloads everything, whatever it is doing."""
        for timer in (self._teller, self._idler, self._soon):
            if timer is not None:
                timer.cancel()
        self._teller = self._idler = self._soon = None
        for claim in self._queue:
            claim.opened.cancel()
        self._queue.clear()
        for tenant in self._inside:
            if not tenant.is_leaving:
                self._leave(tenant)
        await self.settled()

    # Coming in

    async def _enter(self, tenant: Tenant, waits: WaitListener | None) -> None:
        if self._open(tenant):
            tenant.running += 1
            return
        # A clock that is put back changes nothing in the order of those who wait.
        before = next((one.since for one in reversed(self._queue)), 0.0)
        claim = _Claim(tenant, self._clock.now(), max(self._wall(), before), waits)
        self._queue[claim] = None
        try:
            self.look()
            if not claim.opened.done():
                await self._wait(claim)
            claim.opened.result()
        except BaseException:
            self._give_up(claim)
            raise

    async def _wait(self, claim: _Claim) -> None:
        if self._teller is None:
            self._teller = self._clock.later(TOLD_EVERY, self._tell)
        if claim.waits is None:
            await claim.opened
            return
        claim.waits.begins()
        try:
            await claim.opened
        finally:
            claim.waits.ends()

    def _give_up(self, claim: _Claim) -> None:
        """Somebody ended the call while it waited, or in the very moment when it might have begun."""
        if claim in self._queue:
            del self._queue[claim]
        elif not claim.opened.cancelled() and claim.opened.exception() is None:
            claim.tenant.running -= 1
        self.look()

    @staticmethod
    def _open(tenant: Tenant) -> bool:
        """Whether a call may begin at once. Others may wait for the room: the turn isn't over."""
        return tenant.is_in and not tenant.is_leaving and not tenant.is_closing

    def look(self) -> None:
        """Makes room for whose turn has come, and lets in who may be in memory."""
        if any(not claim.tenant.is_in for claim in self._queue):
            with self._neighbours.alone() as is_alone:
                if is_alone:
                    self._seat()
                    self._changed()  # the next one who is alone hears of it
                elif self._soon is None:
                    self._soon = self._clock.later(_SOON, self._look_again)
        elif self._queue or self._neighbours.others.wishes:
            self._seat()
        for tenant in [one for one in self._inside if one.is_retired and one.is_idle]:
            self._leave(tenant)
        self._watch()
        self._changed()

    def _look_again(self) -> None:
        self._soon = None
        self.look()

    def _seat(self) -> None:
        for tenant in self._inside:
            tenant.is_closing = False  # it is found anew who has to close: those who waited may have gone
        whole, others = self._room(self.taken), self._neighbours.others
        room = whole - others.taken
        promised: list[Room] = []
        for came, who in self._in_turn(others):
            if isinstance(who, Wish):
                if not promised:
                    self._clear(who.need, room - self.taken, came)
                promised.append(who.need)  # it comes in by itself
            elif not who.is_in and not whole.holds(who.need) and not self._is_unsettled(who, others):
                self._refuse(who, whole)
            elif not who.is_in:
                self._make_room(who, room, promised, came)
            elif not self._open(who):
                promised.append(who.need)  # it is on its way out, and comes in again later
        for tenant in self._inside:
            self._admit_all(tenant)

    def _in_turn(self, others: Others) -> Iterator[tuple[float, Tenant | Wish]]:
        """Who waits, here and elsewhere, the longest first, with when it came."""
        first: dict[Tenant, _Claim] = {}
        for claim in self._queue:
            first.setdefault(claim.tenant, claim)
        line: list[tuple[tuple[float, str], float, Tenant | Wish]] = [
            ((claim.since, others.me), claim.came, tenant) for tenant, claim in first.items()
        ]
        now, wall = self._clock.now(), self._wall()
        line += [((wish.since, wish.by), now - (wall - wish.since), wish) for wish in others.wishes]
        for _, came, who in sorted(line, key=lambda one: one[0]):
            yield came, who

    def _make_room(self, tenant: Tenant, room: Room, promised: list[Room], came: float) -> None:
        """Lets a model in where it takes nothing away from those whose turn is before its own."""
        free = room - self.taken
        if free.holds(tenant.need) and room.holds(sum(promised, tenant.need)):
            self._inside[tenant] = None
            tenant.is_in, tenant.is_ready = True, False
            tenant.since = tenant.used = self._clock.now()
            tenant.turn = self._turn
            self._admit_all(tenant)
            return
        if not promised:
            self._clear(tenant.need, free, came)
        promised.append(tenant.need)

    def _is_unsettled(self, tenant: Tenant, others: Others) -> bool:
        """Whether others come or go just now: what they have taken can't be told yet from what is free."""
        return others.coming != Room(0) or any(
            one is not tenant and (one.is_leaving or one.is_retired or not one.is_ready)
            for one in self._inside
        )

    def _clear(self, need: Room, free: Room, came: float) -> None:
        """Idle models leave, the longest unused first; where that isn't enough, those whose turn is over close."""
        free += _sum(one for one in self._inside if one.is_leaving)
        idle = sorted((one for one in self._inside if one.is_idle), key=lambda one: one.used)
        for one in idle:
            if free.holds(need):
                return
            free += one.need
            self._leave(one)
        now = self._clock.now()
        for one in [one for one in self._inside if one.running]:
            if free.holds(need):
                return
            free += one.need
            if one.is_ready and now >= max(came, one.since) + one.turn:
                one.is_closing = True

    def _admit_all(self, tenant: Tenant) -> None:
        """All that wait for a model which is in may begin."""
        if not self._open(tenant):
            return
        for claim in [one for one in self._queue if one.tenant is tenant]:
            del self._queue[claim]
            if not claim.opened.done():  # else its task was ended and hasn't noticed yet
                claim.opened.set_result(None)
                tenant.running += 1

    def _refuse(self, tenant: Tenant, room: Room) -> None:
        error = NodeError(
            "model.no_room",
            model=tenant.name,
            needs=gigabytes(tenant.need.memory),
            room=gigabytes(max(room.memory, 0)),
        )
        for claim in [one for one in self._queue if one.tenant is tenant]:
            del self._queue[claim]
            if not claim.opened.done():
                claim.opened.set_exception(error)

    # Going out

    def _leave(self, tenant: Tenant) -> None:
        tenant.is_leaving = True
        tenant.is_ready = False
        task = asyncio.create_task(self._unload(tenant))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _unload(self, tenant: Tenant) -> None:
        try:
            await tenant.unload()
        finally:
            self._inside.pop(tenant, None)
            tenant.is_in = tenant.is_leaving = tenant.is_closing = False
            self.look()

    # Time

    def _watch(self) -> None:
        """Looks again when the next model has been idle for long enough."""
        if self._idler is not None:
            self._idler.cancel()
            self._idler = None
        idle, patience = [one for one in self._inside if one.is_idle], self._idle_seconds()
        if idle and math.isfinite(patience):
            due = min(one.used for one in idle) + patience
            self._idler = self._clock.later(max(0.0, due - self._clock.now()), self._on_idle)

    def _on_idle(self) -> None:
        self._idler = None
        due = self._clock.now() - self._idle_seconds()
        for tenant in [one for one in self._inside if one.is_idle and one.used <= due]:
            self._leave(tenant)
        self.look()

    def _tell(self) -> None:
        """Tells those who wait what they wait for; turns end and memory gets free meanwhile."""
        self._teller = None
        self.look()
        if not self._queue:
            return
        self._teller = self._clock.later(TOLD_EVERY, self._tell)
        for ahead, claim in enumerate(self._queue):
            if claim.waits is not None:
                claim.waits.waits(self._waiting(claim.tenant, ahead))

    def _waiting(self, tenant: Tenant, ahead: int) -> Waiting:
        behind = self.behind(tenant)
        names = tuple(one.name for one in behind or self._inside if one is not tenant)
        names = names or self._neighbours.others.models
        running = sum(one.running for one in behind)
        return Waiting(self._connection, "memory", running, ahead, model=tenant.name, behind=names)


def gigabytes(size: int) -> str:
    """As people read sizes of memory."""
    return f"{size / 1e9:.1f}"


def _sum(tenants: Iterable[Tenant]) -> Room:
    return sum((one.need for one in tenants), Room(0))

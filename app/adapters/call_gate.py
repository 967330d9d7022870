"""The gate of one connection: calls begin first come, first served, within its limits and its provider's pace."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, TypeAlias

import msgspec

from app.adapters.call_clock import Clock, Timer
from app.adapters.call_total import CallTotal
from app.adapters.minute_window import Entry, MinuteWindow
from app.adapters.provider_pace import TOO_MANY, ProviderPace
from app.adapters.rate_hints import says_what_is_left
from app.adapters.shared_places import SharedPlaces
from app.adapters.shared_rates import Begun, SharedRates
from app.costs.usage import Usage
from app.sdk.errors import NodeError
from app.sdk.gateway import Load, WaitCause, Waiting, WaitListener

TOLD_AFTER = 1.0  # seconds of waiting until it is told, and between two tellings
_Obstacle: TypeAlias = tuple[WaitCause, float]  # and the moment when it is over; inf: when another call ends


@dataclass(frozen=True, slots=True)
class CallLimits:
    """Calls at a time, and requests and tokens in any 60 seconds; None: as many as there are. `is_set`: a person has
    said how many calls at a time, for all processes together.
    """

    parallel: int
    rpm: int | None = None
    tpm: int | None = None
    is_set: bool = False


class Turn(msgspec.Struct, eq=False):
    """One call's way through the gate: inside `async with turn` the call may be made.

    `count` counts the tokens that it may take; it is asked only where that matters.
    """

    gate: CallGate
    count: Callable[[], int]
    waits: WaitListener | None
    counted: int | None = None
    is_in: bool = False
    epoch: int = 0  # of the provider's pace, when it began
    came: float = 0.0
    opened: asyncio.Future[None] | None = None
    request: Entry | None = None
    tokens: Entry | None = None
    begun: Begun | None = None  # as other processes see it
    place: SharedPlaces | None = None  # in which it is counted

    def size(self) -> int:
        """Tokens, counted once."""
        if self.counted is None:
            self.counted = self.count()
        return self.counted

    def hear(self, headers: Mapping[str, str]) -> None:
        """What the provider says of its limits along with a good answer."""
        if says_what_is_left(headers):
            self.gate.hear(self, headers)

    def used(self, usage: Usage | None) -> None:
        """The tokens that it came to; None: nobody knows, what was thought beforehand stands."""
        if usage is not None and self.tokens is not None:
            self.tokens.correct(usage.total)
            if self.begun is not None:
                self.begun.correct(usage.total)

    def __aenter__(self) -> Coroutine[Any, Any, Turn]:
        return self.gate.enter(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.leave(self, error)


class CallGate:
    """Who waits holds nothing: place and rate are taken together, in the moment when a call may begin.

    Its rates are those of all processes where they `share` them, and so are its `places`, calls at a time, where a
    person has set how many.
    """

    def __init__(
        self,
        connection: str,
        limits: CallLimits,
        total: CallTotal,
        clock: Clock,
        shared: SharedRates | None = None,
        places: SharedPlaces | None = None,
    ) -> None:
        self.connection = connection
        self.running = 0
        self.pace = ProviderPace(limits.parallel)
        self._limits = limits
        self._total = total
        self._clock = clock
        self._requests = MinuteWindow(limits.rpm) if limits.rpm else None
        self._tokens = MinuteWindow(limits.tpm) if limits.tpm else None
        self._shared = shared
        self._rates = shared if limits.rpm or limits.tpm else None  # asked only where there are any
        self._shared_places = places
        self._places = places if limits.is_set else None
        self._queue: dict[Turn, None] = {}  # in order of coming
        self._timer: Timer | None = None
        self._timer_at = 0.0
        self._teller: Timer | None = None
        self.sends = True  # who is let in goes out at once
        # What the calls that were let in wait for themselves: so do those behind them.
        self.waits_for: Callable[[], Waiting | None] = lambda: None

    def turn(self, size: Callable[[], int], waits: WaitListener | None = None) -> Turn:
        return Turn(self, size, waits)

    @property
    def waiting(self) -> int:
        """How many calls wait."""
        return len(self._queue)

    @property
    def load(self) -> Load:
        now = self._clock.now()
        until = max(
            self.pace.closed_until(now), now if self._requests is None else self._requests.free_at(1, now)
        )
        elsewhere = 0.0 if self._rates is None else self._rates.wait(self._limits.rpm, None, 0)
        return Load(self.running, self.waiting, self.pace.allowed, max(elsewhere, until - now))

    def use(self, limits: CallLimits) -> None:
        """Other limits hold from now on; what was learned and counted stays."""
        if limits == self._limits:
            return
        self._limits = limits
        self.pace.use(limits.parallel)
        self._requests = _with_limit(self._requests, limits.rpm)
        self._tokens = _with_limit(self._tokens, limits.tpm)
        self._rates = self._shared if limits.rpm or limits.tpm else None
        self._places = self._shared_places if limits.is_set else None
        self.let_in()

    def lift(self) -> None:
        """What the provider asked for before is over."""
        self.pace.lift()
        self.let_in()

    # A call's way through

    async def enter(self, turn: Turn) -> Turn:
        """Waits until the call may begin; gives its turn. Raises NodeError `model.too_many_requests` where that is as
        good as never.
        """
        now = self._clock.now()
        try:
            if (
                self._queue
                or self._obstacle(turn, now) is not None
                or ((self._rates or self._places) and self._crowd(turn, now) is not None)
            ):
                await self._wait(turn, now)
            else:
                self._admit(turn, now)
            if self.sends and turn.waits is not None:
                turn.waits.calls()
        except BaseException:
            self._give_up(turn)
            raise
        return turn

    def leave(self, turn: Turn, error: BaseException | None) -> None:
        """The call ended; what became of it teaches the gate."""
        if error is None:
            self.pace.answered(turn.epoch)
        elif isinstance(error, NodeError):
            self._failed(turn, error)
        turn.is_in = False
        self.running -= 1
        self._total.free()
        if turn.place is not None:
            self._free_place(turn)
        if self._queue:
            self.let_in()

    def hear(self, turn: Turn, headers: Mapping[str, str]) -> None:
        self.pace.hear(headers, turn.size, self._clock.now())

    def let_in(self) -> None:
        """All whose turn has come begin, in the order in which they came."""
        now = self._clock.now()
        while self._queue:
            turn = next(iter(self._queue))
            assert turn.opened is not None  # noqa: S101 - who stands in the queue waits for it
            if not turn.opened.done():  # else its task was ended and hasn't noticed yet
                obstacle = self._obstacle(turn, now)
                if obstacle is None and (self._rates or self._places):
                    obstacle = self._crowd(turn, now)
                if obstacle is not None:
                    self._look_again(obstacle[1], now)
                    return
                self._admit(turn, now)
                turn.opened.set_result(None)
            del self._queue[turn]
        self._rest()

    def _obstacle(self, turn: Turn, now: float) -> _Obstacle | None:
        """What keeps the next call from beginning now."""
        closed_until = self.pace.closed_until(now)
        if now < closed_until:
            return "asked", closed_until
        if self.running >= self.pace.allowed:
            return "turn", math.inf
        if self._total.is_full:
            self._total.wait(self.let_in)
            return "turn", math.inf
        if self._requests is None and self._tokens is None:
            return None
        free = max(
            now if self._requests is None else self._requests.free_at(1, now),
            now if self._tokens is None else self._tokens.free_at(turn.size(), now),
        )
        return ("rate", free) if free > now else None

    def _crowd(self, turn: Turn, now: float) -> _Obstacle | None:
        """What other processes have begun and keeps the call from beginning now; where nothing does, it is counted."""
        if self._places is not None:
            if wait := self._places.take(self._limits.parallel):
                return "turn", now + wait
            turn.place = self._places
        if self._rates is not None:
            begun = self._rates.begin(self._limits.rpm, self._limits.tpm, turn.size)
            if begun is not None and not isinstance(begun, Begun):
                self._free_place(turn)
                return "rate", now + begun
            turn.begun = begun
        return None

    @staticmethod
    def _free_place(turn: Turn) -> None:
        if turn.place is not None:
            turn.place.give_back()
            turn.place = None

    def _admit(self, turn: Turn, now: float) -> None:
        self.running += 1
        self._total.take()
        turn.is_in, turn.epoch = True, self.pace.epoch
        self.pace.begun(1)
        if self._requests is not None:
            turn.request = self._requests.add(1, now)
        if self._tokens is not None:
            turn.tokens = self._tokens.add(turn.size(), now)

    async def _wait(self, turn: Turn, now: float) -> None:
        if (away := self.pace.away(now)) is not None:
            raise self._away(away)
        turn.came = now
        turn.opened = asyncio.get_running_loop().create_future()
        self._queue[turn] = None
        self.let_in()
        if self._teller is None and self._queue:
            self._teller = self._clock.later(TOLD_AFTER, self._tell)
        if turn.waits is None:
            await turn.opened
            return
        turn.waits.begins()
        try:
            await turn.opened
        finally:
            turn.waits.ends()

    def _give_up(self, turn: Turn) -> None:
        """Somebody ended the call while it waited, or in the very moment when it might have begun."""
        self._queue.pop(turn, None)
        if turn.is_in:
            for entry in (turn.request, turn.tokens):
                if entry is not None:
                    entry.correct(0)
            if turn.begun is not None:
                turn.begun.undo()
            self._free_place(turn)
            self.pace.begun(-1)
            turn.is_in = False
            self.running -= 1
            self._total.free()
        self.let_in()

    def _failed(self, turn: Turn, error: NodeError) -> None:
        now = self._clock.now()
        self.pace.failed(turn.epoch, error, now)
        if (away := self.pace.away(now)) is not None:
            queue, self._queue = self._queue, {}
            for waiting in queue:
                if waiting.opened is not None and not waiting.opened.done():
                    waiting.opened.set_exception(self._away(away))
            self._rest()

    def _away(self, seconds: float) -> NodeError:
        return NodeError(TOO_MANY, retry_after=seconds, connection=self.connection)

    # Time

    def _look_again(self, when: float, now: float) -> None:
        if self._timer is not None:
            if when == self._timer_at:
                return
            self._timer.cancel()
        self._timer_at = when
        self._timer = None if math.isinf(when) else self._clock.later(when - now, self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self.let_in()

    def _rest(self) -> None:
        """Nobody waits: no timer is left behind."""
        for timer in (self._timer, self._teller):
            if timer is not None:
                timer.cancel()
        self._timer = self._teller = None
        if self._places is not None:
            self._places.waits_no_more()

    def _tell(self) -> None:
        """Tells those who wait what they wait for."""
        self._teller = None
        self.let_in()
        if not self._queue:
            return
        self._teller = self._clock.later(TOLD_AFTER, self._tell)
        now = self._clock.now()
        first = next(iter(self._queue))
        obstacle = self._obstacle(first, now)
        if obstacle is None and self._rates is not None:
            limits = self._limits
            wait = self._rates.wait(limits.rpm, limits.tpm, first.size())
            obstacle = ("rate", now + wait) if wait else None
        if obstacle is None and self._places is not None:  # other processes have all places
            obstacle = "turn", math.inf
        if obstacle is None:
            return
        cause, until = obstacle
        seconds = None if math.isinf(until) else until - now
        why = (self.waits_for() if cause == "turn" else None) or Waiting(
            self.connection, cause, self.running, 0, seconds
        )
        for ahead, turn in enumerate(self._queue):
            if turn.waits is not None and now - turn.came >= TOLD_AFTER:
                turn.waits.waits(replace(why, ahead=ahead))


def _with_limit(window: MinuteWindow | None, limit: int | None) -> MinuteWindow | None:
    if not limit:
        return None
    if window is None:
        return MinuteWindow(limit)
    window.limit = limit
    return window

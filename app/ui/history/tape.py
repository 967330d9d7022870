"""The tape: the events of a run that is over, and the state that they made at any moment."""

from __future__ import annotations

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from app.events.run_events import (
    BudgetReached,
    NodeSettled,
    NodeStarted,
    PersonAsked,
    Retrying,
    RowSettled,
    RunEvent,
    RunFinished,
    StepsComputed,
)
from app.events.run_state import RunState
from app.ui.history.event_spool import PAGE, EventSpool

_KEPT_STATES = 12  # on the way through a long run, so that going back folds only a part of it again

_TELLING = (
    NodeStarted,
    NodeSettled,
    StepsComputed,
    RowSettled,
    Retrying,
    PersonAsked,
    BudgetReached,
    RunFinished,
)


class Tape:
    """`stops` are the places between events where something worth seeing has just happened. However long the run was,
    only some of its events and states are in memory.
    """

    def __init__(self, events: EventSpool, *, wound: bool = True) -> None:
        """`wound`: it has been gone through once already; else whoever has made it goes through `wind`."""
        if not events.is_long:  # records tell each step at once; people see them as they overlapped
            events = EventSpool(sorted(_singly(events), key=lambda event: getattr(event, "t", -1.0)))
        self._events = events
        self._state, self._folded = RunState(), 0
        self._kept: list[tuple[int, RunState]] = [(0, RunState())]
        self.stops: Sequence[int] = array("Q")
        for _ in self.wind() if wound else ():
            pass

    @classmethod
    async def read(cls, events: EventSpool) -> Tape:
        """The same page by page, so that a window goes on meanwhile. Raises OSError."""
        tape = cls(events, wound=False)
        for _ in tape.wind():
            await asyncio.sleep(0)
        return tape

    def at(self, stop: int) -> RunState:
        """The state at a stop; a state of its own, which no other call changes. Raises OSError."""
        end = self.stops[stop]
        near, kept = self._kept[bisect_right(self._kept, end, key=lambda one: one[0]) - 1]
        if not near <= self._folded <= end:  # it lies behind, or another one nearer
            self._state, self._folded = kept.copied(), near
        while self._folded < end:
            self._fold_page(end)
        return self._state

    def event(self, stop: int) -> RunEvent | None:
        """What has just happened at a stop. Raises OSError."""
        end = self.stops[stop]
        return self._events.page((end - 1) // PAGE)[(end - 1) % PAGE] if end else None

    def wind(self) -> Iterator[None]:
        """Goes through it to its end, page by page."""
        events, stops = self._events, array("Q")
        every = max(1, -(-events.pages // _KEPT_STATES))
        for at in range(events.pages):
            page, first = events.page(at), at * PAGE
            stops.extend(
                first + number for number, event in enumerate(page, 1) if isinstance(event, _TELLING)
            )
            self._fold_page(first + len(page))
            if (at + 1) % every == 0:
                self._kept.append((self._folded, self._state.copied()))
            yield
        if not stops or stops[-1] != len(events):
            stops.append(len(events))
        self.stops = stops

    def _fold_page(self, end: int) -> None:
        """As far as the page goes in which it stands, or to `end`."""
        at, inside = divmod(self._folded, PAGE)
        page = self._events.page(at)
        part = page[inside : end - at * PAGE]
        self._state.apply_all(part)
        self._folded += len(part)


def _singly(events: Iterable[RunEvent]) -> Iterator[RunEvent]:
    for event in events:
        if isinstance(event, StepsComputed):
            yield from event.singly()
        else:
            yield event

"""The tape: the events of a run that is over, and the state that they made at any moment."""

from __future__ import annotations

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

MOST_STEPS = 20_000  # events of a longer run are shown as a whole, without stepping through them

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
    """`stops` are the places between events where something worth seeing has just happened."""

    def __init__(self, events: Sequence[RunEvent]) -> None:
        if len(events) <= MOST_STEPS:  # records tell each step at once; people see them as they overlapped
            events = sorted(_singly(events), key=lambda event: getattr(event, "t", -1.0))
        self.events = events
        told = [at + 1 for at, event in enumerate(events) if isinstance(event, _TELLING)]
        whole = [len(events)]
        self.stops: Sequence[int] = whole if len(events) > MOST_STEPS else told or whole
        if self.stops[-1] != len(events):
            self.stops = [*self.stops, len(events)]
        self._state = RunState()
        self._folded = 0

    def at(self, stop: int) -> RunState:
        """The state at a stop; a state of its own, which no other call changes."""
        end = self.stops[stop]
        if end < self._folded or self._folded == 0:
            self._state, self._folded = RunState(), 0
        self._state.apply_all(self.events[self._folded : end])
        self._folded = end
        return self._state

    def event(self, stop: int) -> RunEvent | None:
        """What has just happened at a stop."""
        end = self.stops[stop]
        return self.events[end - 1] if end else None


def _singly(events: Iterable[RunEvent]) -> Iterator[RunEvent]:
    for event in events:
        if isinstance(event, StepsComputed):
            yield from event.singly()
        else:
            yield event

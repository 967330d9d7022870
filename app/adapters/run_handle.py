"""A run that goes on, with everything that is written down of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from msgspec import structs

from app.adapters.event_files import EventFile
from app.adapters.signs_of_life import signs_of_life
from app.costs.limits import Span
from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import (
    NodeSettled,
    PersonAnswered,
    RowSettled,
    RunEvent,
    RunFinished,
    RunPaused,
)
from app.executor.executor import Execution
from app.executor.journal import JournalError, RunStore
from app.hindsight.labelling import Reviewed

# Seconds between two batches: each costs a write, and no person sees more often what has changed.
APART = 0.033

_TOLD = (PersonAnswered, RunPaused, RunFinished)  # events that are written down elsewhere, too


class RunHandle:
    """The events of a run as they come, and what may be done to it. Iterate `batches` to the end.

    `raise_limit` sets a limit of the profile, of a day or month, of a connection or of everything. `warnings` are what
    was found wrong beforehand and didn't keep it from running; `store` is None where nothing of the run outlives it;
    `tidy` is called when all is through, so that no step waits for it.
    """

    def __init__(
        self,
        execution: Execution,
        events: EventFile,
        store: RunStore | None,
        tidy: Callable[[], Awaitable[None]],
        warnings: tuple[Problem, ...],
        raise_limit: Callable[[Span, str, Decimal], None],
        reviewed: Callable[[str, Sequence[Reviewed]], Awaitable[Sequence[Reviewed]]],
    ) -> None:
        """`reviewed` is told what people decided as soon as their step or row is through, and gives back what it can't
        keep yet.
        """
        self._execution = execution
        self._events = events
        self._store = store
        self._tidy = tidy
        self.warnings = warnings
        self.raise_limit = raise_limit
        self._reviewed = reviewed
        self._decided = list[Reviewed]()
        self.stop = execution.stop
        self.answer = execution.answer
        self.raise_budget = execution.raise_budget
        self.look = execution.look
        self.value = execution.value
        self.items = execution.items
        self.result_names = execution.result_names
        self.steps = execution.steps
        self.is_over_rows = execution.is_over_rows

    @property
    def id(self) -> str:
        return self._execution.id

    @property
    def rows_read(self) -> int:
        """How many rows were read from the source so far."""
        return self._execution.rows_read

    @property
    def is_kept(self) -> bool:
        """Whether it outlives this process, so that it can go on later."""
        return self._store is not None

    def recall(self, decided: Sequence[Reviewed]) -> None:
        """What people decided in earlier lives of the run, and nobody has kept."""
        self._decided += decided

    @property
    def event_file(self) -> Path:
        return self._events.path

    @property
    def outputs(self) -> Mapping[str, Json]:
        """The results by name, once the run is over; over rows a list each, in the rows' order."""
        return self._execution.outputs

    async def batches(self) -> AsyncIterator[list[RunEvent]]:
        """The events in order, each written to the run's file before it is handed out; what comes within `APART` of a
        batch is gathered for the next.
        """
        try:
            async with signs_of_life(self._store, self.id, self._execution.so_far):
                async for batch in self._execution.batches():
                    next_at = time.monotonic() + APART
                    self._events.write(batch)
                    told = _told(batch)
                    self._decided += [
                        Reviewed(event.node, event.scope, event.who)
                        for event in told
                        if isinstance(event, PersonAnswered)
                    ]
                    await self._keep_decisions(batch)
                    lost = await self._sum_up(told)
                    yield self._with_loss(batch, lost)
                    if (left := next_at - time.monotonic()) > 0:
                        await self._execution.over(left)
        finally:
            self._events.close()
            if self._store:
                try:
                    await self._tidy()  # while it is held: what has just ended is not what is thrown away
                finally:
                    await self._leave(self._store)

    async def _sum_up(self, told: Sequence[RunEvent]) -> JournalError | None:
        """Where a run stops or pauses, what it has come to so far is kept."""
        ends = [event for event in told if isinstance(event, (RunPaused, RunFinished))]
        if not ends or self._store is None:
            return None
        try:
            await self._store.summarise(self.id, self._execution.summary(ends[-1]))
        except JournalError as error:
            return error
        return None

    async def _leave(self, store: RunStore) -> None:
        with contextlib.suppress(
            JournalError
        ):  # what could not be written was said with the run's last event
            await store.leave(self.id)
            if self._decided:
                await self._reviewed(self.id, self._decided)

    async def _keep_decisions(self, batch: Sequence[RunEvent]) -> None:
        """What people decided is kept as soon as its step or row is through: the run may be cut off any time."""
        if self._store is None or not self._decided:
            return
        places = _through(batch)
        through = [one for one in self._decided if _may_be_in(one, places)]
        if not through:
            return
        with contextlib.suppress(JournalError):  # whoever waits for the disk says so
            await self._execution.flush()
            left = await self._reviewed(self.id, through)
            kept = {*through} - {*left}
            self._decided = [one for one in self._decided if one not in kept]

    def _with_loss(self, batch: list[RunEvent], lost: JournalError | None) -> list[RunEvent]:
        """The end of a run also says what of it could not be kept."""
        last = batch[-1]
        if not isinstance(last, RunFinished):
            return batch
        problems = list(last.problems)
        if self._events.lost:
            args = {"path": str(self._events.path), "reason": self._events.lost}
            problems.append(Problem("run.events_lost", args=args, severity="warning"))
        if lost and not any(problem.code == lost.code for problem in problems):
            problems.append(replace(lost.problem, severity="warning"))
        return [*batch[:-1], structs.replace(last, problems=tuple(problems))]


def _told(batch: Sequence[RunEvent]) -> Sequence[PersonAnswered | RunPaused | RunFinished]:
    """As a rule none is: then nobody looks at each."""
    if {*_TOLD}.isdisjoint(map(type, batch)):
        return ()
    return [event for event in batch if isinstance(event, _TOLD)]


def _place(decision: Reviewed) -> str:
    """What has to be through: its row, or else its step alone."""
    row = decision.scope.partition("/")[0]
    return row if row.startswith("#") else f"{decision.scope}/{decision.node}"


def _may_be_in(decision: Reviewed, places: frozenset[str]) -> bool:
    """Whether it is through, or its row may be, whose number isn't known here."""
    if decision.place.startswith("#"):
        return any(place.startswith("#") and "/" not in place for place in places)
    return _place(decision) in places


def _through(batch: Sequence[RunEvent]) -> frozenset[str]:
    """The rows, and the steps outside of rows, that settled; named as by `_place`."""
    rows = (f"#{event.row}" for event in batch if isinstance(event, RowSettled) and not event.frame)
    steps = (f"{event.scope}/{event.node}" for event in batch if isinstance(event, NodeSettled))
    return frozenset((*rows, *steps))

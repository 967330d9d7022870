"""Rows that share one thing, such as a conversation: one at a time has its turn at it, in the order of the rows."""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from itertools import accumulate, count
from typing import TypeAlias

from app.events.run_events import Scope

_Row: TypeAlias = tuple[Scope, int]  # the frame, and the number in it

Came: TypeAlias = dict[int, frozenset[str]]  # by number: the steps that a row under way has come to

CAME_TO_NOTHING = frozenset[str]()


class RowTurns:
    """Those of one run. A row may come to a step later than the one behind it, which then waits: until it has come,
    has ended, or waits for a person or for money itself. `held_up` are the scopes that do.
    """

    def __init__(self, held_up: Callable[[], Iterable[Scope]]) -> None:
        self._held_up = held_up
        self._under_way: dict[Scope, Came] = {}  # by frame
        self._queues: dict[str, list[tuple[tuple[int, ...], int]]] = {}
        self._taken: set[str] = set()
        self._arrivals = count()
        self._waiting: list[asyncio.Future[None]] = []

    @contextmanager
    def over(self, frame: Scope, came: Came) -> Generator[None]:
        """In here, `came` has the rows of the frame that are under way; where one has ended, others `look`."""
        self._under_way[frame] = came
        try:
            yield
        finally:
            del self._under_way[frame]

    def look(self) -> None:
        """Something has changed that one may have waited for."""
        for one in self._waiting:
            if not one.done():
                one.set_result(None)
        self._waiting.clear()

    @asynccontextmanager
    async def turn(
        self, what: str, step: str, scope: Scope, aside: Callable[[], AbstractContextManager[None]]
    ) -> AsyncGenerator[None]:
        """In here, the step of this scope is the only one that is at `what`. While it waits for that, it is `aside`."""
        rows = self._rows_of(scope)
        for frame, number in rows:
            self._under_way[frame][number] |= {step}
        place = tuple(number for _, number in rows), next(self._arrivals)
        queue = self._queues.setdefault(what, [])
        insort(queue, place)
        self.look()
        try:
            while what in self._taken or queue[0] != place or self._expects(step, rows):
                self._waiting.append(change := asyncio.get_running_loop().create_future())
                with aside():
                    await change
            self._taken.add(what)
            try:
                yield
            finally:
                self._taken.remove(what)
        finally:
            queue.remove(place)
            if not queue:
                del self._queues[what]
            self.look()

    def _rows_of(self, scope: Scope) -> list[_Row]:
        """The rows that a scope lies in, the outermost first."""
        found: list[_Row] = []
        for inside in accumulate(scope.split("/"), "{}/{}".format):
            frame, _, number = inside.rpartition("#")
            if number.isdigit() and int(number) in self._under_way.get(frame, ()):
                found.append((frame, int(number)))
        return found

    def _expects(self, step: str, rows: Iterable[_Row]) -> bool:
        """Whether an earlier row may still come to the step."""
        return any(
            other < number and step not in came and not self._is_held_up(f"{frame}#{other}")
            for frame, number in rows
            for other, came in self._under_way[frame].items()
        )

    def _is_held_up(self, row: Scope) -> bool:
        return any(scope == row or scope.startswith(f"{row}/") for scope in self._held_up())

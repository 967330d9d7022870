"""One timer for all limits of the same length: a timer of its own would cost a step more than what it limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable


class Deadlines:
    """Limits of one length come due in the order in which they began: only the first of each length is waited for."""

    def __init__(self) -> None:
        self._lines: dict[float, dict[Hashable, tuple[float, Callable[[], None]]]] = {}
        self._timers: dict[float, asyncio.TimerHandle] = {}

    def begin(self, limit: Hashable, seconds: float, late: Callable[[], None]) -> None:
        """`late` is called when so many seconds are over and the limit hasn't ended."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if seconds not in self._timers:
            self._timers[seconds] = loop.call_at(due, self._look, seconds)
            self._lines.setdefault(seconds, {})
        self._lines[seconds][limit] = due, late

    def end(self, limit: Hashable, seconds: float) -> None:
        """One that began with so many seconds; nothing where it has ended or come due already."""
        self._lines[seconds].pop(limit, None)

    def close(self) -> None:
        """Waits for nothing any more."""
        for timer in self._timers.values():
            timer.cancel()

    def _look(self, seconds: float) -> None:
        """Some limit of this length was due when it began to be waited for; by now that may be over."""
        loop, line = asyncio.get_running_loop(), self._lines[seconds]
        del self._timers[seconds]
        while line:
            limit, (due, late) = next(iter(line.items()))
            if due > loop.time():
                self._timers[seconds] = loop.call_at(due, self._look, seconds)
                return
            del line[limit]
            late()

"""A rate: never more than so much in any 60 seconds, by the record of what was begun in the last 60."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

PERIOD = 60.0  # seconds


@dataclass(slots=True)
class Entry:
    """So much of a window, begun at a moment of the monotonic clock; `is_old` once a minute has gone by."""

    window: MinuteWindow
    at: float
    amount: int
    is_old: bool = False

    def correct(self, amount: int) -> None:
        """It came to something else than was thought beforehand; 0: it was not begun after all."""
        if not self.is_old:
            self.window.used += amount - self.amount
            self.amount = amount


class MinuteWindow:
    """Counts requests or tokens. Memory: one entry for each call of the last minute."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._entries: deque[Entry] = deque()
        self.used = 0

    def free_at(self, amount: int, now: float) -> float:
        """The moment from which so much more fits: `now`, or later.

        What is bigger than the limit itself fits once nothing else is in the minute.
        """
        self._forget(now)
        over = self.used + min(amount, self.limit) - self.limit
        if over <= 0:
            return now
        for entry in self._entries:
            over -= entry.amount
            if over <= 0:
                return entry.at + PERIOD
        return now  # not reached: without entries nothing is over

    def add(self, amount: int, now: float) -> Entry:
        """What is begun now."""
        entry = Entry(self, now, amount)
        self._entries.append(entry)
        self.used += amount
        return entry

    def _forget(self, now: float) -> None:
        entries = self._entries
        while entries and now >= entries[0].at + PERIOD:
            gone = entries.popleft()
            self.used -= gone.amount
            gone.is_old = True

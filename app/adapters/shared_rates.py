"""The rates of a connection over all processes of a profile: what they have begun in the last minute, in a small file.

Half seconds are counted, each until all of it is more than a minute old: so never more than what is set in any 60
seconds, whoever begins it. The processes of a machine have one monotonic clock; a file of an earlier start of the
machine is ahead of it, or long past.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from app.adapters.minute_window import PERIOD
from app.adapters.shared_table import SharedTable

_HALF = 0.5  # seconds
_SLOTS = int(PERIOD / _HALF) + 1
_Column = Literal[0, 1]  # requests, tokens


@dataclass(frozen=True, slots=True)
class Begun:
    """What one call was counted with, and in which half second."""

    rates: SharedRates
    slot: int
    tokens: int

    def correct(self, tokens: int) -> None:
        """It came to so many tokens."""
        self.rates.add(self.slot, 0, tokens - self.tokens)

    def undo(self) -> None:
        """It was not begun after all."""
        self.rates.add(self.slot, -1, -self.tokens)


class SharedRates:
    """Where the file can't be kept, or whoever is inside doesn't leave, each process keeps its own rates alone.

    `now` is the monotonic clock in seconds.
    """

    def __init__(self, file: Path, now: Callable[[], float] = time.monotonic) -> None:
        self._table = SharedTable(file, 1 + 2 * _SLOTS)  # the latest half second, then what was begun in each
        self._now = now

    def begin(self, rpm: int | None, tpm: int | None, size: Callable[[], int]) -> Begun | float | None:
        """What one more call was counted with; or in how many seconds it may begin; None where nobody can say."""
        tokens = size() if tpm else 0
        with self._table.alone() as cells:
            if cells is None:
                return None
            slot = self._advance(cells)
            wait = self._wait(cells, slot, rpm, tpm, tokens)
            if wait:
                return wait
            self._count(cells, slot, 1, tokens)
            return Begun(self, slot, tokens)

    def wait(self, rpm: int | None, tpm: int | None, tokens: int) -> float:
        """In how many seconds one more call may begin."""
        with self._table.alone() as cells:
            return 0.0 if cells is None else self._wait(cells, self._advance(cells), rpm, tpm, tokens)

    def add(self, slot: int, requests: int, tokens: int) -> None:
        """To what was counted in a half second, unless it is over and done with."""
        with self._table.alone() as cells:
            if cells is not None and slot > self._advance(cells) - _SLOTS:
                self._count(cells, slot, requests, tokens)

    def close(self) -> None:
        self._table.close()

    def _advance(self, cells: memoryview) -> int:
        """The half second that it is; what is more than a minute old is forgotten."""
        slot, latest = int(self._now() / _HALF), cells[0]
        if slot < latest <= slot + 2:  # another process looked at the clock a moment later
            return latest
        if not 0 <= slot - latest < _SLOTS:  # a pause, or another start of the machine
            for at in range(1, 1 + 2 * _SLOTS):
                cells[at] = 0
        else:
            for passed in range(latest + 1, slot + 1):
                cells[1 + passed % _SLOTS] = cells[1 + _SLOTS + passed % _SLOTS] = 0
        cells[0] = slot
        return slot

    def _wait(self, cells: memoryview, slot: int, rpm: int | None, tpm: int | None, tokens: int) -> float:
        until = max(
            self._free_at(cells, slot, 0, 1, rpm) if rpm else 0,
            self._free_at(cells, slot, 1, tokens, tpm) if tpm else 0,
        )
        return max(0.0, until * _HALF - self._now()) if until else 0.0

    @staticmethod
    def _free_at(cells: memoryview, slot: int, column: _Column, amount: int, limit: int) -> int:
        """The half second from which so much more fits; 0: now. What is bigger than the limit fits by itself."""
        first = 1 + column * _SLOTS
        over = sum(cells[first : first + _SLOTS]) + min(amount, limit) - limit
        if over <= 0:
            return 0
        for past in range(slot - _SLOTS + 1, slot + 1):
            over -= cells[first + past % _SLOTS]
            if over <= 0:
                return past + _SLOTS
        return slot + 1

    @staticmethod
    def _count(cells: memoryview, slot: int, requests: int, tokens: int) -> None:
        for at, more in ((1 + slot % _SLOTS, requests), (1 + _SLOTS + slot % _SLOTS, tokens)):
            cells[at] = max(0, cells[at] + more)

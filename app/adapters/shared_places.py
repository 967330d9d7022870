"""Calls at a time of a connection over all processes of a profile: what each has under way, in a small table.

A process has a row of the table as long as it holds that row's lock, which ends with it: what a dead one had under way
counts for nothing, nor does what one has that was stopped (Ctrl+Z), until it goes on. Who is alone only counts; among
several, who has fewer under way goes first, and of equals who has begun nothing for longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

from app.adapters import process_lock
from app.adapters.process_lock import ProcessLock
from app.adapters.shared_table import SharedTable

LOOK_AGAIN = 0.025  # seconds until one that waits for another process looks again
_FORGOTTEN = 1_000_000_000  # nanoseconds after which one that hasn't looked again waits no more

_ROWS = 16  # processes at a time; those beyond keep their own places alone
_WIDTH: Final = 4
# Columns: the number of its process, 0 where there is none; moments in nanoseconds of the machine's clock.
_PROCESS, _RUNNING, _WAITS_AT, _BEGAN_AT = range(_WIDTH)


class SharedPlaces:
    """Those of one process. Where the table can't be kept, it goes on as if it were alone."""

    def __init__(self, file: Path, now: Callable[[], int] = time.monotonic_ns) -> None:
        self._file = file
        self._now = now
        self._table = SharedTable(file, 1 + _ROWS * _WIDTH)  # how many there are, then a row for each
        self._lock: ProcessLock | None = None
        self._row = 0  # the first cell of its own; 0: it has none
        self._cells: memoryview | None = None
        self._is_lost = False

    def take(self, most: int) -> float:
        """Counts one more call under way, who has fewer than `most` itself; or gives in how many seconds to ask again,
        where so many are under way with those of others, or others go first.
        """
        cells = self._cells or self._enter()
        if cells is None:
            return 0.0
        cells[self._row + _RUNNING] += 1  # before looking who is there: who comes now sees it
        if cells[0] == 1:
            return 0.0
        cells[self._row + _RUNNING] -= 1
        return self._among_others(most)

    def give_back(self) -> None:
        """A call is over."""
        if self._cells is not None:
            self._cells[self._row + _RUNNING] -= 1

    def waits_no_more(self) -> None:
        """Nobody here wants to begin."""
        if self._cells is not None:
            self._cells[self._row + _WAITS_AT] = 0

    def close(self) -> None:
        if self._cells is not None:
            with self._table.alone() as cells:
                if cells is not None:
                    _empty(cells, self._row)
            self._cells = None
        self._table.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _among_others(self, most: int) -> float:
        with self._table.alone() as cells:
            mine, now = self._row, self._now()
            if cells is None or self._may_begin(cells, most, now):
                found = cells or self._cells
                if found is not None:
                    found[mine + _RUNNING] += 1
                    found[mine + _BEGAN_AT], found[mine + _WAITS_AT] = now, 0
                return 0.0
            cells[mine + _WAITS_AT] = now
            return LOOK_AGAIN

    def _may_begin(self, cells: memoryview, most: int, now: int) -> bool:
        """Looks for dead and stopped ones only where somebody is in the way."""
        if self._is_free(cells, most, now) or (self._bury(cells) and self._is_free(cells, most, now)):
            return True
        stopped = [row for row in _rows(cells) if _is_stopped(cells[row + _PROCESS])]
        return bool(stopped) and self._is_free(cells, most, now, stopped)

    def _is_free(self, cells: memoryview, most: int, now: int, aside: Collection[int] = ()) -> bool:
        mine, rows = self._row, [row for row in _rows(cells) if row not in aside]
        if sum(cells[row + _RUNNING] for row in rows) >= most:
            return False
        own = cells[mine + _RUNNING], cells[mine + _BEGAN_AT], mine
        return not any(
            now - cells[row + _WAITS_AT] < _FORGOTTEN
            and (cells[row + _RUNNING], cells[row + _BEGAN_AT], row) < own
            for row in rows
            if row != mine
        )

    def _bury(self, cells: memoryview) -> bool:
        """Whether a process has ended without leaving; what it had counts no more."""
        dead = [
            row for row in _rows(cells) if row != self._row and not process_lock.is_held(self._lock_of(row))
        ]
        for row in dead:
            _empty(cells, row)
        return bool(dead)

    def _enter(self) -> memoryview | None:
        """Its own row of the table, which it takes before its first call."""
        if self._is_lost:
            return None
        self._is_lost = True
        for row in range(1, 1 + _ROWS * _WIDTH, _WIDTH):
            try:
                self._lock = process_lock.take(self._lock_of(row), {})
            except OSError:
                return None
            if self._lock is not None:
                self._row = row
                break
        with self._table.alone() as cells:
            if cells is None or self._lock is None:
                return None
            _empty(cells, self._row)
            self._bury(cells)
            cells[self._row + _PROCESS] = os.getpid()
            cells[0] = len(_rows(cells))
            self._cells, self._is_lost = self._table.cells, False
        return self._cells

    def _lock_of(self, row: int) -> Path:
        return self._file.with_suffix(f".{row // _WIDTH}.lock")


def _rows(cells: memoryview) -> list[int]:
    """Those that somebody has."""
    return [row for row in range(1, 1 + _ROWS * _WIDTH, _WIDTH) if cells[row + _PROCESS]]


def _empty(cells: memoryview, row: int) -> None:
    for column in range(_WIDTH):
        cells[row + column] = 0
    cells[0] = len(_rows(cells))


def _is_stopped(process: int) -> bool:
    """As Linux says; elsewhere nobody knows."""
    try:
        with open(f"/proc/{process}/stat", "rb") as file:  # noqa: PTH123 - no path of people's
            state = file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in {b"T", b"t"}

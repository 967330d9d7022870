"""What all runs of a process want booked: written in the transactions of their records, kept until a disk takes it."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Sequence

from app.adapters.database import Database, Settled, Work
from app.adapters.ledger_holds import Holds
from app.adapters.ledger_rows import Numbered, numbers_there, write_days, write_entries, write_origin
from app.costs.ledger import Entry, Origin
from app.executor.journal import JournalError

_SOON = 0.25  # seconds after which an entry is written although nobody commits anything
_KNOWN = 5000  # origins whose row is remembered


class LedgerOutbox(Work):
    """`fault` says why entries still wait. `book` belongs to a loop's thread, the rest to the database's."""

    def __init__(self, database: Database) -> None:
        self.fault: JournalError | None = None
        self.holds = Holds()
        self._database = database
        self._life = secrets.randbits(62)  # entries of a process are known by it and their number
        self._lock = threading.Lock()
        self._last = 0
        self._waiting: list[Numbered] = []
        self._writing: list[Numbered] = []
        self._tried: list[Numbered] = []  # nobody knows whether they are on the disk
        self._is_planned = False
        self._origins: dict[Origin, int] = {}
        self._identity = 0

    @property
    def is_at_rest(self) -> bool:
        """Whether all that was booked so far is on the disk."""
        with self._lock:
            is_empty = not self._waiting and not self._tried and not self._writing
        return is_empty and self.holds.is_settled

    def book(self, entry: Entry) -> None:
        with self._lock:
            self._last += 1
            self._waiting.append((self._last, entry))
        if not self._is_planned:
            self.plan()

    def plan(self) -> None:
        """Has what waits written soon, even if no run commits anything."""
        with self._lock:
            if self._is_planned:
                return
            self._is_planned = True
        asyncio.get_running_loop().call_later(_SOON, self.submit)

    def submit(self) -> None:
        """Has it written now."""
        with self._lock:
            self._is_planned = False
        if not self.is_at_rest:
            self._database.submit(self)

    # The writer's thread. Runs call these within their own `do` and `ended`.

    def do(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            again, fresh = self._tried, self._waiting
            self._tried, self._waiting = [], []
            self._writing += again + fresh
        if again or fresh:
            self._write(connection, again, fresh)
        self.holds.write(connection)

    def _write(
        self, connection: sqlite3.Connection, again: Sequence[Numbered], fresh: Sequence[Numbered]
    ) -> None:
        if again:
            there = numbers_there(connection, self._life, [number for number, _ in again])
            again = [(number, entry) for number, entry in again if number not in there]
        entries = [*again, *fresh]
        write_entries(connection, self._life, entries, self._numbers(connection, entries))
        write_days(connection, [entry for _, entry in entries])

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        self.holds.ended(well=fault is None)
        with self._lock:
            if fault is not None:
                self._tried = self._writing + self._tried
                self._origins.clear()
            self._writing = []
            self.fault = fault if self._tried or self._waiting else None
        return ()

    def _numbers(self, connection: sqlite3.Connection, entries: Sequence[Numbered]) -> list[int]:
        """The row of each entry's origin, made where it isn't there yet."""
        if self._identity != self._database.identity or len(self._origins) > _KNOWN:
            self._origins.clear()
            self._identity = self._database.identity
        rows, last, row = list[int](), None, 0
        for _, entry in entries:
            if entry.origin is not last:  # as a rule it is, and to look one up takes as long as all the rest
                last, row = entry.origin, self._number(connection, entry.origin)
            rows.append(row)
        return rows

    def _number(self, connection: sqlite3.Connection, origin: Origin) -> int:
        row = self._origins.get(origin)
        if row is None:
            row = self._origins[origin] = write_origin(connection, origin)
        return row

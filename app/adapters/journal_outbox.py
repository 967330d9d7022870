"""What one run wants written: gathered by the loop, taken as a whole by the writer's next transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from app.adapters.database import Database, Settled, Work
from app.adapters.journal_codec import Name, Row, Written, as_written
from app.adapters.journal_index import Numbers, first_id, index_run, numbers_of
from app.adapters.ledger_outbox import LedgerOutbox
from app.adapters.many_rows import write_rows
from app.executor.journal import JournalError

_SOON = 0.05  # seconds that what nobody waits for may wait for a record that somebody does
# Records that may lie behind the index by place: the more there are in it, the more come in at once, so that each of
# its pages is written seldom; few enough to be looked through, and to be remembered.
_BEHIND, _OF_ALL, _AT_MOST = 4096, 16, 65_536

CallsEnd: TypeAlias = Literal["", "go", "are_counted"]

_STEPS = "INSERT INTO steps (id, run, place, node, record, outputs, blob)"
_ITEMS = "INSERT INTO items (id, run, frame, key, number, record, outputs, blob)"
_CALLS = "INSERT OR REPLACE INTO calls (run, place, node, digest, ordinal, counted, record, outputs, blob)"
_LET_GO = "DELETE FROM calls WHERE run = ? AND place = ? AND node = ?"
_COUNTED = "UPDATE calls SET counted = 1 WHERE run = ? AND place = ? AND node = ?"
_NOTES_LET_GO = (
    "DELETE FROM steps WHERE id IN "
    "(SELECT id FROM step_places WHERE run = ? AND place = ? AND node >= '#' AND node < '$') "
    "AND substr(CAST(record AS TEXT), 1, 1) = '['"  # what a frame decided, or a person allowed it, stays
)
_BLOBS = "INSERT OR IGNORE INTO blobs (digest, bytes)"


@dataclass(slots=True)
class _Batch:
    steps: list[Row] = field(default_factory=list[Row])
    begun: list[Row] = field(default_factory=list[Row])  # they come before everything that was noted since
    items: list[Row] = field(default_factory=list[Row])
    calls: list[Row] = field(default_factory=list[Row])
    before: list[tuple[int, Name]] = field(default_factory=list[tuple[int, Name]])
    after: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list[tuple[str, tuple[Any, ...]]])
    waiting: list[asyncio.Future[Any]] = field(default_factory=list[asyncio.Future[Any]])
    places: set[int] = field(default_factory=set[int])  # by their hashes: of steps, and frames of items
    notes: int = 0
    is_indexed: bool = False

    def written(self) -> list[tuple[str, Written]]:
        """By the statement that inserts them, in the order of their numbers."""
        kinds = ((_ITEMS, self.begun), (_STEPS, self.steps), (_ITEMS, self.items), (_CALLS, self.calls))
        return [(into, as_written(rows)) for into, rows in kinds if rows]


class Outbox(Work):
    """One place in the database's queue at a time, however much there is to write."""

    def __init__(self, database: Database, ledger: LedgerOutbox, run: int, identity: int) -> None:
        self._database = database
        self._ledger = ledger
        self._run = run
        self._identity = identity
        self._lock = threading.Lock()
        self._batch = _Batch()
        self._writing = _Batch()
        self._is_queued = False
        self._is_planned = False
        self._is_forgotten = False
        self._lost: JournalError | None = None
        self._numbers: Numbers | None = None  # None: not known, as after a fault
        self._behind: set[int] = set()  # places of what is written and not in the index
        self.fault: JournalError | None = None  # why items still wait, or the index is behind

    def commit(self, row: Row, calls: CallsEnd = "") -> asyncio.Future[Any]:
        """Done when the row will outlive a power cut, and what becomes of its instance's calls is done too."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            self._add_step(row)
            if calls:
                self._batch.after.append((_LET_GO if calls == "go" else _COUNTED, row[:3]))
            self._batch.waiting.append(future)
            self._queue()
        return future

    def commit_call(self, row: Row) -> asyncio.Future[Any]:
        """Done when the row will outlive a power cut."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            self._batch.calls.append(row)
            self._batch.waiting.append(future)
            self._queue()
        return future

    def note(self, row: Row, count: int = 1) -> None:
        """`count` steps in one row."""
        with self._lock:
            self._add_step(row)
            self._batch.notes += count
            self._plan()

    def let_notes_go(self, place: Name) -> None:
        """What an earlier life of the run noted at a place gives way to what is noted there now."""
        with self._lock:
            self._batch.before.append((self._run, place))

    def begin_items(self, row: Row) -> None:
        with self._lock:
            self._batch.begun.append(row)
            self._batch.places.add(hash(row[1]))
            self._plan()

    def note_item(self, row: Row) -> None:
        with self._lock:
            self._batch.items.append(row)
            self._batch.places.add(hash(row[1]))
            self._plan()

    def flush(self, *, is_indexed: bool = False) -> asyncio.Future[Any]:
        """Done when everything so far is on the disk, and in the index where it is to be."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            self._batch.waiting.append(future)
            self._batch.is_indexed |= is_indexed
            self._queue()
        return future

    def index(self) -> None:
        """Has everything so far brought into the index. From any thread."""
        with self._lock:
            if self._places_behind():
                self._batch.is_indexed = True
                self._queue()

    @property
    def is_at_rest(self) -> bool:
        """Whether all that came so far is on the disk and in the index."""
        with self._lock:
            is_waiting = self._is_queued or self._places_behind() or self._batch.before or self._lost
        return not is_waiting and self._ledger.is_at_rest

    def may_hold(self, place: Name) -> bool:
        """Whether there may be something at a place that isn't in the index."""
        with self._lock:
            return any(hash(place) in places for places in self._places_behind())

    def forget(self) -> None:
        """Drops what still waits; what is being written now, too, should that fail."""
        with self._lock:
            self._is_forgotten = True
            self._batch.steps.clear()
            self._batch.begun.clear()
            self._batch.items.clear()
            self._batch.calls.clear()
            self._batch.before.clear()
            self._batch.after.clear()
            self.fault = None

    def _add_step(self, row: Row) -> None:
        self._batch.steps.append(row)
        self._batch.places.add(hash(row[1]))

    def _places_behind(self) -> list[set[int]]:
        return [places for places in (self._behind, self._writing.places, self._batch.places) if places]

    def hurry(self) -> None:
        """Has written now what would be written soon, and what a fault has kept back. From any thread."""
        with self._lock:
            if self._batch.steps or self._batch.begun or self._batch.items:
                self._queue()

    def _plan(self) -> None:
        """A transaction of its own costs more than what is noted: it goes along with the next one, or has one soon."""
        if not self._is_planned and not self._is_queued:
            self._is_planned = True
            asyncio.get_running_loop().call_later(_SOON, self._now)

    def _now(self) -> None:
        self._is_planned = False
        self.hurry()

    def _queue(self) -> None:
        if not self._is_queued:
            self._is_queued = True
            self._database.submit(self)

    # The writer's thread.

    def take(self) -> None:
        with self._lock:
            self._writing = self._batch
            self._batch, self._is_queued = _Batch(), False

    def do(self, connection: sqlite3.Connection) -> None:
        batch = self._writing
        self._ledger.do(connection)  # what was booked before these records stands on the disk before them
        written = batch.written()
        if not written and not batch.is_indexed:
            return
        if not self._grow(connection, sum([one.size for _, one in written]), batch.notes):
            self._lost = JournalError(
                "journal.damaged", str(self._database.path), "the run is no longer there"
            )
            return
        last, indexed = self._numbers or numbers_of(connection, self._run)
        if batch.before:
            connection.executemany(_NOTES_LET_GO, batch.before)
        for into, (rows, blobs, _) in written:
            write_rows(connection, _BLOBS, blobs)
            if into is not _CALLS:
                next_id = first_id(self._run) + last + 1
                last += len(rows)
                rows = [(number, *row) for number, row in enumerate(rows, next_id)]  # noqa: PLW2901
            write_rows(connection, into, rows)
        for statement, instance in batch.after:
            connection.execute(statement, instance)
        self._numbers = Numbers(last, indexed)
        if batch.is_indexed or last - indexed > _may_lie_behind(indexed):
            self._numbers = index_run(connection, self._run)
            batch.is_indexed = True

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        self._ledger.ended(fault)
        with self._lock:
            batch, self._writing = self._writing, _Batch()
            if fault is None and batch.is_indexed:
                self._behind.clear()
            else:  # after a fault nobody knows what is written
                self._behind |= batch.places
            if fault is not None:
                self._numbers = None
            if fault is not None and not self._is_forgotten:
                self._batch.begun[:0] = batch.begun
                self._batch.items[:0] = batch.items
            waits = self._batch.begun or self._batch.items or batch.is_indexed
            self.fault = fault if waits else None
        error = fault or self._lost
        return [(future, None, error) for future in batch.waiting]

    def _grow(self, connection: sqlite3.Connection, size: int, notes: int) -> bool:
        """False where the run isn't in this database: it was put aside, or replaced by another file."""
        if self._database.identity != self._identity:
            return False
        grown = connection.execute(
            "UPDATE runs SET size = size + ?, notes = notes + ? WHERE id = ? AND NOT gone",
            (size, notes, self._run),
        )
        return grown.rowcount == 1


def _may_lie_behind(indexed: int) -> int:
    return max(_BEHIND, min(indexed // _OF_ALL, _AT_MOST))

"""The record of one run in the journal's database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar, cast

from app.adapters.database import Database
from app.adapters.journal_codec import (
    Name,
    Restore,
    begun_row,
    call_of,
    call_row,
    computed_row,
    is_computed,
    item_of,
    item_row,
    size_of,
    step_row,
    steps_of,
    stored,
)
from app.adapters.journal_index import index_run, numbers_of
from app.adapters.journal_outbox import CallsEnd, Outbox
from app.adapters.ledger_outbox import LedgerOutbox
from app.costs.ledger import Entry
from app.document.workflow import JsonObject
from app.executor.item_list import ItemList
from app.executor.journal import (
    NOTE_BYTES,
    NOTES_A_RUN,
    CallRecord,
    ComputedSteps,
    ItemRecord,
    Journal,
    JournalError,
    Place,
    StepRecord,
)
from app.sdk.data_types import Value

T = TypeVar("T")

_STEP = "SELECT id, place, node, record, outputs, blob, bytes FROM steps LEFT JOIN blobs ON digest = blob"
_IN_INDEX = "SELECT id FROM step_places WHERE run = ?1 AND place = ?2"
_BEHIND = """
    SELECT id FROM steps
    WHERE id > (SELECT (id << 32) + indexed FROM runs WHERE id = ?1) AND id < (?1 + 1) << 32 AND place = ?2
"""
_INDEXED = f"{_STEP} WHERE id IN ({_IN_INDEX}) ORDER BY id"
_STEPS = f"{_STEP} WHERE id IN ({_IN_INDEX} UNION ALL {_BEHIND}) ORDER BY id"
_WITHIN = """
    SELECT id, steps.place, steps.node, record, outputs, blob, bytes
    FROM step_places JOIN steps USING (id) LEFT JOIN blobs ON digest = blob
    WHERE step_places.run = ?1 AND (step_places.place, step_places.node) > (?2, ?3) AND step_places.place < ?4
    ORDER BY step_places.place, step_places.node LIMIT ?5
"""
_AT_ONCE = 100  # records with all that they gave
_EACH = f"{_STEP} WHERE id > max(?1 << 32, ?2) AND id < (?1 + 1) << 32 ORDER BY id LIMIT ?3"
_ITEM = """
    SELECT frame, key, number, record, outputs, blob, bytes FROM items LEFT JOIN blobs ON digest = blob
    WHERE run = ?1 AND frame = ?2
"""
_CALLS = """
    SELECT place, node, calls.digest, ordinal, counted, record, outputs, blob, bytes
    FROM calls LEFT JOIN blobs ON blobs.digest = blob WHERE run = ?
"""
_CALLS_OF = f"{_CALLS} AND place = ? AND node = ? ORDER BY calls.rowid"
_LOOSE = f"{_CALLS} AND NOT counted ORDER BY calls.rowid"
_BEGUN = "(SELECT coalesce(max(id), 0) FROM items WHERE run = ?1 AND frame = ?2 AND number = -1)"
_OF_ALL = f"{_ITEM} AND number >= ?3 AND number < ?4"
_PAGE_OF_ALL = f"{_OF_ALL} ORDER BY number, id"
_PAGE = f"{_OF_ALL} AND id > {_BEGUN} ORDER BY number, id"
_BEGUN_BEHIND = f"SELECT {_BEGUN}"
_NUMBERS = f"""
    SELECT key, number FROM items
    WHERE id IN (
        SELECT id FROM item_places WHERE run = ?1 AND frame = ?2 AND key IN (SELECT value FROM json_each(?3)))
        AND id > {_BEGUN} AND number >= 0
"""  # noqa: S608 - our own names


class SqliteJournal(Journal):
    """See `app.executor.journal.Journal`. Writing raises `journal.held` where it was opened only to read, or left."""

    def __init__(
        self,
        database: Database,
        ledger: LedgerOutbox,
        run: int,
        *,
        is_fresh: bool,
        notes: int,
        restore: Restore,
        has_calls: bool = False,
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._run = run
        self._identity = database.identity
        self._is_fresh = is_fresh
        self._has_calls = has_calls
        self._with_calls: set[tuple[Place, str]] = set()  # instances whose calls are in the database
        self._with_notes: set[Place] = set()  # where an earlier life noted steps that were computed together
        self._notes_left = max(0, NOTES_A_RUN - notes)
        self._restore = restore
        self._outbox: Outbox | None = None

    def hold(self) -> None:
        """From now on it may be written to."""
        self._outbox = Outbox(self._database, self._ledger, self._run, self._identity)

    async def let_go(self) -> None:
        """Writes what was noted; from now on it can only be read. Raises JournalError, and is let go all the same."""
        outbox = self._outbox
        self.drop()
        if outbox is not None:
            try:
                if not outbox.is_at_rest:
                    await outbox.flush(is_indexed=True)
            finally:
                outbox.forget()

    def index(self) -> None:
        """Has what was noted brought into the index."""
        if self._outbox is not None:
            self._outbox.index()

    def drop(self) -> None:
        """From now on it can only be read; what was noted is written soon."""
        self._hurry()
        self._outbox = None

    @property
    def is_fresh(self) -> bool:
        return self._is_fresh

    async def steps(self, place: Place) -> Mapping[str, StepRecord]:
        is_behind = self._outbox is None or self._outbox.may_hold(stored(place))
        found = await self._rows(_STEPS if is_behind else _INDEXED, stored(place))
        latest = {row[2]: row[0] for row in found}
        rows = [row[1:] for row in found if latest[row[2]] == row[0]]
        if any(is_computed(row[2]) for row in rows):
            self._with_notes.add(place)
        records = [record for row in rows for record in self._decoded(steps_of, row)]
        return {record.node: record for record in records}

    async def within(self, frame: Place) -> AsyncIterator[StepRecord]:
        await self._index()
        end = stored(f"{frame}$")  # "$" comes right after "#"
        behind: tuple[Name, Name] = (stored(f"{frame}#"), "")
        while rows := await self._rows(_WITHIN, *behind, end, _AT_ONCE):
            self._tell_what_waits()
            for row in rows:
                for record in self._decoded(steps_of, row[1:]):
                    yield record
            behind = rows[-1][1:3]

    async def each(self, after: int, count: int) -> Sequence[tuple[int, StepRecord]]:
        await self._index()
        rows = await self._rows(_EACH, after, count)
        self._tell_what_waits()
        return [(row[0], record) for row in rows for record in self._decoded(steps_of, row[1:])]

    async def commit(self, record: StepRecord) -> None:
        outbox, instance = self._held(), (record.place, record.node)
        end: CallsEnd = ""
        if instance in self._with_calls and record.status != "sent":
            end = "go" if record.lets_calls_go else "are_counted"
        await outbox.commit(step_row(self._run, record), end)
        if end:
            self._with_calls.discard(instance)

    @property
    def has_calls(self) -> bool:
        return self._has_calls

    async def commit_call(self, record: CallRecord) -> None:
        outbox = self._held()
        self._with_calls.add((record.place, record.node))
        await outbox.commit_call(call_row(self._run, record))

    async def calls(self, place: Place, node: str) -> Sequence[CallRecord]:
        rows = await self._rows(_CALLS_OF, stored(place), stored(node))
        if rows:
            self._with_calls.add((place, node))
        return [self._decoded(call_of, row) for row in rows]

    async def loose_calls(self) -> Sequence[CallRecord]:
        rows = await self._rows(_LOOSE)
        return [self._decoded(call_of, row) for row in rows]

    def book(self, entry: Entry) -> None:
        self._ledger.book(entry)

    def note(self, record: StepRecord) -> None:
        outbox = self._held()
        if self._notes_left <= 0:
            return
        row = step_row(self._run, record)
        if size_of(row) <= NOTE_BYTES:
            self._notes_left -= 1
            outbox.note(row)

    def note_all(self, computed: ComputedSteps) -> None:
        outbox = self._held()
        if self._notes_left <= 0:
            return
        row = computed_row(self._run, computed)
        if size_of(row) > NOTE_BYTES:  # one of them, or all together
            some = [one for one in computed.records() if size_of(step_row(self._run, one)) <= NOTE_BYTES]
            if not some:
                return
            computed = ComputedSteps.of(some)
            row = computed_row(self._run, computed)
        place, count = computed.place, len(computed.steps)
        self._notes_left -= count
        if place in self._with_notes:
            self._with_notes.discard(place)
            outbox.let_notes_go(stored(place))
        outbox.note(row, count)

    def note_item(self, record: ItemRecord) -> None:
        self._held().note_item(item_row(self._run, record))

    def begin_items(self, frame: Place) -> None:
        self._held().begin_items(begun_row(self._run, frame))

    async def begun_items(self, frame: Place) -> int:
        ((number,),) = await self._rows(_BEGUN_BEHIND, stored(frame))
        self._tell_what_waits()
        return number

    async def numbers(self, frame: Place, keys: Collection[str]) -> Mapping[str, int]:
        await self._index()
        rows = await self._rows(_NUMBERS, stored(frame), json.dumps([*keys]))
        self._tell_what_waits()
        return dict(rows)

    async def items(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        await self._index()
        rows = await self._rows(_PAGE, stored(frame), first, first + count)
        self._tell_what_waits()
        return self._items(rows)

    def page(self, frame: Place, first: int, count: int) -> Sequence[ItemRecord]:
        self._index_now()
        rows = self._database.read_now(self._query(_PAGE_OF_ALL, stored(frame), first, first + count))
        self._tell_what_waits()
        return self._items(rows)

    async def flush(self) -> None:
        if self._outbox is not None:
            await self._outbox.flush()

    def _held(self) -> Outbox:
        if self._outbox is None:
            raise JournalError("journal.held", str(self._database.path), "opened only to read")
        return self._outbox

    def _hurry(self) -> None:
        """Whoever reads sees what was noted before."""
        if self._outbox is not None:
            self._outbox.hurry()

    async def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        self._hurry()
        return await self._database.read(self._query(sql, *values))

    async def _index(self) -> None:
        """Each record stands for its place alone from here on, except those that are written meanwhile."""
        if self._outbox is not None:
            self._hurry()
            self._outbox.index()
        elif await self._database.read(self._is_behind):
            await self._database.write(self._bring_up)

    def _index_now(self) -> None:
        """The same from any thread."""
        if self._outbox is not None:
            self._hurry()
            self._outbox.index()
        elif self._database.read_now(self._is_behind):
            self._database.write_now(self._bring_up)

    def _is_behind(self, connection: sqlite3.Connection) -> bool:
        numbers = numbers_of(connection, self._run)
        return numbers.last > numbers.indexed

    def _bring_up(self, connection: sqlite3.Connection) -> None:
        if self._database.identity == self._identity:
            index_run(connection, self._run)

    def _tell_what_waits(self) -> None:
        # What waits for a disk that is full would seem not to be through yet.
        if self._outbox is not None and self._outbox.fault is not None:
            raise self._outbox.fault

    def _query(self, sql: str, *values: object) -> Callable[[sqlite3.Connection], list[tuple[Any, ...]]]:
        def ask(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
            if self._database.identity != self._identity:
                raise JournalError("journal.damaged", str(self._database.path), "another file took its place")
            return connection.execute(sql, (self._run, *values)).fetchall()

        return ask

    def _items(self, rows: Sequence[tuple[Any, ...]]) -> Sequence[ItemRecord]:
        latest = {row[2]: row for row in rows}  # of several with one number, the latest
        return [self._decoded(item_of, row) for row in latest.values()]

    def _decoded(self, decode: Callable[[tuple[Any, ...], Restore], T], row: tuple[Any, ...]) -> T:
        try:
            return decode(row, self._lazy)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise JournalError("journal.damaged", str(self._database.path), str(error)) from error

    def _lazy(self, reference: JsonObject) -> Value:
        """A Map's result lies in this very journal; every other long list is found by whoever made it."""
        if reference.get("kind") != "items":
            return self._restore(reference)
        said = {
            name: cast("Any", reference[name])
            for name in ("frame", "name", "failed", "count", "total", "digest")
        }
        return ItemList(self, **said)

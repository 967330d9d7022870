"""The cache of model results in a database of its own, bounded, and shared by the processes of a profile."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypeVar, cast

from app.adapters.database import PATIENCE, Database, Settled, Work
from app.adapters.database_opening import Schema
from app.adapters.database_room import give_back
from app.adapters.journal_codec import is_lazy_inside, leave_reference, read, stored, values_of, values_text
from app.adapters.redaction import hide_in_json
from app.events.json_codec import json_of, record_of
from app.executor.cache import Cache, CacheState, Kept
from app.executor.journal import JournalError
from app.settings import Folders

T = TypeVar("T")

SIZE = 1024 * 1024 * 1024  # bytes
_FRESH = 3600  # seconds: a use within them isn't noted again
_FULL_TO = 0.9  # of the limit, that are left after the oldest went
_SLICE = 200  # entries of a transaction

_FIRST = (
    """CREATE TABLE results (
        key TEXT NOT NULL UNIQUE, workflow TEXT NOT NULL, node TEXT NOT NULL, kept TEXT NOT NULL, outputs TEXT NOT NULL,
        size INTEGER NOT NULL, used INTEGER NOT NULL)""",
    "CREATE INDEX results_by_use ON results (used, size)",
    "CREATE INDEX results_by_node ON results (workflow, node, size)",
)
RESULTS = Schema(migrations=(_FIRST,), synchronous="NORMAL")

_MINE = "(? = '' OR workflow = ?) AND (? = '' OR node = ?)"


class SqliteCache(Cache):
    """See `app.executor.cache.Cache`. Nothing is made before the first use."""

    def __init__(self, where: Folders, size: int = SIZE, patience: float = PATIENCE) -> None:
        self._database = Database(where.cache / "results.sqlite3", RESULTS, patience)
        self._limit = size
        # Bytes until the entries are counted again; only the database's thread asks.
        self._room: int | None = None

    def at_rest(self) -> AbstractContextManager[None]:
        """Inside, this process may be stopped without being in anybody's way."""
        return self._database.at_rest()

    async def get(self, key: str) -> Kept | None:
        try:
            row = await self._database.read(
                lambda c: c.execute(
                    "SELECT kept, outputs, used FROM results WHERE key = ?", (stored(key),)
                ).fetchone()
            )
            if row is None:
                return None
            if row[2] < time.time() - _FRESH:
                self._submit(_touch(key))
            kept = cast("Kept", record_of(json.loads(row[0]), Kept))
            return replace(kept, outputs=values_of(row[1], leave_reference))
        except (JournalError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def put(self, key: str, workflow_id: str, node: str, kept: Kept) -> None:
        try:
            if is_lazy_inside(kept.outputs):
                return
            facts = hide_in_json(json_of(replace(kept, outputs={})))
            outputs = hide_in_json(values_text(kept.outputs))
        except (TypeError, ValueError, RecursionError):
            return
        size = len(facts) + len(outputs.encode("utf-8", "surrogatepass")) + 200
        if size > self._limit // 4:
            return
        row = (stored(key), stored(workflow_id), stored(node), facts, outputs, size, int(time.time()))

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            self._grown(connection, size)

        self._submit(insert)

    async def clear(self, workflow_id: str = "", node: str = "") -> int:
        mine = (stored(workflow_id),) * 2 + (stored(node),) * 2

        def delete(connection: sqlite3.Connection) -> int:
            return connection.execute(
                f"DELETE FROM results WHERE rowid IN (SELECT rowid FROM results WHERE {_MINE} LIMIT {_SLICE})",  # noqa: S608
                mine,
            ).rowcount

        went = 0
        with contextlib.suppress(JournalError):
            while gone := await self._database.write(delete):
                went += gone
            self._database.submit_look(_Unwatched(self._shrink))
        return went

    async def state(self) -> CacheState:
        query = "SELECT workflow, count(*), sum(size) FROM results GROUP BY workflow"
        try:
            rows = await self._database.read(lambda c: c.execute(query).fetchall())
        except JournalError:
            return CacheState()
        by_workflow = {read(workflow): size for workflow, _, size in rows}
        return CacheState(sum(count for _, count, _ in rows), sum(by_workflow.values()), by_workflow)

    def close(self) -> None:
        """Waits until everything put was tried, and ends the thread."""
        self._database.close()

    def _submit(self, do: Callable[[sqlite3.Connection], object]) -> None:
        with contextlib.suppress(RuntimeError):  # no thread can be started any more
            self._database.submit(_Unwatched(do))

    def _grown(self, connection: sqlite3.Connection, size: int) -> None:
        """Counts what is there now and then, since other processes fill it too, and makes room."""
        if self._room is None or self._room < size:
            used = _used(connection)
            if used > self._limit:
                used = _evict(connection, used, int(self._limit * _FULL_TO))
                self._database.submit_look(_Unwatched(self._shrink))
            self._room = max(0, (self._limit - used) // 4)
        else:
            self._room -= size

    def _shrink(self, connection: sqlite3.Connection) -> None:
        if give_back(connection) > 0:
            self._database.submit_look(_Unwatched(self._shrink))


class _Unwatched(Work):
    """Something that nobody waits for."""

    def __init__(self, do: Callable[[sqlite3.Connection], object]) -> None:
        self._do = do

    def do(self, connection: sqlite3.Connection) -> None:
        self._do(connection)

    def ended(self, fault: JournalError | None) -> Iterable[Settled]:
        return ()


def _touch(key: str) -> Callable[[sqlite3.Connection], Any]:
    return lambda c: c.execute("UPDATE results SET used = ? WHERE key = ?", (int(time.time()), stored(key)))


def _used(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(size), 0) FROM results").fetchone()[0])


def _evict(connection: sqlite3.Connection, used: int, limit: int) -> int:
    """Deletes the least recently used until at most `limit` bytes are left. Gives what is."""
    while used > limit:
        oldest = connection.execute(
            "SELECT rowid, size FROM results ORDER BY used, rowid LIMIT ?", (_SLICE,)
        ).fetchall()
        going: list[tuple[int]] = []
        for row, size in oldest:
            if used <= limit:
                break
            going.append((row,))
            used -= size
        if not going:
            break
        connection.executemany("DELETE FROM results WHERE rowid = ?", going)
    return used

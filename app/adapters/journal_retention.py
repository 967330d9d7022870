"""Throwing runs away: which ones, and slice by slice, so that no writer waits and a kill leaves nothing half."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from app.adapters.database import Database
from app.adapters.database_room import give_back, unused
from app.adapters.journal_codec import stored
from app.adapters.journal_index import index_run, of_run, runs_behind
from app.executor.journal import RunLine

_SLICE = 500  # rows of a transaction

_ORPHANS = """
    DELETE FROM blobs WHERE rowid IN (
        SELECT rowid FROM blobs AS b WHERE NOT EXISTS (SELECT 1 FROM steps WHERE blob = b.digest)
            AND NOT EXISTS (SELECT 1 FROM items WHERE blob = b.digest)
            AND NOT EXISTS (SELECT 1 FROM calls WHERE blob = b.digest)
            AND NOT EXISTS (SELECT 1 FROM texts WHERE blob = b.digest)
        LIMIT ?)
"""
_KEPT = "SELECT count(*), coalesce(sum(size), 0) FROM runs WHERE NOT gone"
_SLICES = (
    f"DELETE FROM steps WHERE id IN (SELECT id FROM steps WHERE {of_run('steps')} LIMIT ?2)",  # noqa: S608 - our own names
    f"DELETE FROM items WHERE id IN (SELECT id FROM items WHERE {of_run('items')} LIMIT ?2)",  # noqa: S608
    "DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE run = ? LIMIT ?)",
    "DELETE FROM step_places WHERE run = ?1 AND place IN (SELECT place FROM step_places WHERE run = ?1 LIMIT ?2)",
    "DELETE FROM item_places WHERE run = ?1 AND key IN (SELECT key FROM item_places WHERE run = ?1 LIMIT ?2)",
)


class Kept(NamedTuple):
    """How many runs there are, and their bytes, about."""

    runs: int
    size: int


class _Swept(NamedTuple):
    gone: Sequence[int]  # runs that are still to be taken apart
    is_more: bool
    unused: int  # pages
    kept: Kept


def too_many(lines: Sequence[RunLine], runs: int, size: int) -> Sequence[str]:
    """Runs to throw away, in this order, so that at most so many runs and bytes are left. `lines`: latest first."""
    left, bytes_left = len(lines), sum(line.size for line in lines)
    needed = {line.base for line in lines}
    free = [line for line in reversed(lines) if not (line.pinned or line.alive or line.run in needed)]
    going: list[str] = []
    for line in sorted(free, key=lambda line: line.is_unfinished):
        if left <= runs and bytes_left <= size:
            break
        going.append(line.run)
        left, bytes_left = left - 1, bytes_left - line.size
    return going


async def forget(database: Database, run: str) -> None:
    """Hides the run, then takes it apart; its caller holds it. Raises KeyError where there is none."""

    def hide(connection: sqlite3.Connection) -> int:
        found = connection.execute("SELECT id FROM runs WHERE run = ?", (stored(run),)).fetchone()
        if found is None:
            raise KeyError(run)
        connection.execute("UPDATE runs SET gone = 1 WHERE id = ?", found)
        return int(found[0])

    await _take_apart(database, await database.write(hide))


async def finish(database: Database) -> Kept:
    """What an earlier process began and didn't end, blobs that nobody owns, and room that the file no longer needs.
    Gives what is left.
    """
    swept = await database.write(_sweep)
    while swept.gone or swept.is_more:
        for run in swept.gone:
            await _take_apart(database, run)
        swept = await database.write(_sweep)
    if swept.unused:
        while await database.read(give_back) > 0:
            pass
    return swept.kept


def _sweep(connection: sqlite3.Connection) -> _Swept:
    """Removes what nobody owns."""
    for run in runs_behind(connection):  # what a later record replaces goes
        index_run(connection, run)
    is_more = connection.execute(_ORPHANS, (_SLICE,)).rowcount == _SLICE
    gone = [run for (run,) in connection.execute("SELECT id FROM runs WHERE gone")]
    return _Swept(gone, is_more, unused(connection), Kept(*connection.execute(_KEPT).fetchone()))


async def _take_apart(database: Database, run: int) -> None:
    while await database.write(lambda connection: _slice(connection, run)):
        pass


def _slice(connection: sqlite3.Connection, run: int) -> bool:
    """Whether there may be more."""
    for statement in _SLICES:
        if connection.execute(statement, (run, _SLICE)).rowcount:
            return True
    connection.execute("DELETE FROM texts WHERE run = ?", (run,))
    connection.execute("DELETE FROM runs WHERE id = ?", (run,))
    return False

"""Throwing runs away: which ones, and slice by slice, so that no writer waits and a kill leaves nothing half."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from app.adapters.database import Database
from app.adapters.database_room import give_back
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
_SLICES = (
    f"DELETE FROM steps WHERE id IN (SELECT id FROM steps WHERE {of_run('steps')} LIMIT ?2)",  # noqa: S608 - our own names
    f"DELETE FROM items WHERE id IN (SELECT id FROM items WHERE {of_run('items')} LIMIT ?2)",  # noqa: S608
    "DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE run = ? LIMIT ?)",
    "DELETE FROM step_places WHERE run = ?1 AND place IN (SELECT place FROM step_places WHERE run = ?1 LIMIT ?2)",
    "DELETE FROM item_places WHERE run = ?1 AND key IN (SELECT key FROM item_places WHERE run = ?1 LIMIT ?2)",
)


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


async def finish(database: Database) -> None:
    """What an earlier process began and didn't end, blobs that nobody owns, and room that the file no longer needs."""
    is_more = True
    while is_more:
        gone, is_more = await database.write(_sweep)
        for run in gone:
            await _take_apart(database, run)
    while await database.read(give_back) > 0:
        pass


def _sweep(connection: sqlite3.Connection) -> tuple[Sequence[int], bool]:
    """Removes what nobody owns. Gives runs that are still to be taken apart, and whether there may be more."""
    gone = [run for (run,) in connection.execute("SELECT id FROM runs WHERE gone")]
    for run in runs_behind(connection):  # what a later record replaces goes
        index_run(connection, run)
    swept = connection.execute(_ORPHANS, (_SLICE,)).rowcount
    return gone, bool(gone) or swept == _SLICE


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

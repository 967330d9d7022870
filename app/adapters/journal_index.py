"""The records of a run by their place. They are written in the order of time, into few pages a transaction; what was
written comes into the index by place later, thousands at once, each page of it in one go.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from app.adapters.database import Database


def of_run(table: str, run: str = "?1", after: str = "0") -> str:
    """The condition that a record of `table` is one of a run, behind the one with the number `after`; in SQL."""
    return f"{table}.id > ({run} << 32) + {after} AND {table}.id < ({run} + 1) << 32"


_INDEXED = "SELECT indexed FROM runs WHERE id = ?"
_LAST = f"""
    SELECT max(
        coalesce((SELECT max(id) FROM steps WHERE {of_run("steps")}), 0),
        coalesce((SELECT max(id) FROM items WHERE {of_run("items")}), 0))
"""  # noqa: S608 - our own names
_BEHIND = f"""
    SELECT id FROM runs
    WHERE EXISTS (SELECT 1 FROM steps WHERE {of_run("steps", "runs.id", "indexed")})
        OR EXISTS (SELECT 1 FROM items WHERE {of_run("items", "runs.id", "indexed")})
"""  # noqa: S608
_DONE = "UPDATE runs SET indexed = ? WHERE id = ?"
_TABLES = (("steps", "step_places", "place, node"), ("items", "item_places", "frame, key"))


class Numbers(NamedTuple):
    """Of the latest record of a run, and of the latest that is in the index; 0 where there is none."""

    last: int
    indexed: int


def first_id(run: int) -> int:
    """Records of a run count from 1; the id of one is this and its number."""
    return run << 32


def numbers_of(connection: sqlite3.Connection, run: int) -> Numbers:
    """As they are on the disk."""
    (last,) = connection.execute(_LAST, (run,)).fetchone()
    found = connection.execute(_INDEXED, (run,)).fetchone()
    indexed = found[0] if found else 0
    return Numbers(max(last - first_id(run), indexed), indexed)


def index_run(connection: sqlite3.Connection, run: int) -> Numbers:
    """Brings what is new into the index, inside a transaction, and throws away what a later record replaces."""
    last, indexed = numbers_of(connection, run)
    if last > indexed:
        new = (first_id(run) + indexed, first_id(run) + last)
        for table, index, names in _TABLES:
            _index(connection, table, index, names, new)
        connection.execute(_DONE, (last, run))
    return Numbers(last, last)


def runs_behind(connection: sqlite3.Connection) -> list[int]:
    """Runs with records that aren't in the index."""
    return [run for (run,) in connection.execute(_BEHIND)]


async def index_all(database: Database) -> None:
    """Brings all runs into the index."""
    for run in await database.read(runs_behind):
        await database.write(lambda connection, run=run: index_run(connection, run))


def _index(connection: sqlite3.Connection, table: str, index: str, names: str, new: tuple[int, int]) -> None:
    added = f"INTO {index} SELECT run, {names}, id FROM {table} WHERE id > ? AND id <= ? ORDER BY {names}"  # noqa: S608 - our own names
    try:
        connection.execute(f"INSERT {added}", new)
    except sqlite3.IntegrityError:  # that statement alone was undone: some of them replace others
        connection.execute(
            f"""DELETE FROM {table} WHERE id IN (
                SELECT earlier.id FROM {table} AS later JOIN {index} AS earlier USING (run, {names})
                WHERE later.id > ? AND later.id <= ?)""",  # noqa: S608
            new,
        )
        connection.execute(
            f"""DELETE FROM {table} WHERE id > ? AND id <= ? AND id NOT IN (
                SELECT max(id) FROM {table} WHERE id > ? AND id <= ? GROUP BY {names})""",  # noqa: S608
            new * 2,
        )
        connection.execute(f"INSERT OR REPLACE {added}", new)

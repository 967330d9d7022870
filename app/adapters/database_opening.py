"""Opening a database file: its pragmas, its migrations, and a damaged one put aside."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

from app.adapters import process_lock
from app.adapters.database_faults import Damaged, is_busy, is_damage
from app.executor.journal import JournalError

T = TypeVar("T")

# SQLite's own waiting grows to 100 ms a turn, and a process that writes all the time would hardly ever let others in:
# it is asked to give up soon, and `patiently` begins again.
_TURN = 20  # milliseconds
# Pages of 4 KiB. The log is begun again after so many: to write it over takes half of what it takes to let it grow.
_AUTOCHECKPOINT = 500
WAL_LIMIT = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Schema:
    """`migrations[n]` are the statements that lead from version n to n + 1, done together or not at all."""

    migrations: tuple[tuple[str, ...], ...]
    synchronous: Literal["FULL", "NORMAL"]


@dataclass(frozen=True, slots=True)
class Opened:
    """`identity` is a random number that this database keeps for life; `kept` is where a damaged one now lies."""

    connection: sqlite3.Connection
    identity: int
    kept: Path | None = None


def open_database(path: Path, schema: Schema, patience: float, *, suspect: bool) -> Opened:
    """Makes folder and file where there are none. `suspect` has the whole file checked first.

    Raises sqlite3.Error, OSError, and JournalError `journal.newer` for a file that a later Baton wrote.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_private(path)
    try:
        return _open(path, schema, patience, suspect)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    with _alone(path, patience):
        try:
            return _open(path, schema, patience, suspect)  # somebody else may have put it aside meanwhile
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        kept = _put_aside(path)
        _make_private(path)
        opened = _open(path, schema, patience, suspect=False)
        return Opened(opened.connection, opened.identity, kept)


def open_reader(path: Path, patience: float) -> sqlite3.Connection:
    """A connection that only reads. Raises sqlite3.Error."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,  # its user holds a lock
    )


def patiently(do: Callable[[], T], patience: float) -> T:
    """Tries again while another process is in the way, for at most `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            return do()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.001)


def _open(path: Path, schema: Schema, patience: float, suspect: bool) -> Opened:
    connection = sqlite3.connect(
        path, timeout=_TURN / 1000, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    try:
        identity = patiently(lambda: _prepare(connection, path, schema, suspect), patience)
    except BaseException:
        connection.close()
        raise
    return Opened(connection, identity)


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema, suspect: bool) -> int:
    version = _number(connection, "PRAGMA user_version")
    if version > len(schema.migrations):
        raise JournalError("journal.newer", str(path), f"version {version}")
    if suspect and (found := connection.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
        raise Damaged(found)
    if version == 0:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # holds from the first table on
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"PRAGMA synchronous = {schema.synchronous}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_AUTOCHECKPOINT}")
    connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    connection.execute("PRAGMA secure_delete = FAST")
    if version < len(schema.migrations):
        _migrate(connection, schema)
    for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f"SELECT 1 FROM {table} NOT INDEXED LIMIT 1").fetchone()  # noqa: S608 - our own names
    return _number(connection, "PRAGMA application_id")


def _migrate(connection: sqlite3.Connection, schema: Schema) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _number(connection, "PRAGMA user_version")  # somebody else may have been quicker
        for statements in schema.migrations[version:]:
            for statement in statements:
                connection.execute(statement)
        if not _number(connection, "PRAGMA application_id"):
            connection.execute(f"PRAGMA application_id = {1 + secrets.randbelow(2**31 - 1)}")
        connection.execute(f"PRAGMA user_version = {len(schema.migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(pragma).fetchone()[0])


@contextmanager
def _alone(path: Path, patience: float) -> Generator[None]:
    until = time.monotonic() + patience
    while (lock := process_lock.take(path.with_name(f"{path.name}.mending"), {})) is None:
        if time.monotonic() > until:
            raise JournalError("journal.locked", str(path), "another process is putting it aside")
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.release()


def _make_private(path: Path) -> None:
    # SQLite gives the files beside it the same mode.
    if not path.exists():
        path.touch(mode=0o600)


def _put_aside(path: Path) -> Path:
    stamp = f"{path.name}.damaged-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    kept, number = path.with_name(stamp), 1
    while kept.exists():
        number += 1
        kept = path.with_name(f"{stamp}-{number}")
    path.replace(kept)
    for ending in ("-wal", "-shm"):
        beside = path.with_name(path.name + ending)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + ending))
    return kept

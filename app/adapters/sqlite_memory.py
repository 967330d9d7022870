"""Conversations of a profile in a database of their own: every turn on the disk once, whoever writes meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.adapters.database import PATIENCE, Database
from app.adapters.database_opening import Schema
from app.adapters.journal_codec import read, stored
from app.adapters.redaction import hide_known
from app.document.characters import whole_text
from app.executor.journal import JournalError
from app.sdk.errors import NodeError
from app.sdk.memory import Conversation, Memory, Turn
from app.settings import Folders

T = TypeVar("T")

MOST_TURNS = 10_000  # of one conversation; the oldest that a summary stands for go first
_FIRST = (
    """CREATE TABLE turns (
        owner TEXT NOT NULL, conversation TEXT NOT NULL, number INTEGER NOT NULL, key TEXT NOT NULL,
        asked TEXT NOT NULL, answered TEXT NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (owner, conversation, number), UNIQUE (owner, conversation, key)) WITHOUT ROWID""",
    """CREATE TABLE sums (
        owner TEXT NOT NULL, conversation TEXT NOT NULL, summary TEXT NOT NULL, summed INTEGER NOT NULL,
        PRIMARY KEY (owner, conversation)) WITHOUT ROWID""",
)
_SECOND = (
    """CREATE TABLE held (
        owner TEXT NOT NULL, conversation TEXT NOT NULL, key TEXT NOT NULL, summary TEXT NOT NULL,
        summed INTEGER NOT NULL, last INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (owner, conversation, key)) WITHOUT ROWID""",
)
CONVERSATIONS = Schema(migrations=(_FIRST, _SECOND), synchronous="FULL")
_HELD_FOR = 90 * 24 * 3600  # seconds: by then nobody goes on with the run

_ALL = """SELECT owner, conversation, count(*), max(at),
        sum(length(CAST(asked AS BLOB)) + length(CAST(answered AS BLOB))) + coalesce((
            SELECT length(CAST(summary AS BLOB)) FROM sums
            WHERE sums.owner = turns.owner AND sums.conversation = turns.conversation), 0)
    FROM turns GROUP BY owner, conversation ORDER BY 4 DESC, 1, 2"""
_LATEST = """SELECT number, asked, answered, at FROM turns
    WHERE owner = ? AND conversation = ? ORDER BY number DESC LIMIT ?"""
_LATER = """SELECT number, asked, answered FROM turns
    WHERE owner = ? AND conversation = ? AND number > ? AND number <= ? ORDER BY number"""
_LET_GO = "DELETE FROM held WHERE owner = ? AND conversation = ? AND key = ?"
_ENDLESS = 2**62

_EARLIER = """SELECT number, asked, answered FROM turns
    WHERE owner = ? AND conversation = ? AND number < ? ORDER BY number"""


@dataclass(frozen=True, slots=True)
class Kept:
    """One conversation as people see it in a list. `at` is when it was used last, in seconds since 1970, `size` in
    bytes.
    """

    owner: str
    name: str
    turns: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """One question and its answer; `at` is in seconds since 1970."""

    number: int
    asked: str
    answered: str
    at: int


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """What was said: a summary of what is older, and the latest turns; `earlier` are those before them."""

    summary: str
    turns: tuple[KeptTurn, ...]
    earlier: int = 0


class SqliteConversations:
    """Those of every workflow. Nothing is made before the first use."""

    def __init__(self, where: Folders, patience: float = PATIENCE) -> None:
        self._database = Database(where.data / "conversations.sqlite3", CONVERSATIONS, patience)

    def of(self, owner: str) -> Memory:
        """What the workflow that `owner` names may see: its own, and nobody else's."""
        return _Memory(self._database, owner)

    def before(self, owner: str) -> Memory:
        """The same as each instance found it: its own turn and later ones are not there. Nothing can be added."""
        return _Before(self._database, owner)

    async def all(self) -> Sequence[Kept]:
        """The latest first. Raises JournalError."""
        rows = await self._database.read(lambda c: c.execute(_ALL).fetchall())
        return [Kept(read(owner), read(name), turns, at, size) for owner, name, turns, at, size in rows]

    async def read(self, owner: str, name: str, most: int) -> KeptConversation:
        """With so many turns at most, the latest. Raises JournalError."""
        mine = (stored(owner), stored(name))

        def look(connection: sqlite3.Connection) -> KeptConversation:
            summary = connection.execute(
                "SELECT summary FROM sums WHERE owner = ? AND conversation = ?", mine
            ).fetchone()
            count = connection.execute(
                "SELECT count(*) FROM turns WHERE owner = ? AND conversation = ?", mine
            ).fetchone()[0]
            rows = connection.execute(_LATEST, (*mine, most)).fetchall()
            turns = tuple(_kept(row) for row in rows[::-1])
            return KeptConversation(
                whole_text(read(summary[0])) if summary else "", turns, count - len(turns)
            )

        return await self._database.read(look)

    async def forget(self, owner: str, name: str) -> int:
        """Gives the number of turns that went. Raises JournalError."""
        mine = (stored(owner), stored(name))

        def delete(connection: sqlite3.Connection) -> int:
            for table in ("sums", "held"):
                connection.execute(f"DELETE FROM {table} WHERE owner = ? AND conversation = ?", mine)  # noqa: S608
            return connection.execute("DELETE FROM turns WHERE owner = ? AND conversation = ?", mine).rowcount

        return await self._database.write(delete)

    def close(self) -> None:
        self._database.close()


class _Memory(Memory):
    """See `app.sdk.memory.Memory`."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = stored(owner)

    async def read(self, conversation: str, key: str) -> Conversation:
        mine = (self._owner, stored(conversation))

        def look(connection: sqlite3.Connection) -> Conversation:
            held = "SELECT summary, summed, last FROM held WHERE owner = ? AND conversation = ? AND key = ?"
            summed_up = f"SELECT summary, summed, {_ENDLESS} FROM sums WHERE owner = ? AND conversation = ?"  # noqa: S608
            row = (
                connection.execute(held, (*mine, key)).fetchone()
                or connection.execute(summed_up, mine).fetchone()
                or ("", 0, _ENDLESS)
            )
            summary, summed, last = read(row[0]), int(row[1]), int(row[2])
            turns = [_turn(one) for one in connection.execute(_LATER, (*mine, summed, last))]
            return Conversation(turns, summary, summed, _own(connection, mine, key))

        return await _told(self._database.read(look))

    async def hold(self, conversation: str, key: str, seen: Conversation) -> None:
        now, summary = int(time.time()), stored(hide_known(seen.summary))
        row = (self._owner, stored(conversation), key, summary, seen.summed, seen.last, now)

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM held WHERE at < ?", (now - _HELD_FOR,))
            connection.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?)", row)

        await _told(self._database.write(insert))

    async def let_go(self, conversation: str, key: str) -> None:
        row = (self._owner, stored(conversation), key)
        await _told(self._database.write(lambda c: c.execute(_LET_GO, row).rowcount))

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        mine = (self._owner, stored(conversation))
        texts = (stored(hide_known(asked)), stored(hide_known(answered)))

        def insert(connection: sqlite3.Connection) -> Turn:
            connection.execute(_LET_GO, (*mine, key))
            own = _own(connection, mine, key)
            if own is not None:
                return own
            last = connection.execute(
                "SELECT coalesce(max(number), 0) FROM turns WHERE owner = ? AND conversation = ?", mine
            ).fetchone()[0]
            connection.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*mine, last + 1, key, *texts, int(time.time())),
            )
            connection.execute(
                """DELETE FROM turns WHERE owner = ? AND conversation = ? AND number <= ? AND number <=
                    (SELECT coalesce(max(summed), 0) FROM sums WHERE owner = ? AND conversation = ?)""",
                (*mine, last + 1 - MOST_TURNS, *mine),
            )
            return Turn(last + 1, asked, answered)

        return await _told(self._database.write(insert))

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        row = (self._owner, stored(conversation), stored(hide_known(summary)), summed)

        def upsert(connection: sqlite3.Connection) -> None:
            connection.execute(
                """INSERT INTO sums VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
                    SET summary = excluded.summary, summed = excluded.summed WHERE excluded.summed > sums.summed""",
                row,
            )

        await _told(self._database.write(upsert))


class _Before:
    """A Memory that adds nothing. Raises NodeError `memory.unreachable` where the instance's turn is there no more."""

    def __init__(self, database: Database, owner: str) -> None:
        self._database = database
        self._owner = stored(owner)

    async def read(self, conversation: str, key: str) -> Conversation:
        mine = (self._owner, stored(conversation))

        def look(connection: sqlite3.Connection) -> Conversation:
            own = _own(connection, mine, key)
            if own is None:
                raise JournalError("journal.broken", str(self._database.path), "forgotten")
            return Conversation([_turn(one) for one in connection.execute(_EARLIER, (*mine, own.number))])

        return await _told(self._database.read(look))

    async def hold(self, conversation: str, key: str, seen: Conversation) -> None:
        """Nobody asks here."""

    async def let_go(self, conversation: str, key: str) -> None:
        """Nothing was held."""

    async def add(self, conversation: str, key: str, asked: str, answered: str) -> Turn:
        return Turn(0, asked, answered)

    async def sum_up(self, conversation: str, summary: str, summed: int) -> None:
        """What was said then is not summed up again."""


def _own(connection: sqlite3.Connection, mine: tuple[object, object], key: str) -> Turn | None:
    query = "SELECT number, asked, answered FROM turns WHERE owner = ? AND conversation = ? AND key = ?"
    row = connection.execute(query, (*mine, key)).fetchone()
    return _turn(row) if row else None


def _kept(row: tuple[int, str, str, int]) -> KeptTurn:
    number, asked, answered, at = row
    return KeptTurn(number, whole_text(read(asked)), whole_text(read(answered)), at)


def _turn(row: tuple[int, str, str]) -> Turn:
    number, asked, answered = row
    return Turn(number, read(asked), read(answered))


async def _told(work: Awaitable[T]) -> T:
    """Raises NodeError `memory.unreachable`."""
    try:
        return await work
    except JournalError as error:
        raise NodeError("memory.unreachable", path=error.path, reason=error.reason or error.code) from error

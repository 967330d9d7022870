"""The limits of a profile, held by every process that uses its run store: checked and taken in one transaction."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal

from app.adapters.database import Database
from app.adapters.journal_codec import read
from app.adapters.ledger_outbox import LedgerOutbox
from app.adapters.ledger_rows import rename_days
from app.costs.limits import Caps, Held, LimitReached, SharedLimits, Spent, reached
from app.executor.booking import local_day


class SqliteLimits(SharedLimits):
    """`caps` are asked for before each call; `is_alive` says whether some process holds a run."""

    def __init__(
        self,
        database: Database,
        outbox: LedgerOutbox,
        is_alive: Callable[[str], bool],
        caps: Callable[[], Caps],
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._is_alive = is_alive
        self._caps = caps
        self._waiting: set[asyncio.Event] = set()

    def bind(self, connection: str) -> bool:
        """Whether a call at this connection is limited now."""
        return self._caps().bind(connection)

    async def hold(self, run: str, connection: str, amount: Decimal) -> Decimal | LimitReached:
        caps = self._caps()
        if not amount or not caps.bind(connection):
            return Decimal(0)
        holds, turn = self._outbox.holds, threading.Lock()
        taken = given_up = False

        def take(database: sqlite3.Connection) -> LimitReached | None:
            nonlocal taken
            today = local_day(time.time())
            stop = reached(
                caps, today, spent_since(database, today[:7]), self._held(database), connection, amount
            )
            with turn:
                if stop is None and not given_up:
                    holds.take(run, connection, amount)
                    taken = True
            if taken:
                holds.write_place(database, (run, connection))
            return stop

        self._outbox.submit()  # what calls have cost is booked before anybody adds up
        try:
            stop = await self._database.write(take)
        except BaseException:
            with turn:  # the writer's thread may be at it just now
                given_up = True
            if taken:
                self.release(run, connection, amount)
            raise
        return amount if stop is None else stop

    def release(self, run: str, connection: str, held: Decimal) -> None:
        if held:
            self._outbox.holds.give_back(run, connection, held)
            self._outbox.plan()

    async def changed(self, seconds: float) -> None:
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await event.wait()
        finally:
            self._waiting.discard(event)

    def wake(self) -> None:
        """Limits have changed: who waits looks again."""
        for event in self._waiting:
            event.set()

    async def rename(self, old: str, new: str) -> None:
        """What the days have counted for a connection counts for its new name. Raises JournalError."""
        self._outbox.submit()
        await self._database.write(lambda database: rename_days(database, old, new))
        self.wake()

    async def standing(self) -> tuple[str, Spent, Held]:
        """Today, what this month has counted so far, and what is held now."""
        today = local_day(time.time())

        def look(database: sqlite3.Connection) -> tuple[Spent, Held]:
            return spent_since(database, today[:7]), self._held(database)

        self._outbox.submit()
        return today, *await self._database.read(look)

    def _held(self, database: sqlite3.Connection) -> Held:
        """By connection: of this process as it knows it, of others as they wrote it, of the dead nothing."""
        found: defaultdict[str, Decimal] = defaultdict(Decimal, self._outbox.holds.by_connection())
        own = self._outbox.holds.runs
        for run, connection, held in database.execute("SELECT run, connection, held FROM ledger_holds"):
            if read(run) not in own and self._is_alive(read(run)):
                found[read(connection)] += Decimal(held)
        return found


def spent_since(database: sqlite3.Connection, month: str) -> Spent:
    """What the days since this month's first have counted, by day and connection."""
    rows = database.execute("SELECT day, connection, counted FROM ledger_days WHERE day >= ?", (month,))
    return {(day, read(connection)): Decimal(counted) for day, connection, counted in rows}

"""The ledger as it is read: sums by day, workflow, step, model and connection, exact to the last digit."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar, get_args

from app.adapters.database import Database
from app.adapters.journal_codec import read, stored
from app.adapters.ledger_outbox import LedgerOutbox
from app.adapters.ledger_rows import ENTRIES, entry_of
from app.costs.cost import Cost, CostState, worse
from app.costs.ledger import (
    ALWAYS,
    BROKEN_OFF,
    CONNECTION_TESTS,
    EVERYTHING,
    SHORT,
    Days,
    EndedBy,
    Entry,
    Filter,
    Ledger,
    Part,
    Sample,
    Speed,
    Sum,
    Tries,
)
from app.costs.speeds import ENOUGH_TOKENS, speeds_of
from app.costs.usage import Usage
from app.executor.journal import JournalError

T = TypeVar("T")

_SLICE = 2000  # entries of a transaction that throws away
_CALLS_SEEN = 20_000  # the latest ones that speeds are taken from
# Not as the index has it, by origins: after a long run these would all be of its last step.
_LATEST_FIRST = "ORDER BY day DESC, at DESC"

_PARTS: Mapping[Part, str] = {
    "day": "day",
    "workflow": "workflow_id",
    "run": "run",
    "node": "node",
    "model": "model",
    "connection": "connection",
    "tier": "tier",
    "state": "state",
    "length": f"CASE WHEN input > {SHORT} THEN CAST((input - 1) / 1000 AS TEXT) ELSE '0' END",
}
_NAMES: Mapping[Part, str] = {"workflow": "workflow", "node": "title"}
_JOINED = "FROM ledger JOIN ledger_origins ON ledger_origins.id = origin"
_WHERE = """
    (? = '' OR day >= ?) AND (? = '' OR day <= ?) AND (? = '' OR workflow_id = ?) AND (? = '' OR node = ?)
    AND (? = '' OR model = ?) AND (? = '' OR connection = ?) AND (? = '' OR run = ?)
"""
_ENDED = "outcome IN ('" + "', '".join(get_args(EndedBy)) + "')"
_OF_RUN = "AND origin IN (SELECT id FROM ledger_origins WHERE run = ?)"
# What a process booked behind an entry of that time is later, also where the clock was put back in between.
_CALLS_SINCE = f"""
    WITH calls AS (
        SELECT node, scope, source, MAX(at) OVER (PARTITION BY life ORDER BY number) AS latest
        {_JOINED} WHERE TRUE {_OF_RUN}
    ) SELECT node, scope, COUNT(*) FROM calls WHERE source = 'call' AND latest >= ? GROUP BY 1, 2
"""  # noqa: S608 - our own names
_TRIES = f"""
    WITH latest AS (
        SELECT connection, model, outcome {_JOINED}
        WHERE source = 'call' AND NOT {_ENDED} AND workflow_id <> '{CONNECTION_TESTS}'
        {_LATEST_FIRST} LIMIT ?
    ) SELECT connection, model, COUNT(*), SUM(outcome <> '') FROM latest GROUP BY connection, model
"""  # noqa: S608 - our own names
_CALL = "FILTER (WHERE source = 'call')"
_HIT = "FILTER (WHERE source = 'cache')"
_CHARGED = "FILTER (WHERE source = 'call' AND state <> 'free'"
_COMPARED = "FILTER (WHERE source = 'compared' AND saved_state <> 'unknown')"
_SUMS = f"""
    COUNT(*) {_CALL}, COUNT(*) FILTER (WHERE outcome <> '' AND NOT {_ENDED}),
    COUNT(*) FILTER (WHERE source = 'call' AND free),
    COUNT(*) FILTER (WHERE source = 'call' AND state = 'unknown'), TOTAL(input), TOTAL(output), TOTAL(cached),
    TOTAL(reasoning), TOTAL(written), exact(cost) FILTER (WHERE source = 'call' AND cost <> '0'), worst(state) {_CALL},
    exact(counted) FILTER (WHERE counted <> '0'),
    TOTAL(seconds), COUNT(DISTINCT run || ' ' || scope) {_CALL},
    COUNT(DISTINCT connection || ' ' || model) {_CALL}, COUNT(*) {_HIT},
    exact(saved) FILTER (WHERE source = 'cache' AND saved <> '0'), worst(saved_state) {_HIT},
    exact(cached_saving) FILTER (WHERE cached_saving <> '0'), COUNT(*) FILTER (WHERE outcome = '{BROKEN_OFF}'),
    exact(counted) FILTER (WHERE outcome = '{BROKEN_OFF}'), COUNT(DISTINCT run || ' ' || scope),
    COUNT(*) FILTER (WHERE source = 'cache' AND saved_state = 'unknown'),
    TOTAL(cached) FILTER (WHERE source = 'call' AND state = 'free'),
    TOTAL(cached) {_CHARGED} AND price_cached IS NOT NULL), TOTAL(written) {_CHARGED} AND price_written IS NOT NULL),
    TOTAL(cached + written) {_CHARGED} AND price_input IS NULL),
    COUNT(*) FILTER (WHERE source = 'call' AND cached_saving <> '0' AND state <> 'priced'),
    COUNT(*) {_COMPARED}, exact(cost) {_COMPARED}, worst(state) {_COMPARED}, exact(saved) {_COMPARED},
    worst(saved_state) {_COMPARED}, COUNT(*) FILTER (WHERE source = 'compared' AND saved_state = 'unknown'),
    COUNT(*) FILTER (WHERE source = 'call' AND state = 'estimated'), type, MAX(at)
"""


class SqliteLedger(Ledger):
    """See `app.costs.ledger.Ledger`. Long questions are asked in a thread of their own, beside the writer's."""

    def __init__(self, database: Database, outbox: LedgerOutbox) -> None:
        self._database = database
        self._outbox = outbox

    async def sums(self, by: Sequence[Part], days: Days = ALWAYS, only: Filter = EVERYTHING) -> Sequence[Sum]:
        keys = [_PARTS[part] for part in by]
        names = [_NAMES.get(part, _PARTS[part]) for part in by]
        grouped = f"GROUP BY {', '.join(keys)} ORDER BY {', '.join(keys)}" if keys else "HAVING COUNT(*)"
        where, values = _WHERE, _bound(days, only)
        if only.run:  # of many runs, without looking at all their calls
            where, values = f"{where} {_OF_RUN}", (*values, stored(only.run))
        query = f"SELECT {', '.join([*keys, *names, _SUMS])} {_JOINED} WHERE {where} {grouped}"
        rows = await self._ask(lambda c: c.execute(query, values).fetchall())
        return [self._read(lambda row=row: _sum(row, len(by))) for row in rows]

    async def entries(
        self, days: Days = ALWAYS, only: Filter = EVERYTHING, first: int = 0, count: int = 1000
    ) -> Sequence[Entry]:
        query = f"{ENTRIES} WHERE {_WHERE} ORDER BY at, life, number LIMIT ? OFFSET ?"
        rows = await self._ask(lambda c: c.execute(query, (*_bound(days, only), count, first)).fetchall())
        return [self._read(lambda row=row: entry_of(row)) for row in rows]

    async def speeds(self, days: Days = ALWAYS) -> Mapping[tuple[str, str], Speed]:
        query = f"""SELECT connection, model, output, seconds {_JOINED} WHERE source = 'call' AND outcome = ''
            AND output >= ? AND seconds > 0 AND {_WHERE} {_LATEST_FIRST} LIMIT ?"""
        values = (ENOUGH_TOKENS, *_bound(days, EVERYTHING), _CALLS_SEEN)
        rows = await self._ask(lambda c: c.execute(query, values).fetchall())
        return speeds_of(((read(row[0]), read(row[1])), row[2], row[3]) for row in rows)

    async def tries(self) -> Mapping[tuple[str, str], Tries]:
        rows = await self._ask(lambda c: c.execute(_TRIES, (_CALLS_SEEN,)).fetchall())
        return {(read(row[0]), read(row[1])): Tries(row[2], row[3]) for row in rows}

    async def calls_at(self, run: str, since: float) -> Mapping[tuple[str, str], int]:
        at = round(since * 1000)
        rows = await self._ask(lambda c: c.execute(_CALLS_SINCE, (stored(run), at)).fetchall())
        return {(read(row[0]), read(row[1])): row[2] for row in rows}

    async def samples(
        self, workflow: str = "", node: str = "", model: str = "", most: int = 500
    ) -> Sequence[Sample]:
        query = f"{ENTRIES} WHERE source = 'call' AND outcome = '' AND {_WHERE} ORDER BY at DESC LIMIT ?"
        only = _bound(ALWAYS, Filter(workflow, node, model))
        rows = await self._ask(lambda c: c.execute(query, (*only, most)).fetchall())
        entries = [self._read(lambda row=row: entry_of(row)) for row in rows]
        return [Sample(entry.usage, entry.cost, entry.seconds, entry.at) for entry in entries]

    async def throw_away(self, before: str) -> int:
        def some(connection: sqlite3.Connection) -> int:
            oldest = "SELECT life, number FROM ledger INDEXED BY ledger_by_origin WHERE day < ? LIMIT ?"
            rows = connection.execute(oldest, (before, _SLICE)).fetchall()
            connection.executemany("DELETE FROM ledger WHERE life = ? AND number = ?", rows)
            return len(rows)

        def rest(connection: sqlite3.Connection) -> None:
            month = before[:7]  # its limit still counts the days of it that are gone
            connection.execute("DELETE FROM ledger_days WHERE day < ?", (month,))
            connection.execute("DELETE FROM ledger_origins WHERE id NOT IN (SELECT origin FROM ledger)")

        self._outbox.submit()
        went = 0
        while gone := await self._database.write(some):
            went += gone
        if went:
            await self._database.write(rest)
        return went

    async def _ask(self, do: Callable[[sqlite3.Connection], T]) -> T:
        def ask(connection: sqlite3.Connection) -> T:
            connection.create_aggregate("exact", 1, _Exact)  # type: ignore[arg-type]
            connection.create_aggregate("worst", 1, _Worst)  # type: ignore[arg-type]
            return do(connection)

        self._outbox.submit()
        found = await asyncio.to_thread(self._database.read_now, ask)
        if self._outbox.fault is not None:  # what waits for the disk is missing: no sum is whole
            raise self._outbox.fault
        return found

    def _read(self, decode: Callable[[], T]) -> T:
        try:
            return decode()
        except (ValueError, TypeError, ArithmeticError) as error:
            raise JournalError("journal.damaged", str(self._database.path), str(error)) from error


class _Exact:
    """Adds up money that is kept as text."""

    def __init__(self) -> None:
        self._total = Decimal(0)

    def step(self, amount: str) -> None:
        self._total += Decimal(amount)

    def finalize(self) -> str:
        return str(self._total)


class _Worst:
    """How well a sum is known: as the least known of its parts."""

    def __init__(self) -> None:
        self._state: CostState = "free"

    def step(self, state: CostState) -> None:
        self._state = worse(self._state, state)

    def finalize(self) -> str:
        return self._state


def _bound(days: Days, only: Filter) -> tuple[Any, ...]:
    texts = (days.first, days.last, only.workflow, only.node, only.model, only.connection, only.run)
    return tuple(value for text in texts for value in (stored(text),) * 2)


def _sum(row: Sequence[Any], parts: int) -> Sum:
    key, names = ([str(read_any(value)) for value in row[i * parts : (i + 1) * parts]] for i in (0, 1))
    calls, failed, free, unknown, *rest = row[2 * parts :]
    usage = Usage(*(int(tokens) for tokens in rest[:5]))
    cost, state, counted, seconds, rows, models, hits, saved, saved_state, cached_saving, *rest = rest[5:]
    broken_off, broken_off_counted, places, cache_unknown, *remembered = rest[:8]
    for_free, priced, written, unpriced = map(int, remembered)
    guessed, compared, paid, paid_state, instead, instead_state, not_compared, estimated, kind, _ = rest[8:]
    return Sum(
        tuple(key),
        tuple(names),
        calls,
        failed,
        free,
        unknown,
        usage,
        Cost(Decimal(cost or 0), state or "free"),
        Decimal(counted or 0),
        seconds,
        rows,
        models,
        hits,
        Cost(Decimal(saved or 0), saved_state or "free"),
        Decimal(cached_saving or 0),
        read(kind),
        broken_off,
        Decimal(broken_off_counted or 0),
        places,
        cache_unknown,
        for_free,
        priced,
        written,
        unpriced,
        guessed,
        compared,
        Cost(Decimal(paid or 0), paid_state or "free"),
        Cost(Decimal(instead or 0), instead_state or "free"),
        not_compared,
        estimated,
    )


def read_any(value: Any) -> Any:
    return read(value) if isinstance(value, bytes) else value

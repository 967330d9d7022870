"""Entries of the ledger as rows of the run store's database and back: exact money as text, times as numbers."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, TypeAlias, cast

from app.adapters.journal_codec import read, stored
from app.adapters.many_rows import write_rows
from app.adapters.redaction import hide_known
from app.costs.cost import Cost, CostState
from app.costs.ledger import Entry, EntrySource, Origin
from app.costs.price import Price
from app.costs.usage import Usage

Numbered: TypeAlias = tuple[int, Entry]

_ORIGIN = (
    "run, workflow_id, workflow, node, title, type, connection, model, free, price_input, price_output, price_cached, "
    "price_reasoning, price_written"
)
_ENTRY = (
    "at, day, scope, source, input, output, cached, reasoning, written, cost, state, counted, seconds, outcome, saved, "
    "saved_state, cached_saving, tier, part"
)
_ASKED_AT_ONCE = 500

ENTRIES = f"SELECT {_ORIGIN}, {_ENTRY} FROM ledger JOIN ledger_origins ON ledger_origins.id = origin"  # noqa: S608
INTO = f"INSERT INTO ledger (life, number, origin, {_ENTRY})"


def write_origin(connection: sqlite3.Connection, origin: Origin) -> int:
    """Gives the number of its row. A server may have echoed the key that it was sent."""
    texts = (
        origin.run,
        origin.workflow_id,
        origin.workflow,
        origin.node,
        origin.title,
        origin.type,
        origin.connection,
        origin.model,
    )
    values = (*(stored(hide_known(text)) for text in texts), origin.free, *_rates(origin.price))
    marks = ", ".join("?" * len(values))
    made = connection.execute(f"INSERT INTO ledger_origins ({_ORIGIN}) VALUES ({marks})", values)  # noqa: S608
    return cast("int", made.lastrowid)


def write_entries(
    connection: sqlite3.Connection, life: int, entries: Sequence[Numbered], origins: Sequence[int]
) -> None:
    """`origins` are the rows of the entries' origins, one each."""
    rows = [
        _row(life, number, origin, entry) for (number, entry), origin in zip(entries, origins, strict=True)
    ]
    write_rows(connection, INTO, rows)


def write_days(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Adds what limits count to the sums of the days."""
    added: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.counted:
            added[entry.day, entry.origin.connection] += entry.counted
    for (day, connection_name), amount in added.items():
        _add_to_day(connection, (day, stored(hide_known(connection_name))), amount)


def rename_days(connection: sqlite3.Connection, old: str, new: str) -> None:
    """What the days have counted for one connection is added to what they have for another."""
    names = stored(hide_known(old)), stored(hide_known(new))
    rows = connection.execute("SELECT day, counted FROM ledger_days WHERE connection = ?", names[:1])
    for day, counted in rows.fetchall():
        _add_to_day(connection, (day, names[1]), Decimal(counted))
    connection.execute("DELETE FROM ledger_days WHERE connection = ?", names[:1])


def _add_to_day(connection: sqlite3.Connection, key: tuple[str, str | bytes], amount: Decimal) -> None:
    found = connection.execute(
        "SELECT counted FROM ledger_days WHERE day = ? AND connection = ?", key
    ).fetchone()
    total = amount + (Decimal(found[0]) if found else 0)
    connection.execute("INSERT OR REPLACE INTO ledger_days VALUES (?, ?, ?)", (*key, str(total)))


def numbers_there(connection: sqlite3.Connection, life: int, numbers: Sequence[int]) -> set[int]:
    """Those of the numbers whose entries are in the database."""
    there: set[int] = set()
    for start in range(0, len(numbers), _ASKED_AT_ONCE):
        some = numbers[start : start + _ASKED_AT_ONCE]
        marks = ", ".join("?" * len(some))
        asked = f"SELECT number FROM ledger WHERE life = ? AND number IN ({marks})"  # noqa: S608
        there.update(row[0] for row in connection.execute(asked, (life, *some)))
    return there


def entry_of(row: Sequence[Any]) -> Entry:
    """From the columns of `ENTRIES`. Raises ValueError, TypeError or ArithmeticError."""
    run, workflow_id, workflow, node, title, kind, connection, model = (read(text) for text in row[:8])
    price = _price(row[9:14])
    origin = Origin(
        run, workflow_id, workflow, node, title, kind, connection, model, price, free=bool(row[8])
    )
    at, day, scope, source, input_, output, cached, reasoning, written, cost, state, counted = row[14:26]
    seconds, outcome, saved, saved_state, cached_saving, tier, part = row[26:]
    return Entry(
        origin,
        at / 1000,
        day,
        read(scope),
        cast("EntrySource", source),
        Usage(input_, output, cached, reasoning, written),
        Cost(Decimal(cost), cast("CostState", state)),
        Decimal(counted),
        seconds,
        read(outcome),
        None if saved is None else Cost(Decimal(saved), cast("CostState", saved_state)),
        Decimal(cached_saving),
        tier,
        read(part),
    )


def _row(life: int, number: int, origin: int, entry: Entry) -> tuple[Any, ...]:
    usage, saved = entry.usage, entry.saved
    return (
        life,
        number,
        origin,
        round(entry.at * 1000),
        entry.day,
        stored(entry.scope),
        entry.source,
        usage.input,
        usage.output,
        usage.cached,
        usage.reasoning,
        usage.written,
        _money(entry.cost.known),
        entry.cost.state,
        _money(entry.counted),
        entry.seconds,
        stored(entry.outcome),
        None if saved is None else _money(saved.known),
        None if saved is None else saved.state,
        _money(entry.cached_saving),
        entry.tier,
        stored(entry.part),
    )


def _money(amount: Decimal) -> str:
    return str(amount) if amount else "0"


def _rates(price: Price | None) -> tuple[str | None, ...]:
    if price is None:
        return (None,) * 5
    rates = (price.input, price.output, price.cached, price.reasoning, price.written)
    return tuple(None if rate is None else str(rate) for rate in rates)


def _price(rates: Sequence[str | None]) -> Price | None:
    input_, output, cached, reasoning, written = (None if rate is None else Decimal(rate) for rate in rates)
    return None if input_ is None or output is None else Price(input_, output, cached, reasoning, (), written)

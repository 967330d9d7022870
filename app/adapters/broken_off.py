"""What runs that broke off have come to: nobody was left to sum them up, but their calls and rows are recorded."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from app.adapters.database import Database
from app.adapters.journal_codec import stored
from app.adapters.journal_index import of_run
from app.costs.ledger import Filter, Ledger
from app.executor.journal import RunSummary

# A row that was walked twice may be there twice until the later one is in the index; those that were there before the
# rows were last read anew don't count, as in the journal itself.
_ROWS = """
    SELECT json_extract(record, '$.status'), COUNT(*) FROM items WHERE id IN (
        SELECT MAX(items.id) FROM items JOIN runs ON runs.id = items.run
        WHERE runs.run = ?1 AND frame = '' AND number >= 0 AND items.id > (
            SELECT coalesce(max(begun.id), 0) FROM items AS begun
            WHERE begun.run = runs.id AND begun.frame = '' AND begun.number = -1)
        GROUP BY key)
    GROUP BY 1
"""
# Steps that were computed together are a list: they took no time to speak of.
_UNTIL = f"""
    SELECT MAX(COALESCE(json_extract(record, '$.at'), 0) + COALESCE(json_extract(record, '$.seconds'), 0))
    FROM runs JOIN steps ON {of_run("steps", "runs.id")} WHERE runs.run = ? AND record LIKE '{{%'
"""  # noqa: S608 - our own names


async def summed_up(database: Database, ledger: Ledger, run: str, summary: RunSummary) -> RunSummary:
    """`summary` is what was kept at its last pause, or as it began. Raises JournalError."""

    def select(connection: sqlite3.Connection) -> tuple[dict[str, int], Any]:
        (until,) = connection.execute(_UNTIL, (stored(run),)).fetchone()
        return dict(connection.execute(_ROWS, (stored(run),)).fetchall()), until

    rows, until = await database.read(select)
    summary = replace(
        summary,
        elapsed=max(summary.elapsed, until or 0.0),
        rows_done=rows.get("done", 0),
        rows_failed=rows.get("failed", 0),
    )
    booked = next(iter(await ledger.sums((), only=Filter(run=run))), None)
    if booked is None or booked.calls < summary.calls:  # old entries may have been thrown away
        return summary
    return replace(summary, usage=booked.usage, cost=booked.cost, calls=booked.calls)

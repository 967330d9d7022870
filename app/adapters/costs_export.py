"""Writes the ledger as a table, a row for each call, so that every sum can be done again elsewhere."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from app.adapters.table_writing import replace_table
from app.costs.ledger import Days, Entry, Ledger
from app.document.workflow import Json

COLUMNS = (
    "day",
    "time_utc",
    "run",
    "workflow",
    "workflow_id",
    "step",
    "step_id",
    "step_type",
    "row",
    "connection",
    "model",
    "source",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost_usd",
    "cost_state",
    "counted_usd",
    "price_in",
    "price_out",
    "price_cached",
    "seconds",
    "outcome",
    "saved_usd",
    "cached_saving_usd",
    "tier",
    "part",
)
_PAGE = 1000


async def export_costs(ledger: Ledger, path: Path, days: Days) -> int:
    """Gives how many calls it wrote. The old file stays until the new one is whole.

    Raises JournalError, NodeError `file.*`.
    """
    n = 0
    with replace_table(path, COLUMNS) as write:
        while page := await ledger.entries(days, first=n, count=_PAGE):
            await asyncio.to_thread(write, [_row(entry) for entry in page])
            n += len(page)
    return n


def _row(entry: Entry) -> Mapping[str, Json]:
    origin, usage, price = entry.origin, entry.usage, entry.origin.price
    values = (
        entry.day,
        dt.datetime.fromtimestamp(entry.at, dt.UTC).isoformat(timespec="milliseconds"),
        origin.run,
        origin.workflow,
        origin.workflow_id,
        origin.title,
        origin.node,
        origin.type,
        entry.scope,
        origin.connection,
        origin.model,
        entry.source,
        usage.input,
        usage.output,
        usage.cached,
        usage.reasoning,
        "" if entry.cost.state == "unknown" else f"{entry.cost.known:f}",
        entry.cost.state,
        f"{entry.counted:f}",
        "" if price is None else f"{price.input:f}",
        "" if price is None else f"{price.output:f}",
        "" if price is None or price.cached is None else f"{price.cached:f}",
        entry.seconds,
        entry.outcome or "ok",
        "" if entry.saved is None else f"{entry.saved.known:f}",
        f"{entry.cached_saving:f}",
        entry.tier,
        entry.part,
    )
    return dict(zip(COLUMNS, values, strict=True))

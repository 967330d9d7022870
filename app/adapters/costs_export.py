"""Writes the ledger as a table, a row for each call, so that every sum can be done again elsewhere.

What a call has cost is its tokens at the prices beside them: `tokens_cached` and `tokens_written` are parts of
`tokens_in`, `tokens_reasoning` of `tokens_out`, and a part without a price of its own costs what its whole costs. A row
in which a cascade was compared (`source` is "compared") is no call: `compared_usd` stands at its calls already,
`instead_usd` is the last model alone. What nobody knows is empty.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
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
    "tokens_written",
    "tokens_reasoning",
    "cost_usd",
    "cost_state",
    "counted_usd",
    "price_in",
    "price_out",
    "price_cached",
    "price_written",
    "price_reasoning",
    "seconds",
    "outcome",
    "saved_usd",
    "cached_saving_usd",
    "compared_usd",
    "instead_usd",
    "tier",
    "part",
)
_PAGE = 1000


async def export_costs(ledger: Ledger, path: Path, days: Days) -> int:
    """Gives how many calls it wrote. The old file stays until the new one is whole.

    Raises JournalError, NodeError `file.*`.
    """
    at = calls = 0
    with replace_table(path, COLUMNS) as write:
        while page := await ledger.entries(days, first=at, count=_PAGE):
            await asyncio.to_thread(write, [_row(entry) for entry in page])
            at += len(page)
            calls += sum(entry.source != "compared" for entry in page)
    return calls


def _row(entry: Entry) -> Mapping[str, Json]:
    origin, usage, price = entry.origin, entry.usage, entry.origin.price
    is_call, saved = entry.source != "compared", entry.saved.usd if entry.saved else None
    is_saving_known = price is not None or entry.cost.state == "free" or not (usage.cached or usage.written)
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
        usage.written,
        usage.reasoning,
        _money(entry.cost.usd if is_call else Decimal(0)),
        entry.cost.state if is_call else "free",
        f"{entry.counted:f}",
        _money(price and price.input),
        _money(price and price.output),
        _money(price and price.cached),
        _money(price and price.written),
        _money(price and price.reasoning),
        entry.seconds,
        entry.outcome or "ok",
        _money(saved if is_call else None),
        _money(entry.cached_saving if is_call and is_saving_known else None),
        _money(None if is_call or saved is None else entry.cost.usd),
        _money(None if is_call else saved),
        entry.tier,
        entry.part,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"

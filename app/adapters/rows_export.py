"""Writes the rows of a run as a table: what went in, what came out, how it ended and what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from app.adapters.table_writing import replace_table
from app.document.workflow import Json
from app.executor.journal import ItemRecord, Journal

OURS = ("status", "cost", "seconds", "error")  # columns that no row brings
_PAGE = 500
_GAP = 2_000  # rows; more than that are never under way at once


async def export_rows(
    journal: Journal, path: Path, titles: Mapping[str, str], errors: Mapping[str, str]
) -> int:
    """Gives how many rows it wrote, in the order of their source. The old file stays until the new one is whole.

    `titles` names our columns and states, `errors` the sentence for a failed row by its number; else its code is
    written. Raises JournalError, NodeError `file.*`.
    """
    ours = {name: titles.get(name, name) for name in OURS}
    columns = await _columns(journal, tuple(ours.values()))
    n = 0
    with replace_table(path, columns) as write:
        async for page in _pages(journal):
            rows = [_row(item, ours, titles, errors) for item in page]
            await asyncio.to_thread(write, rows)
            n += len(rows)
    return n


async def rows_through(journal: Journal) -> int:
    """The number behind the last row that is through. Raises JournalError."""
    last = 0
    async for page in _pages(journal):
        last = page[-1].number + 1
    return last


async def _pages(journal: Journal) -> AsyncIterator[Sequence[ItemRecord]]:
    first = empty = 0
    while empty < _GAP:
        page = await journal.items("", first, _PAGE)
        if page:
            yield page
        first, empty = first + _PAGE, 0 if page else empty + _PAGE


async def _columns(journal: Journal, ours: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of what went in, of what came out, and ours, each in the order in which they first come."""
    into: dict[str, None] = {}
    out: dict[str, None] = {}
    async for page in _pages(journal):
        for item in page:
            into.update(dict.fromkeys(item.values))
            out.update(dict.fromkeys(item.outputs))
    return tuple(dict.fromkeys((*into, *out, *ours)))


def _row(
    item: ItemRecord, ours: Mapping[str, str], titles: Mapping[str, str], errors: Mapping[str, str]
) -> dict[str, Json]:
    # A column of the table that is called as one of ours gives way: a state must never be read as a value.
    return {
        **item.values,
        **item.outputs,
        ours["status"]: titles.get(item.status, item.status),
        ours["cost"]: "" if item.cost.state == "unknown" else str(item.cost.known),
        ours["seconds"]: round(item.seconds, 3),
        ours["error"]: errors.get(str(item.number)) or (item.failure.code if item.failure else ""),
    }

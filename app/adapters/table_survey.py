"""Table survey: how many rows a table has and what they look like, from its first ones where it is long."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.adapters.safe_files import as_file_errors
from app.adapters.tables import WORKBOOKS, open_rows, rows_of
from app.adapters.workbook_reader import WorkbookReader
from app.sdk.context import Row

_SEEN = 500  # rows that stand for all
_WHOLE = 1024 * 1024  # bytes; of a longer file the lines are counted, not the rows
_READ = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Survey:
    """`sample` are its first rows. `exact`: all rows were counted one by one."""

    rows: int
    sample: Sequence[Row]
    exact: bool


async def survey(path: Path, workbooks: WorkbookReader) -> Survey:
    """Reads no more than some hundred megabytes. Raises NodeError `file.*` as `rows_of`."""
    if path.suffix.lower() not in WORKBOOKS:
        return await asyncio.to_thread(_of_text, path)
    sample: list[Row] = []
    async with aclosing(rows_of(path, workbooks)) as batches:
        async for batch in batches:
            sample += batch[: _SEEN - len(sample)]
            if len(sample) == _SEEN:
                break
    if len(sample) < _SEEN:
        return Survey(len(sample), sample, exact=True)
    with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
        count = await workbooks.count(file, str(path))
    return Survey(max(count or 0, len(sample)), sample, exact=False)


def _of_text(path: Path) -> Survey:
    with closing(open_rows(path)) as rows:
        sample = list(islice(rows, _SEEN))
        if len(sample) < _SEEN:
            return Survey(len(sample), sample, exact=True)
        if path.stat().st_size <= _WHOLE:
            return Survey(len(sample) + sum(1 for _ in rows), sample, exact=True)
    lines = sum(1 + sum(str(cell).count("\n") for cell in row.values()) for row in sample) / len(sample)
    return Survey(max(len(sample), round(_lines(path) / lines)), sample, exact=False)


def _lines(path: Path) -> float:
    """Of a file; the rest of a very long one is thought to be as its beginning."""
    lines = seen = 0
    with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
        while seen < _READ and (block := file.read(_WHOLE)):
            lines += block.count(b"\n")
            seen += len(block)
        return lines * max(1.0, path.stat().st_size / max(1, seen))

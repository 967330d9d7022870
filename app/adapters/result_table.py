"""The rows of a run with what came of each, written as a table while the run goes on."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, TypeAlias

from app.adapters.atomic_files import sync_folder
from app.adapters.safe_files import as_file_errors
from app.adapters.table_writing import ROW_BY_ROW, open_table
from app.document.workflow import Json
from app.events.run_events import RowSettled, RunEvent
from app.executor.journal import ItemRecord, JournalError
from app.sdk.context import Row
from app.sdk.errors import NodeError

Items: TypeAlias = Callable[[int, int], Awaitable[Sequence[ItemRecord]]]

_PAGE = 256  # rows
_SOON = 1.0  # seconds after which fewer are written, too
_OWN = ("status", "cost_usd", "error")


class ResultTable:
    """Every row's own columns, the results, and what became of it, in the order of the source.

    It is written beside `path` and takes its name at the end, so that what was there before is never half replaced.
    `results` are the names of the results, `items` reads rows that are through from the journal, `error` says in words
    what was wrong with one. Where it `grows`, people may read it meanwhile, and a kill leaves it as it is; not a
    workbook, which is none before its end. What can't take its name since another program has a file open stays
    where people find it.
    """

    def __init__(
        self,
        path: Path,
        run: str,
        results: Sequence[str],
        items: Items,
        error: Callable[[ItemRecord], str],
        *,
        grows: bool = False,
    ) -> None:
        self._path = path
        self._results = results
        self._items = items
        self._error = error
        self._grows = grows and path.suffix.lower() in ROW_BY_ROW
        seen = path.with_name(f"{path.stem[:60]}.{run}.part{path.suffix}")
        self._beside = seen if self._grows else path.with_name(f".{path.name[:60]}.{run}.tmp")
        self._part = _Part(path, self._beside, seen)
        self._wakes_at = 1 if self._grows else _PAGE  # rows
        self._columns: list[str] = []  # of the rows as they were read
        self._is_odd = False  # a row brought a column that is in no header: all of it is written once more
        self._settled: set[int] = set()  # rows that are through while an earlier one isn't
        self._through = 0
        self._next = 0
        self._over = False
        self._news = asyncio.Event()
        self._fault: NodeError | JournalError | None = None
        self._task = asyncio.get_running_loop().create_task(self._follow())

    @property
    def growing(self) -> Path | None:
        """Where its rows can be read by now."""
        return self._beside if self._grows and self._next else None

    def note(self, events: Iterable[RunEvent]) -> None:
        """What the run has come to; rows are written a page at a time."""
        for event in events:
            if isinstance(event, RowSettled) and not event.frame:
                self._settled.add(event.row)
        while self._through in self._settled:
            self._settled.remove(self._through)
            self._through += 1
        if self._through - self._next >= self._wakes_at:
            self._news.set()

    async def finish(self, rows: int) -> None:
        """Writes what is left of so many rows and puts the table under its name. Raises NodeError `file.*`, of which
        `file.left_beside` tells where the whole table is, and JournalError.
        """
        try:
            await self._end()
            if self._fault is not None:
                raise self._fault
            await self._write_until(rows)
            if self._is_odd:
                self._part.drop()
                self._next = 0
                await self._write_until(rows)
            await asyncio.to_thread(self._part.put, [*self._columns, *self._names()])
        finally:
            self._part.drop()

    async def drop(self) -> None:
        """Nothing is left of it."""
        await self._end()
        self._part.drop()

    async def _end(self) -> None:
        self._over = True
        self._news.set()
        await self._task

    async def _follow(self) -> None:
        try:
            while not self._over:
                await self._news.wait()
                self._news.clear()
                if self._grows:
                    await self._moment()
                while self._through - self._next >= _PAGE:
                    await self._page(_PAGE)
                if self._grows and self._through > self._next and not self._over:
                    await self._page(self._through - self._next)
        except (NodeError, JournalError) as error:
            self._fault = error

    async def _moment(self) -> None:
        """Until a page is full, but not long: who looks at a slow run sees its rows come."""
        self._wakes_at = _PAGE
        if self._through - self._next < _PAGE:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SOON):
                    await self._news.wait()
        self._news.clear()
        self._wakes_at = 1

    async def _write_until(self, rows: int) -> None:
        while self._next < rows:
            await self._page(min(_PAGE, rows - self._next))

    async def _page(self, count: int) -> None:
        items = await self._items(self._next, count)
        for name in (name for item in items for name in item.values):
            if name not in self._columns:
                self._columns.append(name)
                self._is_odd |= self._part.is_open
        names = self._names()
        await asyncio.to_thread(
            self._part.write, [*self._columns, *names], [self._row(item, names) for item in items]
        )
        self._next += count

    def _names(self) -> list[str]:
        """Of the results and of what became of a row; none is a column that the row brought along."""
        taken, names = set(self._columns), list[str]()
        for name, before in [*((n, "result") for n in self._results), *((n, "run") for n in _OWN)]:
            free = name
            while free in taken:
                free = f"{before}_{free}"
            taken.add(free)
            names.append(free)
        return names

    def _row(self, item: ItemRecord, names: Sequence[str]) -> Row:
        usd = item.cost.usd
        cost: Json = "unknown" if usd is None else f"{usd:f}"
        if usd is not None and self._path.suffix.lower() == ".xlsx":
            cost = float(usd)  # so that the sheet can add it up
        came: Mapping[str, Json] = item.outputs
        made = [*(came.get(name) for name in self._results), item.status, cost, self._error(item)]
        return {**item.values, **dict(zip(names, made, strict=True))}


class _Part:
    """The table under way, in a file beside the one that it is to be; `seen` is what it is called if it stays there.
    Every call may wait for the disk.
    """

    def __init__(self, path: Path, beside: Path, seen: Path) -> None:
        self._path = path
        self._beside = beside
        self._seen = seen
        self._stays = False
        self._opened = ExitStack()
        self._write: Callable[[Iterable[Row]], None] | None = None

    @property
    def is_open(self) -> bool:
        return self._write is not None

    def write(self, columns: Sequence[str], rows: Sequence[Row]) -> None:
        with as_file_errors(self._path, "file.not_writable"):
            if self._write is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = file = self._opened.enter_context(self._beside.open("wb"))
                self._opened.callback(_sync, file)
                self._write = self._opened.enter_context(open_table(file, self._path.name, columns))
            self._write(rows)
            self._file.flush()

    def put(self, columns: Sequence[str]) -> None:
        """Whole, on the disk, and under its name."""
        self.write(columns, ())
        with as_file_errors(self._path, "file.not_writable"):
            self._write = None
            self._opened.pop_all().close()
            self._take_name()
            sync_folder(self._path.parent)

    def _take_name(self) -> None:
        try:
            self._beside.replace(self._path)
        except PermissionError as error:  # on Windows, for one, while another program shows either of the two
            self._stays = True
            left = self._beside
            with contextlib.suppress(OSError):
                left = left.replace(self._seen)
            raise NodeError("file.left_beside", path=str(self._path), beside=str(left)) from error

    def drop(self) -> None:
        self._write = None
        with contextlib.suppress(Exception):
            dropped = NodeError("file.not_writable", path=str(self._path))
            self._opened.pop_all().__exit__(NodeError, dropped, None)
        with contextlib.suppress(OSError):
            if not self._stays:
                self._beside.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())

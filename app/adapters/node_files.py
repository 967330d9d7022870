"""Files as a running step sees them: paths within what was granted, read and written safely, off the loop."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, aclosing
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from app.adapters.file_rows import rows_of_file
from app.adapters.safe_files import append_granted, open_granted, write_granted
from app.adapters.table_writing import WRITABLE, columns_of, csv_parts, json_parts, write_rows
from app.adapters.tables import SAMPLE, WORKBOOKS, csv_form, header_of
from app.adapters.text_encoding import encoding_of
from app.adapters.workbook_reader import WorkbookReader
from app.sdk.context import Row
from app.sdk.errors import NodeError

LONGEST_TEXT = 20 * 1024 * 1024  # bytes
MOST_ROWS = 1_000_000  # of a workbook


class NodeFiles:
    """Implements `app.sdk.context.Files` for one run. Relative paths start at `folder`, the workflow's own.

    `may_read` and `may_write` are asked for resolved paths; what may be written may be read. What lies at or
    below `protected` is out of reach whatever was granted. `workbooks` reads Excel files.
    """

    def __init__(
        self,
        folder: Path,
        may_read: Callable[[Path], bool],
        may_write: Callable[[Path], bool],
        workbooks: WorkbookReader,
        protected: Sequence[Path] = (),
    ) -> None:
        self._folder = folder
        self._read_granted = may_read
        self._write_granted = may_write
        self._workbooks = workbooks
        self._protected = protected
        self._writing: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def read_text(self, path: str) -> str:
        return await asyncio.to_thread(self._read_text, self._place(path))

    async def read_table(self, path: str, sheet: str = "", most: int | None = None) -> Sequence[Row]:
        place = self._place(path)
        if place.suffix.lower() in WORKBOOKS:
            return (await self._read_workbook(place, sheet))[:most]
        return await asyncio.to_thread(rows_of_file, place, most, self._opened)

    async def write_text(self, path: str, text: str, *, append: bool = False, replace: bool = False) -> str:
        place = self._place(path)
        async with self._writing[place]:
            if append:
                await asyncio.to_thread(self._append_text, place, text)
            else:
                data = text.encode("utf-8", "replace")
                await asyncio.to_thread(
                    write_granted, place, lambda file: file.write(data), self._may_write, replace=replace
                )
        return str(place)

    async def write_table(
        self, path: str, rows: Sequence[Row], *, append: bool = False, replace: bool = False
    ) -> str:
        place = self._place(path)
        if place.suffix.lower() not in WRITABLE:
            raise NodeError("file.unknown_format", path=str(place), ending=place.suffix)
        async with self._writing[place]:
            await asyncio.to_thread(self._write_table, place, rows, append=append, replace=replace)
        return str(place)

    def _may_read(self, path: Path) -> bool:
        return self._outside_protected(path) and (self._read_granted(path) or self._write_granted(path))

    def _may_write(self, path: Path) -> bool:
        return self._outside_protected(path) and self._write_granted(path)

    def _outside_protected(self, path: Path) -> bool:
        """Raises NodeError `file.protected`, so that the person doesn't go on granting what can't be granted."""
        if any(path == place or place in path.parents for place in self._protected):
            raise NodeError("file.protected", path=str(path))
        return True

    def _place(self, path: str) -> Path:
        """The path without links and dots. Raises NodeError `file.missing`, `file.name_not_allowed`."""
        if not path.strip():
            raise NodeError("file.missing", path=path)
        try:
            return (self._folder / Path(path).expanduser()).resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise NodeError("file.name_not_allowed", path=path, name=path) from error

    def _read_text(self, place: Path) -> str:
        with open_granted(place, self._may_read) as file:
            data = file.read(LONGEST_TEXT + 1)
        if len(data) > LONGEST_TEXT:
            raise NodeError("file.too_large", path=str(place), limit=LONGEST_TEXT)
        encoding = encoding_of(data)
        if encoding is None:
            raise NodeError("file.not_text", path=str(place))
        return data.decode(encoding, "replace").replace("\r\n", "\n")

    def _opened(self, place: Path) -> AbstractContextManager[BinaryIO]:
        return open_granted(place, self._may_read)

    async def _read_workbook(self, place: Path, sheet: str) -> list[Row]:
        rows: list[Row] = []
        with ExitStack() as opened:
            file = await asyncio.to_thread(opened.enter_context, open_granted(place, self._may_read))
            async with aclosing(self._workbooks.rows(file, str(place), sheet)) as batches:
                async for batch in batches:
                    rows += batch
                    _few_enough(rows, place)
        return rows

    def _append_text(self, place: Path, text: str) -> None:
        sample = self._sample(place)
        encoding = (encoding_of(sample, whole=len(sample) < SAMPLE) if sample else None) or "utf-8"
        # A second byte order mark in the middle would be a character.
        append_granted(place, text.encode(_without_mark(encoding, sample), "replace"), self._may_write)

    def _write_table(self, place: Path, rows: Sequence[Row], *, append: bool, replace: bool) -> None:
        if append and self._sample(place):
            self._append_rows(place, rows)
        else:
            write_granted(
                place,
                lambda file: write_rows(file, place.name, rows),
                self._may_write,
                replace=replace or append,
            )

    def _append_rows(self, place: Path, rows: Sequence[Row]) -> None:
        ending = place.suffix.lower()
        if ending == ".xlsx":
            # Rewriting somebody's workbook would lose its charts and pictures.
            raise NodeError("file.cannot_append", path=str(place))
        if ending in {".jsonl", ".ndjson"}:
            self._add(place, json_parts(rows))
            return
        sample = self._sample(place)
        form = csv_form(sample, str(place), whole=len(sample) < SAMPLE)
        columns = header_of(sample, form)
        if set(columns_of(rows)) <= set(columns) and not form.encoding.startswith("utf-16"):
            self._add(place, csv_parts(rows, columns, form, header=False))
            return
        before = rows_of_file(place, None, self._opened)
        both = list(dict.fromkeys([*columns_of(before), *columns_of(rows)]))
        parts = csv_parts(chain(before, rows), both, form, header=True)
        write_granted(place, lambda file: file.writelines(parts), self._may_write, replace=True)

    def _add(self, place: Path, parts: Iterator[bytes]) -> None:
        """One write where the rows are few, so that those of several runs don't mix; many go through a new file."""
        first, second = next(parts, b""), next(parts, None)
        if second is None:
            append_granted(place, self._line_end(place) + first, self._may_write)
            return
        end = self._line_end(place)

        def write(file: BinaryIO) -> None:
            with open_granted(place, self._may_read) as before:
                shutil.copyfileobj(before, file)
            file.writelines(chain((end, first, second), parts))

        write_granted(place, write, self._may_write, replace=True)

    def _sample(self, place: Path) -> bytes:
        """The beginning of the file; empty where there is none."""
        if not os.path.lexists(place):
            return b""
        with open_granted(place, self._may_read) as file:
            return file.read(SAMPLE)

    def _line_end(self, place: Path) -> bytes:
        """What is missing at the end of the file before another line can follow."""
        with open_granted(place, self._may_read) as file:
            file.seek(-1, os.SEEK_END)
            return b"" if file.read(1) in {b"\n", b"\r"} else b"\n"


def _few_enough(rows: list[Row], place: Path) -> list[Row]:
    """Raises NodeError `file.too_large`."""
    if len(rows) > MOST_ROWS:
        raise NodeError("file.too_large", path=str(place), limit=MOST_ROWS)
    return rows


def _without_mark(encoding: str, sample: bytes) -> str:
    if encoding in {"utf-16", "utf-32"}:
        return encoding + ("-le" if sample.startswith(b"\xff") else "-be")
    return encoding.removesuffix("-sig")

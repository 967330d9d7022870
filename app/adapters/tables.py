"""Tables row by row as they are asked for: CSV in any common dialect and encoding, Excel workbooks, JSON lines."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from itertools import filterfalse, islice, zip_longest
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, NoReturn, TypeAlias, cast

from app.adapters.safe_files import as_file_errors
from app.adapters.text_encoding import encoding_of
from app.adapters.workbook_reader import WorkbookReader
from app.adapters.workbooks import workbook_rows
from app.document.workflow import Json
from app.sdk.context import Row
from app.sdk.errors import NodeError

SAMPLE = 64 * 1024  # bytes by which encoding and dialect are judged
LONGEST_CELL = 8 * 1024 * 1024  # characters
LONGEST_LINE = 32 * 1024 * 1024  # bytes of JSON
COUNTED = 64 * 1024 * 1024  # bytes; counting the rows of more takes too long
BATCH = 256  # rows that a thread reads in one go
DELIMITERS = ",;\t|"
WORKBOOKS = frozenset({".xlsx", ".xlsm"})
_EMPTY = frozenset({"", None})  # cells

Reader: TypeAlias = Callable[[BinaryIO, str], Iterator[Row]]


def read_rows(file: BinaryIO, name: str, sheet: str = "") -> Iterator[Row]:
    """The rows of an open file, by the ending of its name. `sheet` empty: the first one.

    A workbook is read here in its own process only: elsewhere `WorkbookReader` does it.
    Raises NodeError `file.*`: unknown_format, not_text, bad_table, bad_workbook, sheet_missing, too_large.
    """
    ending = Path(name).suffix.lower()
    if ending in WORKBOOKS:
        return as_records(workbook_rows(file, name, sheet))
    if ending not in _READERS:
        raise NodeError("file.unknown_format", path=name, ending=ending)
    return _READERS[ending](file, name)


async def rows_of(path: Path, workbooks: WorkbookReader, sheet: str = "") -> AsyncGenerator[Sequence[Row]]:
    """The rows of a file that the person named, for a run over a table; read in batches, as they are needed.

    Raises NodeError as `read_rows` and `WorkbookReader.rows`, and `file.missing`, `file.not_readable`.
    """
    if path.suffix.lower() in WORKBOOKS:
        with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
            async with aclosing(workbooks.rows(file, str(path), sheet)) as batches:
                async for batch in batches:
                    yield batch
        return
    source = _Source(path)
    try:
        while not source.is_through:
            if batch := await asyncio.to_thread(source.take):
                yield batch
    finally:
        if not source.is_through:
            await asyncio.to_thread(source.close)


async def count_rows(path: Path, workbooks: WorkbookReader, sheet: str = "") -> int | None:
    """How many rows a table has, where that is quickly found; None otherwise. Raises NodeError as `rows_of`."""
    if path.suffix.lower() not in WORKBOOKS:
        return await asyncio.to_thread(_count, path)
    with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
        return await workbooks.count(file, str(path), sheet)


def _count(path: Path) -> int | None:
    with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
        return None if path.stat().st_size > COUNTED else sum(1 for _ in read_rows(file, str(path)))


def column_names(header: Sequence[object]) -> list[str]:
    """Names for columns: those of the header, numbered where they are missing or repeated."""
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = str(cell).strip() if cell is not None else ""
        name = name or f"column {number}"
        same, again = name, 2
        while same in names:
            same, again = f"{name} ({again})", again + 1
        names.append(same)
    return names


class _Source:
    """A table that threads read from by turns; closing waits for the one that still reads."""

    def __init__(self, path: Path) -> None:
        self._rows = open_rows(path)
        self._reading = Lock()
        self.is_through = False  # which closes the file

    def take(self) -> list[Row]:
        with self._reading:
            batch = list(islice(self._rows, BATCH))
            self.is_through = len(batch) < BATCH
            return batch

    def close(self) -> None:
        with self._reading:
            self._rows.close()


def open_rows(path: Path) -> Generator[Row]:
    """The rows of a file that isn't a workbook; closing it closes the file. Raises NodeError as `read_rows`."""
    with as_file_errors(path, "file.not_readable"), path.open("rb") as file:
        yield from read_rows(file, str(path))


def as_records(rows: Iterable[Sequence[Json]]) -> Iterator[Row]:
    """Rows of cells as records by the first row's names; empty rows are left out."""
    filled = filterfalse(_EMPTY.issuperset, rows)
    header = next(filled, None)
    if header is None:
        return
    names = column_names(header)
    for row in filled:
        if len(row) > len(names):
            names = column_names([*names, *("" for _ in range(len(row) - len(names)))])
        yield dict(zip_longest(names, row, fillvalue=""))


# --- comma-separated values ------------------------------------------------------------------------------


class CsvForm(csv.excel):
    """How a CSV file is written."""

    def __init__(self, encoding: str, delimiter: str, begins: int) -> None:
        self.encoding = encoding
        self.delimiter = delimiter
        self.begins = begins  # lines before the header: Excel's "sep=;"


def csv_form(sample: bytes, name: str, *, whole: bool) -> CsvForm:
    """How a file is written, judged by its beginning. Raises NodeError `file.not_text`."""
    encoding = encoding_of(sample, whole=whole)
    if encoding is None:
        raise NodeError("file.not_text", path=name)
    text = sample.decode(encoding, "ignore")
    said = re.match(r"sep=(.)\r?\n", text)
    if said:
        return CsvForm(encoding, said[1], 1)
    return CsvForm(encoding, _delimiter(text, whole=whole), 0)


def header_of(sample: bytes, form: CsvForm) -> list[str]:
    """The columns of a CSV file by its beginning."""
    lines = io.StringIO(sample.decode(form.encoding, "ignore"), newline="")
    records = csv.reader(islice(lines, form.begins, None), form)
    return column_names(next((row for row in records if any(row)), list[str]()))


def _csv_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    sample = file.read(SAMPLE)
    form = csv_form(sample, name, whole=len(sample) < SAMPLE)
    file.seek(0)
    # A character that the sample didn't show to be impossible is shown as such, not refused.
    text = io.TextIOWrapper(file, form.encoding, errors="replace", newline="")
    reader = csv.reader(islice(text, form.begins, None), form)
    try:
        yield from as_records(reader)
    except csv.Error as error:
        _bad(name, reader.line_num + form.begins, str(error), error)
    finally:
        text.detach()


def _delimiter(text: str, *, whole: bool) -> str:
    """The candidate that splits the records into the most columns, the same number in nearly all of them."""
    best = (0.0, 1, ",")
    for candidate in DELIMITERS:
        try:
            records = csv.reader(io.StringIO(text, newline=""), delimiter=candidate)
            widths: list[int] = list(filter(None, map(len, records)))
        except csv.Error:
            continue
        counted = Counter(widths if whole or len(widths) < 2 else widths[:-1])
        if not counted:
            continue
        width, often = counted.most_common(1)[0]
        agreement = round(often / counted.total(), 1)
        if width > 1 and (agreement, width) > best[:2]:
            best = (agreement, width, candidate)
    return best[2]


# --- JSON lines ------------------------------------------------------------------------------------------


def _json_rows(file: BinaryIO, name: str) -> Iterator[Row]:
    number = 0
    while line := file.readline(LONGEST_LINE):
        number += 1
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            value: Any = json.loads(text, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            _bad(name, number, "", error)
        yield cast("Row", value) if isinstance(value, dict) else {"value": value}


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _bad(name: str, line: int, detail: str, error: Exception) -> NoReturn:
    raise NodeError("file.bad_table", path=name, line=line, detail=detail) from error


_READERS: Mapping[str, Reader] = {
    ".csv": _csv_rows,
    ".tsv": _csv_rows,
    ".txt": _csv_rows,
    ".jsonl": _json_rows,
    ".ndjson": _json_rows,
}

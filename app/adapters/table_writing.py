"""Writes tables: CSV as spreadsheet programs read it, Excel workbooks, JSON lines; nothing in a cell may run."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from app.adapters.safe_files import as_file_errors
from app.adapters.tables import CsvForm
from app.document.workflow import Json
from app.sdk.context import Row
from app.sdk.errors import NodeError

# What makes a spreadsheet take a text for a formula, in its full-width forms too.
_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[\d ]*\d([.,]\d+)*(e[+-]?\d+)?%?", re.IGNORECASE)
ROW_BY_ROW = (".csv", ".tsv", ".jsonl", ".ndjson")  # a table at any moment; a workbook only at its end
WRITABLE = (*ROW_BY_ROW, ".xlsx")
_PART = 512  # rows that are written in one go
_NEW_CSV = "utf-8-sig"  # spreadsheet programs take a file without the mark for the Western code page


def harmless(text: str) -> str:
    """The text with a quote in front where a spreadsheet would run it; a number stays a number."""
    return "'" + text if text.startswith(_STARTERS) and not _NUMBER.fullmatch(text) else text


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Every column of the rows, in the order in which they first come. Raises NodeError `table.not_rows`."""
    names: dict[str, None] = {}
    for row in rows:
        if not isinstance(cast("Any", row), Mapping):  # a long list promises nothing
            raise NodeError("table.not_rows")
        names |= dict.fromkeys(row)
    return list(names)


def write_rows(file: BinaryIO, name: str, rows: Sequence[Row]) -> None:
    """Writes a whole table in the form that the name's ending says; goes through the rows twice at most.

    Raises NodeError `file.unknown_format`, `table.not_rows`.
    """
    columns = columns_of(rows)
    with open_table(file, name, columns) as write:
        write(rows)


@contextmanager
def open_table(
    file: BinaryIO, name: str, columns: Sequence[str]
) -> Generator[Callable[[Iterable[Row]], None]]:
    """Gives what writes the next rows; at the end the table is whole. Raises NodeError `file.unknown_format`."""
    ending = Path(name).suffix.lower()
    if ending in {".csv", ".tsv"}:
        form = CsvForm(_NEW_CSV, "\t" if ending == ".tsv" else ",", 0)
        file.writelines(csv_parts((), columns, form, header=True))
        yield lambda rows: file.writelines(csv_parts(rows, columns, form, header=False))
    elif ending in {".jsonl", ".ndjson"}:
        yield lambda rows: file.writelines(json_parts(rows))
    elif ending == ".xlsx":
        with _workbook(file, columns) as write:
            yield write
    else:
        raise NodeError("file.unknown_format", path=name, ending=ending)


@contextmanager
def replace_table(path: Path, columns: Sequence[str]) -> Generator[Callable[[Iterable[Row]], None]]:
    """As `open_table`, in place of the file at `path`, which stays until the new one is whole and on the disk.

    Raises NodeError `file.*`.
    """
    temporary = path.with_name(f".{os.getpid()}.{path.name}")
    with as_file_errors(path, "file.not_writable"):
        try:
            with temporary.open("wb") as file:
                with open_table(file, path.name, columns) as write:
                    yield write
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


def csv_parts(rows: Iterable[Row], columns: Sequence[str], form: CsvForm, *, header: bool) -> Iterator[bytes]:
    """Rows as CSV, many a part; a character that an old encoding lacks becomes a question mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, form)
    if header:
        writer.writerow([harmless(name) for name in columns])
        yield _taken(text).encode(form.encoding, "replace")
    encoding = form.encoding.removesuffix("-sig")
    if encoding == "utf-16":  # a second byte order mark in the middle would be a character
        encoding = f"utf-16-{sys.byteorder[0]}e"
    source = iter(rows)
    while some := list(islice(source, _PART)):
        writer.writerows([harmless(cell_text(row.get(name))) for name in columns] for row in some)
        yield _taken(text).encode(encoding, "replace")


def json_parts(rows: Iterable[Row]) -> Iterator[bytes]:
    """Rows as JSON lines, many a part."""
    source = iter(rows)
    while some := list(islice(source, _PART)):
        yield "".join(json.dumps(row, ensure_ascii=False, default=list) + "\n" for row in some).encode(
            "utf-8", "replace"
        )


def _taken(text: io.StringIO) -> str:
    words = text.getvalue()
    text.seek(0)
    text.truncate()
    return words


def cell_text(value: Json) -> str:
    """A value as it stands in a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Mapping, Sequence)):
        return json.dumps(value, ensure_ascii=False, default=list)
    return str(value)


@contextmanager
def _workbook(file: BinaryIO, columns: Sequence[str]) -> Generator[Callable[[Iterable[Row]], None]]:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    def cell(value: Json) -> str | int | float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        return ILLEGAL_CHARACTERS_RE.sub("", harmless(cell_text(value)))[:32767]

    def write(rows: Iterable[Row]) -> None:
        for row in rows:
            sheet.append([cell(row.get(name)) for name in columns])

    book = Workbook(write_only=True)  # its rows go straight to the disk
    sheet = book.create_sheet("Sheet1")
    sheet.append([cell(name) for name in columns])
    try:
        yield write
    except BaseException:
        with contextlib.suppress(Exception):
            sheet.close()
        raise
    book.save(file)

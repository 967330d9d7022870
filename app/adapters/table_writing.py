"""Writes tables: CSV as spreadsheet programs read it, Excel workbooks, JSON lines; nothing in a cell may run."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from app.adapters.tables import CsvForm
from app.document.workflow import Json
from app.sdk.context import Row
from app.sdk.errors import NodeError

# What makes a spreadsheet take a text for a formula, in its full-width forms too.
_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[\d ]*\d([.,]\d+)*(e[+-]?\d+)?%?", re.IGNORECASE)
WRITABLE = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx")
_NEW_CSV = "utf-8-sig"  # spreadsheet programs take a file without the mark for the Western code page


def harmless(text: str) -> str:
    """The text with a quote in front where a spreadsheet would run it; a number stays a number."""
    return "'" + text if text.startswith(_STARTERS) and not _NUMBER.fullmatch(text) else text


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Every column of the rows, in the order in which they first come."""
    return list(dict.fromkeys(name for row in rows for name in row))


def write_rows(file: BinaryIO, name: str, rows: Sequence[Row]) -> None:
    """Writes a whole table in the form that the name's ending says. Raises NodeError `file.unknown_format`."""
    ending = Path(name).suffix.lower()
    if ending in {".csv", ".tsv"}:
        form = CsvForm(_NEW_CSV, "\t" if ending == ".tsv" else ",", 0)
        file.write(csv_bytes(rows, columns_of(rows), form, header=True))
    elif ending in {".jsonl", ".ndjson"}:
        file.write(json_bytes(rows))
    elif ending == ".xlsx":
        _write_workbook(file, rows)
    else:
        raise NodeError("file.unknown_format", path=name, ending=ending)


def csv_bytes(rows: Iterable[Row], columns: Sequence[str], form: CsvForm, *, header: bool) -> bytes:
    """Rows as CSV; a character that an old encoding lacks becomes a question mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, form)
    if header:
        writer.writerow([harmless(name) for name in columns])
    writer.writerows([harmless(cell_text(row.get(name))) for name in columns] for row in rows)
    encoding = form.encoding if header else form.encoding.removesuffix("-sig")
    return text.getvalue().encode(encoding, "replace")


def json_bytes(rows: Iterable[Row]) -> bytes:
    """Rows as JSON lines."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "replace")


def cell_text(value: Json) -> str:
    """A value as it stands in a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (Mapping, Sequence)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _write_workbook(file: BinaryIO, rows: Sequence[Row]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    def cell(value: Json) -> str | int | float:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return value
        return ILLEGAL_CHARACTERS_RE.sub("", harmless(cell_text(value)))[:32767]

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sheet1")
    columns = columns_of(rows)
    sheet.append([cell(name) for name in columns])
    for row in rows:
        sheet.append([cell(row.get(name)) for name in columns])
    book.save(file)

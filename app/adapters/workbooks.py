"""Excel workbooks, read row by row after a look at what the archive would unpack to."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, BinaryIO

from app.document.workflow import Json
from app.sdk.errors import NodeError

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

MOST_PARTS = 2_000
MOST_BYTES = 200 * 1024 * 1024  # unpacked
MOST_RATIO = 100  # unpacked to packed
HEAD = 4096  # bytes of a part in which a document type would stand


def workbook_rows(file: BinaryIO, name: str, sheet: str = "") -> Iterator[Sequence[Json]]:
    """The rows of one sheet as cells; formulas as the values that were saved with them, dates as ISO texts.

    Raises NodeError `file.bad_workbook`, `file.too_large`, `file.sheet_missing`.
    """
    book = _open(file, name)
    try:
        for row in _sheet(book, name, sheet).iter_rows(values_only=True):
            yield [_plain(cell) for cell in row]
    except (KeyError, ValueError, SyntaxError, zipfile.BadZipFile) as error:
        raise NodeError("file.bad_workbook", path=name) from error
    finally:
        book.close()


def count_workbook_rows(file: BinaryIO, name: str, sheet: str = "") -> int | None:
    """The rows below the header as the workbook itself says, which not every program writes."""
    book = _open(file, name)
    try:
        rows = _sheet(book, name, sheet).max_row
    finally:
        book.close()
    return rows - 1 if isinstance(rows, int) and rows > 1 else None


def _open(file: BinaryIO, name: str) -> Workbook:
    _check_archive(file, name)
    # Imported late: a third of a second that only workbooks cost.
    from openpyxl import load_workbook

    try:
        return load_workbook(file, read_only=True, data_only=True)
    except (KeyError, ValueError, OSError, SyntaxError, zipfile.BadZipFile) as error:
        raise NodeError("file.bad_workbook", path=name) from error


def _check_archive(file: BinaryIO, name: str) -> None:
    """A few kilobytes can unpack to gigabytes, and a document type can multiply what it names."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            packed = sum(part.compress_size for part in parts)
            if len(parts) > MOST_PARTS or unpacked > MOST_BYTES or unpacked > MOST_RATIO * max(packed, 1):
                raise NodeError("file.too_large", path=name, limit=MOST_BYTES)
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as content:
                        head = content.read(HEAD).replace(b"\0", b"").upper()
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise NodeError("file.bad_workbook", path=name)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise NodeError("file.bad_workbook", path=name) from error
    file.seek(0)


def _sheet(book: Workbook, name: str, sheet: str) -> Any:
    if not sheet:
        return book.worksheets[0]
    if sheet not in book.sheetnames:
        raise NodeError("file.sheet_missing", path=name, sheet=sheet, sheets=tuple(book.sheetnames))
    return book[sheet]


def _plain(cell: Any) -> Json:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    if isinstance(cell, datetime):
        # Excel keeps days as moments at midnight.
        return (cell.date() if cell.time() == time() else cell).isoformat()
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return cell if isinstance(cell, (bool, int, str)) else str(cell)

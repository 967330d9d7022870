"""Cells: rows of a spreadsheet as text, read from the clipboard or a CSV file, and single cells as values."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence

from app.document.workflow import Json
from app.ui.inspector.editors.number import spell

MAX_BYTES = 5_000_000  # samples live in the workflow's file, which holds no more
Row = Mapping[str, Json]


def from_clipboard(text: str) -> list[list[str]]:
    """The cells that a spreadsheet copies: lines of tab-separated cells, quoted where they hold breaks."""
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter="\t") if row]


def to_clipboard(rows: Sequence[Sequence[str]]) -> str:
    """Cells as a spreadsheet takes them."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(rows)
    return out.getvalue()


def read_csv(data: bytes) -> list[list[str]]:
    """The cells of a CSV file with commas, semicolons or tabs. Raises ValueError if it isn't text."""
    text = _decoded(data)
    try:
        dialect: type[csv.Dialect] | csv.Dialect = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), dialect) if any(row)]
    except csv.Error as fault:
        raise ValueError(str(fault)) from fault


def as_rows(cells: Sequence[Sequence[str]]) -> list[dict[str, Json]]:
    """Rows by column name; the first line names the columns. Cells beyond the names are dropped."""
    if not cells:
        return []
    names = unique([name.strip() for name in cells[0]])
    return [dict(zip(names, line, strict=False)) for line in cells[1:]]


def unique(names: Sequence[str]) -> list[str]:
    """Column names without blanks and doubles: "", "a", "a" become "column 1", "a", "a 2"."""
    taken: list[str] = []
    for at, name in enumerate(names, start=1):
        wanted = name or f"column {at}"
        found, n = wanted, 2
        while found in taken:
            found, n = f"{wanted} {n}", n + 1
        taken.append(found)
    return taken


def shown(value: Json) -> str:
    """A cell's value as text."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return spell(value)
    return json.dumps(value, ensure_ascii=False)


def typed(text: str, before: Json) -> Json:
    """What a person typed into a cell: of the kind that stood there if it can be, else text."""
    if not isinstance(before, str) and before is not None:
        try:
            value: Json = json.loads(text)
        except ValueError:
            return text
        return value if _same_kind(value, before) else text
    return text


def columns_of(rows: Sequence[Row]) -> list[str]:
    """The names of all columns in the order in which they first stand."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _same_kind(value: Json, before: Json) -> bool:
    numbers = (int, float)
    if isinstance(before, bool) or isinstance(value, bool):
        return isinstance(before, bool) and isinstance(value, bool)
    return (isinstance(before, numbers) and isinstance(value, numbers)) or type(before) is type(value)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "utf-16") if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    try:
        return data.decode("gb18030")  # what spreadsheets on Chinese systems save
    except UnicodeError as fault:
        raise ValueError("not text") from fault

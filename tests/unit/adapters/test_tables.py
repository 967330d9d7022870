from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.adapters.table_writing import harmless, write_rows
from app.adapters.tables import column_names, count_rows, read_rows, rows_of
from app.adapters.workbook_reader import WorkbookReader
from app.document.workflow import Json
from app.processes import children
from app.sdk.errors import NodeError

Table = list[Mapping[str, Json]]
WORKBOOKS = WorkbookReader(children, children.own_command("table-host"))


def read(data: bytes, name: str = "t.csv", sheet: str = "") -> Table:
    return list(read_rows(io.BytesIO(data), name, sheet))


def code_of(data: bytes, name: str, sheet: str = "") -> str:
    with pytest.raises(NodeError) as caught:
        read(data, name, sheet)
    return caught.value.code


def workbook(*rows: Sequence[Any], **sheets: Sequence[Sequence[Any]]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    for title, cells in sheets.items():
        sheet = book.create_sheet(title)
        for row in cells:
            sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_csv_is_read_in_any_common_form(delimiter: str, encoding: str) -> None:
    lines = [["名称", "金额", "备注"], ["上海公司", "1,5", '他说"好"'], ["北京公司", "007", "两行\n文字"]]
    text = "\r\n".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)
    rows = read(text.encode(encoding))
    assert rows == [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def test_excel_s_hint_about_the_delimiter_is_taken() -> None:
    assert read(b"sep=;\r\na;b\r\n1;2\r\n") == [{"a": "1", "b": "2"}]


def test_commas_in_numbers_don_t_make_columns() -> None:
    assert read(b"name;price\nA;1,50\nB;2,75\n") == [
        {"name": "A", "price": "1,50"},
        {"name": "B", "price": "2,75"},
    ]


def test_one_column_is_a_table_too() -> None:
    assert read(b"message\nHello there\nGood bye\n") == [{"message": "Hello there"}, {"message": "Good bye"}]


def test_columns_are_named_even_where_the_header_is_poor() -> None:
    assert read(b"a,,a,a\n1,2,3,4,5\n6\n\n") == [
        {"a": "1", "column 2": "2", "a (2)": "3", "a (3)": "4", "column 5": "5"},
        {"a": "6", "column 2": "", "a (2)": "", "a (3)": "", "column 5": ""},
    ]


@given(st.lists(st.text(max_size=3) | st.none(), max_size=8))
def test_column_names_are_there_and_different(header: list[str | None]) -> None:
    names = column_names(header)
    assert len(set(names)) == len(names) == len(header)
    assert all(names)


def test_an_empty_table_has_no_rows() -> None:
    assert (
        read(b"")
        == read(b"a,b\n")
        == read(b"\n\n")
        == read(b"", "t.jsonl")
        == read(workbook(), "t.xlsx")
        == []
    )


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "t.csv", "file.not_text"),
        (b'{"a": 1}\n{"a": \n', "t.jsonl", "file.bad_table"),
        (b'{"a": NaN}\n', "t.jsonl", "file.bad_table"),
        (b"[" * 100_000, "t.jsonl", "file.bad_table"),
        (b"not a zip", "t.xlsx", "file.bad_workbook"),
        (b"", "t.xlsx", "file.bad_workbook"),
        (b"a", "t.pdf", "file.unknown_format"),
        (b"a", "t", "file.unknown_format"),
    ],
)
def test_what_is_no_table_is_said(data: bytes, name: str, code: str) -> None:
    assert code_of(data, name) == code


def test_a_broken_line_is_named() -> None:
    with pytest.raises(NodeError) as caught:
        read(b'{"a": 1}\n\n{"a"\n', "t.jsonl")
    assert caught.value.args_by_name["line"] == 3


def test_json_lines_keep_their_types() -> None:
    assert read('\ufeff{"a": 1, "b": [true, null]}\n"just text"\n'.encode(), "t.jsonl") == [
        {"a": 1, "b": [True, None]},
        {"value": "just text"},
    ]


def test_workbooks_give_plain_values() -> None:
    data = workbook(
        ["n", "when", "day", "at", "ok", "empty", "number", "sum"],
        ["甲", datetime(2026, 11, 22, 10, 30), date(2026, 11, 22), time(9, 5), True, None, 3.0, 1.5],  # noqa: DTZ001
        [None] * 8,
        ["乙", None, None, None, False, None, 10**15, -2],
        Second=[["x"], [1]],
    )
    assert read(data, "t.xlsx") == [
        {
            "n": "甲",
            "when": "2026-11-22T10:30:00",
            "day": "2026-11-22",
            "at": "09:05:00",
            "ok": True,
            "empty": "",
            "number": 3,
            "sum": 1.5,
        },
        {"n": "乙", "when": "", "day": "", "at": "", "ok": False, "empty": "", "number": 10**15, "sum": -2},
    ]
    assert read(data, "t.xlsx", "Second") == [{"x": 1}]
    assert code_of(data, "t.xlsx", "Third") == "file.sheet_missing"


def repacked(data: bytes, **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name, old.read(name)))
        for name, content in parts.items():
            new.writestr(name, content)
    return out.getvalue()


def test_a_workbook_that_unpacks_to_too_much_is_refused_unread() -> None:
    bomb = repacked(workbook(["a"], [1]), **{"xl/media/x.bin": bytes(250 * 1024 * 1024)})
    assert len(bomb) < 1024 * 1024
    assert code_of(bomb, "t.xlsx") == "file.too_large"
    many = repacked(workbook(["a"], [1]), **{f"xl/media/{n}": b"" for n in range(2100)})
    assert code_of(many, "t.xlsx") == "file.too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_workbook_with_a_document_type_is_refused(encoding: str) -> None:
    laughs = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">]><worksheet>&lol;</worksheet>'.encode(
        encoding
    )
    data = repacked(workbook(["a"], [1]), **{"xl/worksheets/sheet1.xml": laughs})
    assert code_of(data, "t.xlsx") == "file.bad_workbook"


async def test_rows_are_read_only_as_they_are_needed(tmp_path: Path) -> None:
    """Bad text far behind the rows that were taken is never met."""
    path = tmp_path / "big.jsonl"
    with path.open("w") as file:
        for number in range(100_000):
            file.write(json.dumps({"n": number}) + "\n")
        file.write("broken")
    taken: Table = []
    rows = rows_of(path, WORKBOOKS)
    async for batch in rows:
        taken += batch
        if len(taken) >= 1000:
            break
    await rows.aclose()
    assert [row["n"] for row in taken] == list(range(len(taken)))
    assert len(taken) < 10_000
    with pytest.raises(NodeError):
        _ = [batch async for batch in rows_of(path, WORKBOOKS)]


async def test_a_source_that_is_left_while_it_reads_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    path.write_text("a\n" + "x" * 1000 + "\n" * 20_000 + "y\n")
    rows = rows_of(path, WORKBOOKS)
    reading = asyncio.ensure_future(anext(rows))
    await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await rows.aclose()


async def test_a_missing_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(NodeError) as caught:
        _ = [batch async for batch in rows_of(tmp_path / "none.csv", WORKBOOKS)]
    assert caught.value.code == "file.missing"


async def test_rows_are_counted_where_that_is_cheap(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('a,b\n1,"two\nlines"\n\n3,4\n')
    (tmp_path / "t.jsonl").write_text("1\n\n2\n3")
    (tmp_path / "t.xlsx").write_bytes(workbook(["a"], [1], [2]))
    counts = [await count_rows(tmp_path / name, WORKBOOKS) for name in ("t.csv", "t.jsonl", "t.xlsx")]
    assert counts == [2, 3, 2]


@pytest.mark.parametrize(
    "text",
    [
        *("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1"),
        *("＝1", "＋1", "－1+1", "＠x", "-", "=-5", "-5-5"),
    ],
)
def test_what_a_spreadsheet_would_run_gets_a_quote(text: str) -> None:
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["-5", "+49 30 123", "-1.5e3", "12%", "-1,234.50", "a=b", "", "'=1", "你好"])
def test_other_texts_and_numbers_stay(text: str) -> None:
    assert harmless(text) == text


VALUES: Table = [
    {
        "name": "上海",
        "n": 5,
        "share": 0.5,
        "ok": True,
        "none": None,
        "list": [1, "二"],
        "evil": "=HYPERLINK(1)",
    },
    {"name": "-7", "n": -2, "extra": "late"},
]


def test_csv_is_written_so_that_spreadsheets_read_it() -> None:
    file = io.BytesIO()
    write_rows(file, "t.csv", VALUES)
    assert file.getvalue().startswith(b"\xef\xbb\xbf"), (
        "without the mark Excel takes it for the Western code page"
    )
    first, second = read(file.getvalue())
    assert first == {
        "name": "上海",
        "n": "5",
        "share": "0.5",
        "ok": "yes",
        "none": "",
        "list": '[1, "二"]',
        "evil": "'=HYPERLINK(1)",
        "extra": "",
    }
    assert (second["name"], second["extra"]) == ("-7", "late")


def test_workbooks_are_written_with_numbers_and_without_formulas() -> None:
    file = io.BytesIO()
    write_rows(file, "t.xlsx", [*VALUES, {"name": "bad \x00 char"}])
    sheet = load_workbook(io.BytesIO(file.getvalue())).active
    assert sheet is not None
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    first, second, third = read(file.getvalue(), "t.xlsx")
    assert (first["n"], first["share"], first["evil"], second["n"]) == (5, 0.5, "'=HYPERLINK(1)", -2)
    assert third["name"] == "bad  char"


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(st.lists(st.fixed_dictionaries({"a": texts, "b": texts}), min_size=1, max_size=6))
def test_what_was_written_is_read_again(rows: list[dict[str, str]]) -> None:
    for name in ("t.csv", "t.tsv", "t.jsonl"):
        file = io.BytesIO()
        write_rows(file, name, rows)
        found = read(file.getvalue(), name)
        kept = rows if name == "t.jsonl" else [{k: harmless(v) for k, v in row.items()} for row in rows]
        assert found == [row for row in kept if any(row.values())]

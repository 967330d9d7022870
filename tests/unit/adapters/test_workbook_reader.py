"""Workbooks in a child process: what is read, and what becomes of those that would eat the engine."""

from __future__ import annotations

import asyncio
import io
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

import pytest
from openpyxl import Workbook

from app.adapters.starter import Child
from app.adapters.workbook_reader import WorkbookReader
from app.processes import children
from app.sdk.errors import NodeError

COMMAND = children.own_command("table-host")
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<dimension ref="A1:XFD1048576"/><sheetData>{}</sheetData></worksheet>'
)
ENDLESS = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


class Starter:
    """The real way to start a child; remembers the children."""

    own_command = staticmethod(children.own_command)
    end_child = staticmethod(children.end_child)

    def __init__(self) -> None:
        self.started: list[Child] = []

    async def start_child(self, argv: Sequence[str], **options: Any) -> Child:
        self.started.append(await children.start_child(argv, **options))
        return self.started[-1]

    @property
    def alive(self) -> list[Child]:
        return [child for child in self.started if child.returncode is None]


def workbook(rows: int, **parts: str) -> io.BytesIO:
    """A real workbook; `parts` takes the place of the parts of that name."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Orders")
    sheet.append(["name", "n"])
    for number in range(rows):
        sheet.append([f"item {number}", number])
    whole, packed = io.BytesIO(), io.BytesIO()
    book.save(whole)
    with zipfile.ZipFile(whole) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            after.writestr(part, parts.get(part) or before.read(part))
    return packed


def endless() -> io.BytesIO:
    return workbook(1, **{"xl/worksheets/sheet1.xml": SHEET.format(ENDLESS)})


async def read(reader: WorkbookReader, file: io.BytesIO, sheet: str = "") -> list[Mapping[str, Any]]:
    return [row async for batch in reader.rows(file, "t.xlsx", sheet) for row in batch]


async def code_of(reader: WorkbookReader, file: io.BytesIO, sheet: str = "") -> str:
    with pytest.raises(NodeError) as caught:
        await read(reader, file, sheet)
    return caught.value.code


async def test_all_rows_come_in_order_and_the_child_is_gone() -> None:
    starter = Starter()
    rows = await read(WorkbookReader(starter, COMMAND), workbook(1000))
    assert rows == [{"name": f"item {n}", "n": n} for n in range(1000)]
    assert len(starter.started) == 1
    assert not starter.alive


async def test_who_takes_no_more_rows_ends_the_child() -> None:
    starter = Starter()
    async with aclosing(WorkbookReader(starter, COMMAND).rows(workbook(5000), "t.xlsx")) as batches:
        assert len(await anext(batches)) < 100
        assert starter.alive
    assert not starter.alive


async def test_a_wrong_sheet_and_a_file_that_is_none() -> None:
    reader = WorkbookReader(Starter(), COMMAND)
    with pytest.raises(NodeError) as caught:
        await read(reader, workbook(1), "Costs")
    assert caught.value.code == "file.sheet_missing"
    assert caught.value.args_by_name["sheets"] == ("Orders",)
    assert await code_of(reader, io.BytesIO(b"PK no workbook")) == "file.bad_workbook"


async def test_a_zip_bomb_is_refused() -> None:
    bomb = workbook(1, **{"xl/worksheets/sheet1.xml": SHEET.format(" " * 300_000_000)})
    assert len(bomb.getvalue()) < 1_000_000
    assert await code_of(WorkbookReader(Starter(), COMMAND), bomb) == "file.too_large"


async def test_a_sheet_without_end_costs_its_child_and_not_the_loop() -> None:
    """Some kilobytes that say there are 17,000 million cells; the loop turns on meanwhile."""
    starter = Starter()
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.05)
            turns += 1

    turning = asyncio.ensure_future(turn())
    begun = time.monotonic()
    assert await code_of(WorkbookReader(starter, COMMAND, silence=2), endless()) == "file.too_heavy"
    turning.cancel()
    assert time.monotonic() - begun < 60
    assert turns >= 3
    assert not starter.alive


@pytest.mark.skipif(os.name == "nt", reason="there is no such limit")
async def test_a_sheet_that_needs_too_much_memory_ends_in_words() -> None:
    """A row of millions of cells, within all limits of the archive."""
    cells = "".join(f"<c><v>{number}</v></c>" for number in range(4_000_000))
    sheet = SHEET.replace("A1:XFD1048576", "A1:A1").format(f"<row>{cells}</row>")
    starter = Starter()
    reader = WorkbookReader(starter, COMMAND, silence=60)
    assert await code_of(reader, workbook(1, **{"xl/worksheets/sheet1.xml": sheet})) in {
        "file.too_heavy",
        "file.bad_workbook",
    }
    assert not starter.alive


async def test_a_program_that_cannot_be_started_is_said() -> None:
    assert await code_of(WorkbookReader(Starter(), ["no-such-program"]), workbook(1)) == "file.reader_failed"

"""The survey of a table: its rows counted where it is short, judged by its lines where it is long, and a sample."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import openpyxl
import pytest

from app.adapters import table_survey
from app.adapters.table_survey import Survey, survey
from app.adapters.workbook_reader import WorkbookReader
from app.processes import children
from app.sdk.errors import NodeError

WORKBOOKS = WorkbookReader(children, children.own_command("table-host"))


def a_csv(path: Path, rows: int, cell: str = "word") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["message", "answer"])
        writer.writerows([f"{cell} {number}", "yes"] for number in range(rows))
    return path


async def test_a_short_table_is_counted(tmp_path: Path) -> None:
    found = await survey(a_csv(tmp_path / "t.csv", 7), WORKBOOKS)
    assert (found.rows, found.exact) == (7, True)
    assert found.sample[0] == {"message": "word 0", "answer": "yes"}


async def test_a_table_without_rows_has_none(tmp_path: Path) -> None:
    assert await survey(a_csv(tmp_path / "t.csv", 0), WORKBOOKS) == Survey(0, [], exact=True)


@pytest.mark.parametrize("cell", ["word", "two\nlines", "three\nlines\n一个"])
async def test_a_long_table_is_judged_by_its_lines(
    tmp_path: Path, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_survey, "_WHOLE", 10_000)
    path = a_csv(tmp_path / "t.csv", 4000, cell)
    found = await survey(path, WORKBOOKS)
    assert not found.exact
    assert found.rows == pytest.approx(4000, rel=0.01)
    assert len(found.sample) < 1000


async def test_a_very_long_table_is_read_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_survey, "_WHOLE", 10_000)
    monkeypatch.setattr(table_survey, "_READ", 30_000)
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps({"message": f"word {n:05}"}) + "\n" for n in range(5000)))
    found = await survey(path, WORKBOOKS)
    assert found.rows == pytest.approx(5000, rel=0.01)


@pytest.mark.parametrize(("rows", "exact"), [(5, True), (900, False)])
async def test_a_workbook_says_its_own_length(tmp_path: Path, rows: int, exact: bool) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["message"])
    for number in range(rows):
        book.active.append([f"word {number}"])
    book.save(tmp_path / "t.xlsx")
    found = await survey(tmp_path / "t.xlsx", WORKBOOKS)
    assert (found.rows, found.exact) == (rows, exact)


async def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"file\.missing"):
        await survey(tmp_path / "t.csv", WORKBOOKS)

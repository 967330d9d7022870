"""The rows of a run as a table: in order, whole, nothing in it runs, and never half a file."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from app.adapters.rows_export import export_rows
from app.costs.cost import UNKNOWN, Cost
from app.events.run_events import Failure
from app.executor.journal import Journal
from app.executor.memory_journal import MemoryRuns
from app.sdk.errors import NodeError
from tests.journals import head, item

TITLES = {
    "status": "State",
    "cost": "Dollars",
    "seconds": "Seconds",
    "error": "Why",
    "done": "fine",
    "failed": "bad",
}


async def journal_of(*numbers: int) -> Journal:
    journal = await MemoryRuns().begin(head())
    for number in numbers:
        journal.note_item(item(number, cost=Cost(Decimal("0.0012"), "priced")))
    return journal


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


async def test_rows_stand_in_the_order_of_their_source_with_what_came_out(tmp_path: Path) -> None:
    journal = await journal_of(*reversed(range(1200)))
    assert await export_rows(journal, tmp_path / "out.csv", TITLES, {}) == 1200
    rows = read(tmp_path / "out.csv")
    assert [row["n"] for row in rows] == [str(n) for n in range(1200)]
    assert rows[3] == {
        "message": "m3",
        "n": "3",
        "out": "row 3",
        "State": "fine",
        "Dollars": "0.0012",
        "Seconds": "0.1",
        "Why": "",
    }


async def test_a_failed_row_says_why_and_an_unknown_cost_is_no_zero(tmp_path: Path) -> None:
    journal = await journal_of(0)
    failure = Failure("file.missing", {"path": "x"})
    for number in (1, 2):
        journal.note_item(item(number, status="failed", outputs={}, failure=failure, cost=UNKNOWN))
    await export_rows(journal, tmp_path / "out.csv", TITLES, {"1": "The file is gone."})
    rows = read(tmp_path / "out.csv")
    assert [row["Why"] for row in rows] == ["", "The file is gone.", "file.missing"]
    assert [row["Dollars"] for row in rows] == ["0.0012", "", ""]
    assert [row["State"] for row in rows] == ["fine", "bad", "bad"]


async def test_a_cell_that_a_spreadsheet_would_run_is_harmless(tmp_path: Path) -> None:
    journal = await journal_of()
    journal.note_item(item(0, outputs={"out": "=1+1"}, values={"message": "@SUM(A1)"}))
    await export_rows(journal, tmp_path / "out.csv", TITLES, {})
    assert read(tmp_path / "out.csv")[0]["out"] == "'=1+1"
    assert read(tmp_path / "out.csv")[0]["message"] == "'@SUM(A1)"


async def test_what_cannot_be_written_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    old = tmp_path / "out.csv"
    old.write_text("old", "utf-8")
    journal = await journal_of(0)

    async def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    journal.items = broken  # type: ignore[assignment, method-assign]
    with pytest.raises((NodeError, OSError)):
        await export_rows(journal, old, TITLES, {})
    assert old.read_text("utf-8") == "old"
    assert files_in(tmp_path) == [old]
    with pytest.raises(NodeError):
        await export_rows(await journal_of(0), tmp_path / "missing" / "out.csv", TITLES, {})

"""The table of a run over rows: it grows where people can read it, and takes its name when it is whole."""

from __future__ import annotations

import asyncio
import errno
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.result_table import ResultTable
from app.events.run_events import RowSettled
from app.executor.journal import ItemRecord
from app.sdk.errors import NodeError

ODD = 3  # the row that brings a column of its own


def item(number: int, *, odd: bool = False) -> ItemRecord:
    values = {"n": str(number), **({"more": "x"} if odd and number == ODD else {})}
    return ItemRecord("", f"k{number}", number, "done", {"reply": f"r{number}"}, values=values)


def table(path: Path, *, grows: bool = True, odd: bool = False) -> ResultTable:
    async def items(first: int, count: int) -> Sequence[ItemRecord]:
        return [item(number, odd=odd) for number in range(first, first + count)]

    return ResultTable(path, "abc", ["reply"], items, lambda _: "", grows=grows)


def settle(one: ResultTable, *rows: int) -> None:
    one.note([RowSettled(0.0, row, "done") for row in rows])


async def lines_of(one: ResultTable, count: int) -> list[str]:
    """What can be read once so many rows stand there."""
    async with asyncio.timeout(60):
        while len(lines := lines_in(one.growing)) < count + 1:  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.01)
    return lines


def lines_in(path: Path | None) -> list[str]:
    return path.read_text("utf-8-sig").splitlines() if path else []


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("odd", [False, True])
async def test_rows_are_there_in_order_before_the_end(tmp_path: Path, odd: bool) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    one = table(out, odd=odd)
    settle(one, 1, 0, 3)
    lines = await lines_of(one, 2)
    assert lines == ["n,reply,status,cost_usd,error", "0,r0,done,0,", "1,r1,done,0,"], (
        "the third isn't through"
    )
    assert one.growing == tmp_path / "out.abc.part.csv"
    settle(one, 2)
    assert [line[:4] for line in await lines_of(one, 4)] == ["n,re", "0,r0", "1,r1", "2,r2", "3,r3"]
    assert out.read_text() == "before"
    await one.finish(4)
    column = "more," if odd else ""
    assert out.read_text("utf-8-sig").splitlines()[0] == f"n,{column}reply,status,cost_usd,error"
    assert names_in(tmp_path) == ["out.csv"]


@pytest.mark.parametrize(("name", "grows"), [("out.xlsx", True), ("out.csv", False)])
async def test_what_is_no_table_before_its_end_is_out_of_sight(
    tmp_path: Path, name: str, grows: bool
) -> None:
    one = table(tmp_path / name, grows=grows)
    settle(one, *range(300))
    async with asyncio.timeout(60):
        while not names_in(tmp_path):  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.01)
    assert one.growing is None
    assert all(name.startswith(".out") for name in names_in(tmp_path))
    await one.drop()
    assert not names_in(tmp_path)


@pytest.mark.parametrize(("name", "grows"), [("out.csv", True), ("out.csv", False), ("out.xlsx", True)])
async def test_a_table_whose_name_another_program_holds_stays_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, grows: bool
) -> None:
    out, seen = tmp_path / name, tmp_path / f"out.abc.part{Path(name).suffix}"
    out.write_text("before")
    really = Path.replace

    def replace(self: Path, target: Path) -> Path:  # as on Windows, while a spreadsheet shows what was there
        if target == out:
            raise PermissionError(errno.EACCES, "Permission denied")
        return really(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    one = table(out, grows=grows)
    settle(one, 0, 1)
    with pytest.raises(NodeError) as refused:
        await one.finish(2)
    assert refused.value.code == "file.left_beside"
    assert refused.value.args_by_name == {"path": str(out), "beside": str(seen)}
    assert sorted(names_in(tmp_path)) == sorted([out.name, seen.name])
    assert out.read_text() == "before"
    if seen.suffix == ".csv":
        assert [line[:4] for line in seen.read_text("utf-8-sig").splitlines()] == ["n,re", "0,r0", "1,r1"]
    else:
        assert zipfile.is_zipfile(seen)

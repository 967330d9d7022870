"""Long tables as lists that are read from the disk while they are gone through."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from app.adapters.file_rows import FEW, FileRows, restored
from app.adapters.node_files import NodeFiles
from app.adapters.workbook_reader import WorkbookReader
from app.executor.digests import digest_of
from app.processes import children
from app.sdk.data_types import LazyList
from app.sdk.errors import NodeError

WORKBOOKS = WorkbookReader(children, children.own_command("table-host"))
MANY = FEW * 3


@pytest.fixture
def files(tmp_path: Path) -> NodeFiles:
    return NodeFiles(tmp_path, lambda _: True, lambda _: True, WORKBOOKS)


def table(path: Path, rows: int = MANY) -> Path:
    path.write_text("a,b\n" + "".join(f"{i},x{i}\n" for i in range(rows)), "utf-8")
    return path


async def read(files: NodeFiles, path: Path, most: int | None = None) -> FileRows:
    rows = await files.read_table(str(path), most=most)
    assert isinstance(rows, FileRows)
    return rows


async def test_few_rows_are_a_plain_list_and_many_are_read_as_they_are_needed(
    files: NodeFiles, tmp_path: Path
) -> None:
    few = await files.read_table(str(table(tmp_path / "few.csv", FEW)))
    assert isinstance(few, list)
    rows = await read(files, table(tmp_path / "many.csv"))
    assert (len(rows), rows[0], rows[-1]) == (
        MANY,
        {"a": "0", "b": "x0"},
        {"a": f"{MANY - 1}", "b": f"x{MANY - 1}"},
    )
    assert [row["a"] for row in rows] == [row["a"] for row in rows] == [str(i) for i in range(MANY)]


async def test_only_the_first_so_many(files: NodeFiles, tmp_path: Path) -> None:
    path = table(tmp_path / "many.csv")
    assert len(await files.read_table(str(path), most=7)) == 7
    rows = await read(files, path, FEW + 1)
    assert (len(rows), len(list(rows))) == (FEW + 1, FEW + 1)


async def test_equal_rows_have_equal_digests_wherever_they_lie(files: NodeFiles, tmp_path: Path) -> None:
    one, other = await read(files, table(tmp_path / "1.csv")), await read(files, table(tmp_path / "2.csv"))
    longer = await read(files, table(tmp_path / "3.csv", MANY + 1))
    assert digest_of({"rows": one}) == digest_of({"rows": other}) != digest_of({"rows": longer})


@pytest.mark.parametrize("when", ["before", "while"])
async def test_a_file_that_has_changed_is_not_taken_for_the_old_one(
    files: NodeFiles, tmp_path: Path, when: str
) -> None:
    path = table(tmp_path / "many.csv")
    rows = await read(files, path)
    going = iter(rows)
    if when == "while":
        next(going)
    path.write_text(path.read_text("utf-8") + "one,more\n", "utf-8")
    with pytest.raises(NodeError, match=r"file\.changed"):
        list(going)


async def test_it_is_found_again_by_its_reference(files: NodeFiles, tmp_path: Path) -> None:
    path = table(tmp_path / "many.csv")
    rows = await read(files, path)
    again: Any = restored(rows.reference())
    assert isinstance(again, FileRows)
    assert (list(again), again.digest, len(again)) == (list(rows), rows.digest, MANY)
    os.utime(path, ns=(0, 0))
    with pytest.raises(NodeError, match=r"file\.changed"):
        list(again)
    assert restored({"kind": "something newer"}) == {"$lazy": {"kind": "something newer"}}


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.xlsx"])
async def test_many_rows_go_from_file_to_file(files: NodeFiles, tmp_path: Path, name: str) -> None:
    rows = await read(files, table(tmp_path / "many.csv"))
    await files.write_table(name, rows)
    written = await files.read_table(name)
    assert [str(row["a"]) for row in written] == [row["a"] for row in rows]


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl"])
async def test_many_rows_are_added_to_what_is_there(files: NodeFiles, tmp_path: Path, name: str) -> None:
    await files.write_table(name, [{"a": "first", "b": "row"}])
    await files.write_table(name, await read(files, table(tmp_path / "many.csv")), append=True)
    await files.write_table(name, [{"a": "last", "b": "row"}], append=True)
    written = await files.read_table(name)
    assert (len(written), written[0]["a"], written[1]["a"], written[-1]["a"]) == (
        MANY + 2,
        "first",
        "0",
        "last",
    )


async def test_many_rows_with_another_column_are_added_too(files: NodeFiles, tmp_path: Path) -> None:
    await files.write_table("out.csv", [{"c": "first"}])
    await files.write_table("out.csv", await read(files, table(tmp_path / "many.csv")), append=True)
    written = await files.read_table("out.csv")
    assert (len(written), dict(written[0]), written[-1]["a"]) == (
        MANY + 1,
        {"c": "first", "a": "", "b": ""},
        str(MANY - 1),
    )


class Numbers(LazyList):
    """A long list that holds no rows."""

    digest = "numbers"

    def reference(self) -> Any:
        return {}

    def __len__(self) -> int:
        return MANY

    def __iter__(self) -> Any:
        return iter(range(MANY))


async def test_a_long_list_of_something_else_is_no_table(files: NodeFiles) -> None:
    with pytest.raises(NodeError, match=r"table\.not_rows"):
        await files.write_table("out.csv", Numbers())
    assert not await asyncio.to_thread(lambda: list(files._folder.iterdir()))  # noqa: SLF001 - nothing is left

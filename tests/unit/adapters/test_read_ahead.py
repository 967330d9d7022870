"""Reading ahead: files that steps read by name count in a forecast, and nothing outside the folder is looked at."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.adapters.read_ahead import Reach, ReadAhead
from app.adapters.table_survey import Survey, survey
from app.adapters.workbook_reader import WorkbookReader
from app.forecast.situation import Content
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.processes import children
from app.registry.discovery import discover
from app.sdk.gateway import ModelFacts
from app.sdk.grants import Grants
from tests.flows import flow

WORKBOOKS = WorkbookReader(children, children.own_command("table-host"))


def reading(kind: str, **fields: Any) -> Plan:
    """A step that reads; without a path of its own it is given the file."""
    nodes = {"ask": ("intent.ask", {"asked": [{"name": "file", "type": "file"}]}), "n": (kind, fields)}
    edges = ["ask.file>n.file"] if "{{" in fields.get("path", "{{") else []
    made = make_plan(flow(nodes, edges), "", discover().get, lambda _: ModelFacts("m", "C", "openai"))
    assert made.plan is not None, made.problems
    return made.plan


class Counting:
    """How often a file was really looked at."""

    def __init__(self) -> None:
        self.times = 0
        self.ahead = ReadAhead(self._survey)

    async def _survey(self, path: Path) -> Survey:
        self.times += 1
        return await survey(path, WORKBOOKS)

    async def of(
        self, plan: Plan, folder: Path | None, grants: Grants | None = None
    ) -> Mapping[str, Content]:
        return await self.ahead.contents(plan, Reach(folder, grants, [Path("/nowhere/kept")]))


def a_table(path: Path, rows: int = 12) -> Path:
    path.write_text("name\n" + "somebody with a name\n" * rows, encoding="utf-8")
    return path


async def test_the_rows_of_a_table_are_counted_and_their_words(tmp_path: Path) -> None:
    a_table(tmp_path / "t.csv")
    found = await Counting().of(reading("data.read_table", path="t.csv"), tmp_path)
    assert found["n"].rows == 12
    assert 12 * 5 < found["n"].tokens < 12 * 12
    three = await Counting().of(reading("data.read_table", path="t.csv", limit=3), tmp_path)
    assert three["n"].rows == 3
    assert three["n"].tokens == pytest.approx(found["n"].tokens / 4)


async def test_a_text_counts_by_its_size(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("x" * 4000, encoding="utf-8")
    assert (await Counting().of(reading("data.read_file", path="rules.md"), tmp_path))["n"] == Content(1000)


async def test_a_table_is_looked_at_once_until_it_changes(tmp_path: Path) -> None:
    counting, plan = Counting(), reading("data.read_table", path="t.csv")
    a_table(tmp_path / "t.csv")
    for _ in range(3):
        await counting.of(plan, tmp_path)
    assert counting.times == 1
    a_table(tmp_path / "t.csv", 13)
    assert (await counting.of(plan, tmp_path))["n"].rows == 13


@pytest.mark.parametrize(
    "path", ["{{file}}", "gone.csv", "../t.csv", "/etc/hostname", "a\0b", "t.csv/x", "."]
)
async def test_what_is_not_there_or_not_in_the_folder_is_left_out(path: str, tmp_path: Path) -> None:
    a_table(tmp_path / "t.csv")
    inside = tmp_path / "folder"
    inside.mkdir()
    counting = Counting()
    for kind in ("data.read_table", "data.read_file"):
        assert not await counting.of(reading(kind, path=path), inside)
    assert not await counting.of(reading("data.read_table"), inside)
    assert not counting.times


async def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "folder"
    inside.mkdir()
    (inside / "t.csv").symlink_to(a_table(tmp_path / "t.csv"))
    plan = reading("data.read_table", path="t.csv")
    assert not await Counting().of(plan, inside)
    granted = Grants(reads=frozenset({str(tmp_path)}))
    assert (await Counting().of(plan, inside, granted))["n"].rows == 12, "the person lets it be read"


async def test_a_workflow_without_a_folder_and_what_is_protected_are_not_looked_at(tmp_path: Path) -> None:
    plan = reading("data.read_table", path=str(a_table(tmp_path / "t.csv")))
    assert not await Counting().of(plan, None)
    ahead = Counting().ahead
    assert await ahead.contents(plan, Reach(tmp_path, None, []))
    assert not await ahead.contents(plan, Reach(tmp_path, None, [tmp_path]))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
async def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "t.csv")
    async with asyncio.timeout(60):
        assert not await Counting().of(reading("data.read_table", path="t.csv"), tmp_path)

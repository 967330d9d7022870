"""The ledger on disks that fail while calls are booked: no call is lost silently, and none is booked twice."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.adapters.sqlite_runs import SqliteRuns
from app.executor.journal import JournalError
from tests.faults.ledger_child import COST, entry
from tests.faults.mounts import own_mounts
from tests.journals import head, profile, step

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts of Linux")

ROOT = Path(__file__).resolve().parents[2]


def told_by_child(way: str, disk: Path) -> list[Any]:
    command = [*own_mounts(), sys.executable, "-P", "-m", "tests.faults.ledger_child", way, str(disk)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    said, before, meanwhile, after, whole = told_by_child("full", tmp_path)
    assert (said[0], said[-1]) == ("", "")
    assert set(said[1:-1]) == {"journal.full"}, "each commit said that it was not kept"
    assert before == [1, str(COST)]
    assert meanwhile == "journal.full", "a sum without what waits is not said as if it were whole"
    assert after == whole == [5, str(COST * 5)]


def test_a_disk_that_may_only_be_read(tmp_path: Path) -> None:
    begun, looked, whole = told_by_child("read_only", tmp_path)
    assert begun == "journal.read_only", "a run that could not book is not begun as if it could"
    assert looked in ([1, str(COST)], "journal.read_only")
    assert whole == [2, str(COST * 2)]


async def test_a_database_that_another_process_holds(tmp_path: Path) -> None:
    store = SqliteRuns(profile(tmp_path), patience=0.2)
    journal = await store.begin(head())
    journal.book(entry(0))
    await journal.commit(step("", "first"))
    with closing(sqlite3.connect(tmp_path / "data" / "journal.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.book(entry(1))
        with pytest.raises(JournalError, match=r"journal\.locked"):
            await journal.commit(step("", "second"))
        with pytest.raises(JournalError, match=r"journal\.locked"):
            await store.ledger.sums(())
        other.rollback()
    journal.book(entry(2))
    await journal.commit(step("", "third"))
    (found,) = await store.ledger.sums(())
    assert (found.calls, found.cost.known, found.counted) == (3, COST * 3, COST * 3)
    await store.leave("r1")
    store.close()


async def test_a_database_that_is_damaged_is_put_aside_with_what_it_held(tmp_path: Path) -> None:
    store = SqliteRuns(profile(tmp_path), patience=0.2)
    journal = await store.begin(head())
    journal.book(entry(0))
    await journal.commit(step("", "first"))
    await store.leave("r1")
    store.close()
    path = tmp_path / "data" / "journal.sqlite3"
    content = bytearray(path.read_bytes())
    content[:100] = b"\xff" * 100
    path.write_bytes(bytes(content))
    again = SqliteRuns(profile(tmp_path), patience=0.2)
    fresh = await again.begin(head("r2"))
    fresh.book(entry(1))
    await fresh.commit(step("", "second"))
    (found,) = await again.ledger.sums(())
    assert (found.calls, found.cost.known) == (1, COST)
    (told,) = again.told
    assert told.code == "journal.damaged_kept", "people hear that what was booked before lies elsewhere"
    kept = [one for one in path.parent.iterdir() if one.is_file() and one.read_bytes()[:4] == b"\xff" * 4]
    assert kept, "nothing of it was thrown away"
    await again.leave("r2")
    again.close()

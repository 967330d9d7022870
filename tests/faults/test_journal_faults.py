"""The journal and the cache under kills, other processes and failing disks: promises hold, and nothing is half."""

from __future__ import annotations

import ast
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from app.adapters.database import Database
from app.adapters.database_opening import Schema
from app.adapters.journal_schema import JOURNAL
from app.adapters.sqlite_cache import SqliteCache
from app.adapters.sqlite_runs import SqliteRuns
from app.executor.cache import Kept
from app.executor.journal import JournalError, RunSummary
from tests.faults.failing_disk import failing_disk_in
from tests.faults.journal_child import MIGRATIONS, text_of
from tests.faults.kills import more, patient
from tests.faults.mounts import own_mounts
from tests.journals import head, item, profile, step

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills, mounts and limits of Linux")

PLACES = "SELECT place FROM steps JOIN runs ON runs.id = steps.run WHERE runs.run = ?"
ORPHANS = """
    SELECT digest FROM blobs
    EXCEPT SELECT blob FROM items EXCEPT SELECT blob FROM steps EXCEPT SELECT blob FROM texts
"""
EARLIER = Path(__file__).parents[1] / "fixtures" / "journal" / "v6.sql"
EACH = 8_000
_NUMBERS = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {EACH})"  # noqa: S608 - our own number
MANY = (  # of the first run: what it takes a moment to put in order
    f"""{_NUMBERS} INSERT INTO steps SELECT run, '#' || n, node, record, outputs, NULL FROM numbers, steps
        WHERE steps.rowid = 1""",  # noqa: S608
    f"""{_NUMBERS} INSERT INTO items SELECT run, '', n, n, record, outputs, NULL FROM numbers, items
        WHERE items.rowid = 1""",  # noqa: S608
)
ROOT = Path(__file__).resolve().parents[2]


def child(*arguments: object, before: Sequence[str] = (), **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*before, sys.executable, "-P", "-m", "tests.faults.journal_child", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def killed(process: subprocess.Popen[str], after: float) -> list[str]:
    """What it said before it was killed."""
    time.sleep(after)
    process.kill()
    assert process.stdout is not None
    with process:
        return process.stdout.read().split()  # with what came along when its first lines were read


def found(path: Path, query: str, *values: object) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(query, values)]


def assert_sound(path: Path) -> None:
    assert found(path, "PRAGMA integrity_check") == ["ok"]


@asynccontextmanager
async def runs_of(root: Path) -> AsyncIterator[SqliteRuns]:
    store = SqliteRuns(profile(root))
    yield store
    store.close()


@patient
@pytest.mark.parametrize("verb", ["write", "fold"])
async def test_what_was_promised_survives_kills(verb: str, tmp_path: Path) -> None:
    promised: dict[str, list[int]] = {}
    for number in range(more(3)):
        process = child(verb, tmp_path, f"r{number}", 10**9)
        assert first_line(process) == "begun"
        async with runs_of(tmp_path) as store:
            assert [line.alive for line in await store.lines()] == [True] + [False] * number
            with pytest.raises(JournalError):
                await store.reopen(f"r{number}")
        at_least = [first_line(process) for _ in range(4)]  # lines, however slow the disk is
        promised[f"r{number}"] = list(map(int, [*at_least, *killed(process, random.uniform(0.1, 0.4))]))
    path = tmp_path / "data" / "journal.sqlite3"
    assert_sound(path)
    async with runs_of(tmp_path) as store:
        assert {(line.alive, line.is_unfinished) for line in await store.lines()} == {(False, True)}
        for run, numbers in promised.items():
            _, summary, journal = await store.reopen(run)
            assert summary.status == "running"
            recorded = found(path, PLACES, run)
            assert {f"#{number}" for number in numbers} <= set(recorded)
            for number in numbers[:22] + numbers[-22:]:
                record = (await journal.steps(f"#{number}"))["ask"]
                assert record == step(f"#{number}", text=text_of(number)), f"{run} {number}"
            await journal.commit(step("#on"))


async def test_three_processes_write_at_once(tmp_path: Path) -> None:
    processes = [child("write", tmp_path, f"r{number}", 1500) for number in range(3)]
    for process in processes:
        out, _ = process.communicate(timeout=100)
        assert (process.returncode, len(out.split())) == (0, 1501)
    path = tmp_path / "data" / "journal.sqlite3"
    assert_sound(path)
    assert found(path, "SELECT count(*) FROM steps GROUP BY run") == [1500] * 3
    assert found(path, "SELECT count(*) FROM items GROUP BY run") == [1500] * 3
    async with runs_of(tmp_path) as store:
        assert {line.summary.status for line in await store.lines()} == {"done"}
        assert not any(line.alive for line in await store.lines())


@pytest.mark.parametrize("_", range(more(1)))
async def test_kills_while_runs_are_thrown_away(_: int, tmp_path: Path) -> None:
    path = tmp_path / "data" / "journal.sqlite3"
    async with runs_of(tmp_path) as store:
        for number in range(6):
            journal = await store.begin(head(f"r{number}"))
            for n in range(300):
                journal.note_item(item(n, outputs={"text": text_of(n) + (f"{number}" if n % 21 else "")}))
            await journal.commit(step(text="kept"))
            await store.summarise(f"r{number}", RunSummary("done"))
            await store.leave(f"r{number}")
    before, kills = path.stat().st_size, 0
    while kills < 5:
        process = child("tidy", tmp_path, 1)
        first_line(process)
        killed(process, kills * random.uniform(0.008, 0.016))
        if process.returncode == 0:
            if not kills:
                pytest.skip("it was through before this busy machine came to kill it")
            break
        kills += 1
        assert_sound(path)
        async with runs_of(tmp_path) as store:
            for line in await store.lines():
                _, _, journal = await store.look(line.run)
                assert len(await journal.items("", 0, 10**6)) == 300, "a run is whole, or not shown"
                assert set(await journal.steps("")) == {"ask"}
    async with runs_of(tmp_path) as store:
        await store.keep(1, 10**12)
        assert [line.run for line in await store.lines()] == ["r5"]
        await (await store.reopen("r5"))[2].commit(step("#on"))
    assert found(path, "SELECT DISTINCT run FROM items UNION SELECT run FROM steps") == [6]
    assert found(path, ORPHANS) == []
    assert path.stat().st_size < before / 3


@pytest.mark.parametrize("_", range(more(1)))
async def test_a_kill_while_a_file_is_brought_up_to_date(_: int, tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"

    async def opened(version: int) -> None:
        database = Database(path, Schema(MIGRATIONS[:version], "FULL"))
        await database.read(lambda _: None)
        database.close()

    await opened(1)
    process = child("migrate", tmp_path)
    assert first_line(process) == "begun"
    killed(process, random.uniform(0, 0.2))
    assert process.returncode < 0
    await opened(1)
    assert found(path, "SELECT name FROM sqlite_master") == ["a"]
    assert found(path, "SELECT x FROM a") == [1]
    assert_sound(path)


@patient
async def test_kills_while_records_of_an_earlier_version_are_put_in_order(tmp_path: Path) -> None:
    earlier, seen = tmp_path / "earlier.sqlite3", set[object]()
    with closing(sqlite3.connect(earlier)) as connection:
        connection.executescript(EARLIER.read_text("utf-8"))
        for statement in MANY:
            connection.execute(statement)
        connection.commit()
    for number in range(more(4, most=60)):
        path = profile(tmp_path / str(number)).data / "journal.sqlite3"
        path.parent.mkdir(parents=True)
        shutil.copy(earlier, path)
        process = child("look", tmp_path / str(number))
        assert first_line(process) == "begun"
        killed(process, random.uniform(0, 0.25))
        assert_sound(path)
        (version,) = found(path, "PRAGMA user_version")
        seen.add(version)
        async with runs_of(tmp_path / str(number)) as store:
            _, _, journal = await store.reopen("other")
            for place in ("#a", "#1", f"#{EACH}"):
                assert [*await journal.steps(place)] == ["ask"]
            assert [one.number for one in await journal.items("", EACH - 1, 9)] == [EACH - 1, EACH]
            assert found(path, "SELECT count(*) FROM item_places JOIN items USING (id, key)") == [EACH + 2]
            assert len(await (await store.look("old"))[2].each(0, 10)) == 3
        assert_sound(path)
    assert seen <= {6, len(JOURNAL.migrations)}


@patient
async def test_kills_while_the_cache_makes_room(tmp_path: Path) -> None:
    limit = 3_000_000
    for _ in range(more(2)):
        processes = [child("fill_cache", tmp_path, limit) for _ in range(2)]
        for process in processes:
            for _ in range(25):  # lines; by then it is full
                first_line(process)
        for process in processes:
            killed(process, random.uniform(0, 0.1))
        assert_sound(tmp_path / "cache" / "results.sqlite3")
    cache = SqliteCache(profile(tmp_path), size=limit)
    cache.put("k", "wf", "ask", Kept({"text": "here"}))
    assert await cache.get("k") == Kept({"text": "here"})
    state = await cache.state()
    assert state.entries > 50
    assert state.size < 2 * limit
    cache.close()


def said_of(process: subprocess.Popen[str]) -> list[object]:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return [ast.literal_eval(word) for word in _parts(out.strip())]


def _parts(line: str) -> list[str]:
    """`['a', 'b'] True` in its parts."""
    parts, depth = [""], 0
    for character in line:
        depth += (character == "[") - (character == "]")
        if character == " " and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def assert_went_on(said: list[object], code: str, *, is_open: bool = False) -> None:
    """`is_open`: what failed may be there, each of what was written apart for itself."""
    codes, all_found, after, items_there, committed, told = said
    assert codes == [code]
    assert all_found, "what was promised before the fault is there"
    assert isinstance(after, list)
    assert after[0], "what came after the fault"
    assert is_open or after == [True, False, False]
    assert items_there, "what was noted during the fault was written after it"
    assert isinstance(committed, int)
    assert committed >= 3
    assert told == 0


def test_a_disk_that_runs_full(tmp_path: Path) -> None:
    assert_went_on(said_of(child("meet_small_disk", tmp_path, before=own_mounts())), "journal.full")


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    assert_went_on(said_of(child("meet", tmp_path, "file_limit")), "journal.full")


def test_a_disk_that_can_only_be_read(tmp_path: Path) -> None:
    codes, lines = said_of(child("meet_read_only", tmp_path, before=own_mounts()))
    assert codes == ["journal.read_only", "journal.read_only"]
    assert lines == ["r1", "r0"]


@pytest.fixture(scope="module")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return failing_disk_in(tmp_path_factory.mktemp("failing"))


@pytest.mark.parametrize(
    ("kind", "code"), [("write", "journal.broken"), ("sync", "journal.broken"), ("room", "journal.full")]
)
def test_a_disk_that_fails(tmp_path: Path, failing_disk: Mapping[str, str], kind: str, code: str) -> None:
    said = said_of(child("meet", tmp_path, f"failing_{kind}", **failing_disk))
    assert_went_on(said, code, is_open=kind == "sync")  # written, and only its way to the disk is unknown

# ruff: noqa: ASYNC240 - a test may wait for the disk
"""The journal's database: what lies where, what a fault leaves, and what it costs to find a run again."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.adapters import journal_outbox, redaction
from app.adapters.database import Database
from app.adapters.database_opening import Schema
from app.adapters.journal_codec import BLOB_BYTES
from app.adapters.journal_schema import JOURNAL
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.ledger import Tries
from app.executor.journal import NOTE_BYTES, ComputedSteps, JournalError, RunSummary
from app.texts import catalogue
from tests.journals import call, computed, head, item, profile, step

LONG = "x" * (BLOB_BYTES + 1)
STEPS = Path(__file__).parents[2] / "fixtures" / "journal"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., SqliteRuns]]:
    made: list[SqliteRuns] = []

    def one(**changed: Any) -> SqliteRuns:
        made.append(SqliteRuns(profile(tmp_path), **changed))
        return made[-1]

    yield one
    for store in made:
        store.close()


Make = Callable[..., SqliteRuns]


def ask(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def count(path: Path, table: str) -> int:
    return len(ask(path, f"SELECT 1 FROM {table}"))  # noqa: S608 - our own names


async def code_of(doing: Any) -> str:
    with pytest.raises(JournalError) as told:
        await doing
    for language in ("en", "zh-CN"):
        assert {f"problem.{told.value.code}", f"problem.{told.value.code}.fix"} <= catalogue(language).keys()
    return told.value.code


async def test_nothing_is_there_before_the_first_use_and_no_thread_after_the_last(
    make: Make, tmp_path: Path, path: Path
) -> None:
    threads = set(threading.enumerate())
    store = make()
    store.close()
    assert (list(tmp_path.iterdir()), set(threading.enumerate())) == ([], threads)
    await store.lines()
    assert path.exists()
    assert set(threading.enumerate()) != threads
    store.close()
    assert set(threading.enumerate()) == threads
    assert [file.name for file in path.parent.iterdir()] == [path.name], "the log is folded into the file"
    assert list(await store.lines()) == [], "and it can be used again"


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
async def test_nobody_else_may_read_it(make: Make, path: Path) -> None:
    journal = await make().begin(head())
    await journal.commit(step())
    journal.page("", 0, 1)
    assert {file.stat().st_mode & 0o777 for file in path.parent.glob("journal*")} == {0o600}


async def test_a_closed_store_holds_nothing_and_leaves_no_log(make: Make, path: Path) -> None:
    store = make()
    journal = await store.begin(head())
    journal.note_item(item(0))
    assert journal.page("", 0, 1) == [item(0)]
    store.close()
    assert await code_of(journal.commit(step())) == "journal.held"
    assert [file.name for file in path.parent.iterdir() if file.is_file()] == [path.name]
    assert (await (await make().reopen("r1"))[2].items("", 0, 1)) == [item(0)]


async def test_the_file_is_as_durable_as_promised(make: Make, path: Path) -> None:
    store = make()
    await (await store.begin(head())).commit(step())
    database: Database = store._database  # noqa: SLF001
    pragmas = ("journal_mode", "synchronous", "auto_vacuum", "user_version")
    found = await database.read(lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas])
    assert found == ["wal", 2, 2, len(JOURNAL.migrations)]


async def test_who_commits_together_is_woken_together(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = await make().begin(head())
    loop, wakes = asyncio.get_running_loop(), 0
    real = loop.call_soon_threadsafe

    def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal wakes
        wakes += 1
        return real(*arguments, **named)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    for turn in range(5):
        await asyncio.gather(*(journal.commit(step(f"#{turn}.{n}")) for n in range(64)))
    assert wakes <= 25, "a few transactions a turn"


async def test_sqlite_never_runs_on_the_loops_thread(make: Make) -> None:
    store, threads = make(), set[str]()
    journal = await store.begin(head())
    database: Database = store._database  # noqa: SLF001
    await database.read(
        lambda c: c.set_trace_callback(lambda _: threads.add(threading.current_thread().name))
    )
    await journal.commit(step())
    journal.note_item(item(0))
    await journal.steps("")
    await journal.items("", 0, 1)
    await store.lines()
    await store.leave("r1")
    assert threads == {"database journal.sqlite3"}


async def test_long_outputs_are_kept_once_and_go_with_their_last_owner(make: Make, path: Path) -> None:
    store = make()
    for run in ("r1", "r2"):
        journal = await store.begin(head(run))
        await asyncio.gather(*(journal.commit(step(f"#{n}", text=LONG)) for n in range(3)))
        journal.note_item(item(0, outputs={"text": LONG}))
        await store.leave(run)
    (size,) = ask(path, "SELECT count(*) FROM blobs WHERE length(bytes) > 65536")[0]
    assert (count(path, "steps"), size) == (6, 1)
    assert (await journal.steps("#2"))["ask"].outputs == {"text": LONG}
    store.close()
    before = path.stat().st_size
    await store.forget("r1")
    assert (await journal.steps("#2"))["ask"].outputs == {"text": LONG}
    await store.keep(0, 0)
    tables = ("runs", "steps", "step_places", "items", "item_places", "blobs", "texts")
    assert [count(path, table) for table in tables] == [0] * 7
    store.close()
    assert path.stat().st_size < before, "the room is given back"


async def test_long_replies_go_with_their_step_or_their_run(make: Make, path: Path) -> None:
    store = make()
    for run in ("r1", "r2"):
        journal = await store.begin(head(run))
        await journal.commit_call(call(reply={"chat": {"text": LONG}}))
        await journal.commit_call(call("#b", reply={"chat": {"text": LONG}}))
        await journal.commit(step())
        await store.leave(run)
    assert count(path, "calls") == 2
    await store.forget("r1")
    assert (await journal.calls("#b", "ask"))[0].reply == {"chat": {"text": LONG}}
    await store.keep(0, 0)
    assert [count(path, table) for table in ("runs", "steps", "calls", "blobs")] == [0] * 4


async def test_a_replaced_blob_goes_with_the_next_tidying(make: Make, path: Path) -> None:
    store = make()
    journal = await store.begin(head())
    await journal.commit(step(text=LONG))
    await journal.commit(step(text="short"))
    assert count(path, "blobs") == 3, "the workflow, the request and the value"
    await store.keep(9, 10**9)
    assert count(path, "blobs") == 2
    assert (await journal.steps(""))["ask"].outputs == {"text": "short"}


async def test_records_that_are_not_in_the_index_yet_are_found_and_stand_alone(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether both of a place are behind the index, or the earlier one is in it."""
    monkeypatch.setattr(journal_outbox, "_BEHIND", 10)
    store = make()
    journal = await store.begin(head())
    for turn in range(3):
        for n in range(9):
            await journal.commit(step(f"#{n}", text=f"{turn}"))
            await journal.commit(step(f"#{n}", text=f"{turn} again"))
            journal.note_item(item(n + turn, key=f"key{n}"))
            assert await journal.steps(f"#{n}") == {"ask": step(f"#{n}", text=f"{turn} again")}
        assert await journal.steps("#none") == {}
    await journal.flush()
    _, _, looking = await make().look("r1")
    expected = [step(f"#{n}", text="2 again") for n in range(9)]
    assert [(await looking.steps(one.place))["ask"] for one in expected] == expected
    assert count(path, "steps") > 9, "what looks by place changes nothing"
    assert [one for _, one in await looking.each(0, 99)] == expected
    assert list(looking.page("", 0, 99)) == [item(n + 2, key=f"key{n}") for n in range(9)]
    assert await journal.items("", 0, 99) == await looking.items("", 0, 99)
    tables = ("steps", "step_places", "items", "item_places")
    assert [count(path, table) for table in tables] == [9] * 4


async def test_a_page_brings_what_a_dead_process_left_into_the_index(make: Make, path: Path) -> None:
    store = make()
    journal = await store.begin(head())
    for number, key in ((0, "a"), (1, "b"), (2, "a")):
        journal.note_item(item(number, key=key))
    await journal.flush()
    _, _, looking = await make().look("r1")
    assert count(path, "item_places") == 0
    assert list(looking.page("", 0, 9)) == [item(1, key="b"), item(2, key="a")]


async def test_little_is_remembered_of_what_is_written(
    make: Make, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_outbox, "_BEHIND", 100)
    journal = await make().begin(head())
    outbox: Any = journal._outbox  # noqa: SLF001
    for turn in range(20):
        await asyncio.gather(*(journal.commit(step(f"#{turn}.{n}")) for n in range(40)))
        assert len(outbox._behind) <= 100  # noqa: SLF001
    assert count(path, "steps") == 800
    assert 700 <= count(path, "step_places") <= 800


async def test_runs_that_write_in_turn_lie_apart(make: Make, path: Path) -> None:
    store = make()
    journals = [await store.begin(head(f"r{n}")) for n in range(3)]
    for turn in range(4):
        for n, journal in enumerate(journals):
            await journal.commit(step(f"#{turn}", text=f"{n}"))
    for n, journal in enumerate(journals):
        records = [record for _, record in await journal.each(0, 99)]
        assert records == [step(f"#{turn}", text=f"{n}") for turn in range(4)]
        numbers = [number for number, _ in await journal.each(0, 99)]
        assert [record for _, record in await journal.each(numbers[1], 1)] == records[2:3]
    assert ask(path, "SELECT run, count(*) FROM steps GROUP BY run") == [(1, 4), (2, 4), (3, 4)]


async def test_a_size_is_kept_for_each_run(make: Make) -> None:
    store = make()
    for number, length in enumerate((100, 5_000_000, 100)):
        journal = await store.begin(head(f"r{number}"))
        await journal.commit(step(text="y" * length))
        await store.summarise(f"r{number}", RunSummary("done"))
        await store.leave(f"r{number}")
    sizes = [line.size for line in await store.lines()]
    assert 5_000_000 < sizes[1] < 5_010_000
    assert sizes[0] < 2_000
    assert await store.keep(9, 10_000) == 2, "the oldest first, until it fits"
    assert [line.run for line in await store.lines()] == ["r2"]


async def test_a_note_that_is_too_long_is_dropped(make: Make) -> None:
    journal = await make().begin(head())
    journal.note(step("#a", text="z" * NOTE_BYTES))
    journal.note(step("#b", text="z" * (NOTE_BYTES - 2000)))
    assert not await journal.steps("#a")
    assert await journal.steps("#b")


async def test_of_what_is_noted_together_only_what_is_too_long_is_left_out(make: Make) -> None:
    journal = await make().begin(head())
    journal.note_all(ComputedSteps.of([computed("a"), computed("long", "x" * NOTE_BYTES), computed("b")]))
    journal.note_all(ComputedSteps.of([computed("long", "x" * NOTE_BYTES, "#b")]))
    many = [computed(f"n{n}", "y" * 60_000, "#c") for n in range(20)]
    journal.note_all(ComputedSteps.of(many))
    assert [*await journal.steps("#a")] == ["a", "b"]
    assert not await journal.steps("#b")
    assert [*(await journal.steps("#c")).values()] == many


async def test_half_characters_break_nothing(make: Make) -> None:
    store = make()
    odd = "half \ud800 of \udfff it"
    journal = await store.begin(head("r1", name=odd, workflow=odd, request={odd: odd}, parts={odd: odd}))
    record, row = step(odd, odd, odd, model=odd), item(0, odd, odd, values={odd: odd})
    together = computed(f"{odd}?", odd, odd)
    await journal.commit(record)
    journal.note_all(ComputedSteps.of([together]))
    journal.note_item(row)
    assert await journal.steps(odd) == {odd: record, together.node: together}
    assert await journal.items(odd, 0, 1) == [row]
    assert (await store.look("r1"))[0] == head(
        "r1", name=odd, workflow=odd, request={odd: odd}, parts={odd: odd}
    )
    assert (await store.lines())[0].name == odd
    assert await journal.steps("half ? of ? it") == {}


async def test_a_key_of_this_process_is_kept_nowhere(make: Make, path: Path) -> None:
    canary = "canary-key-of-the-runs"
    redaction.remember(canary)
    store = make()
    journal = await store.begin(head(request={"values": {"a": canary}}))
    await journal.commit(step(text=canary, verdict={"reasons": [canary]}))
    journal.note_item(item(0, values={"message": canary}))
    await store.summarise("r1", RunSummary("done", outputs={"Answer": canary}))
    store.close()
    assert b"canary" not in path.read_bytes()
    assert (await store.lines())[0].summary.outputs == {"Answer": "[hidden]"}


async def test_what_ended_a_run_is_read_as_earlier_versions_kept_it(make: Make, path: Path) -> None:
    store = make()
    await store.begin(head())
    store.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        kept = '{"status":"failed","elapsed":2.5,"rows_failed":3,"problem":"run.every_row_failed"}'
        connection.execute("UPDATE runs SET summary = ?", (kept,))
    (line,) = await store.lines()
    (problem,) = line.summary.problems
    assert (problem.code, problem.args["n"]) == ("run.every_row_failed", 3)


async def test_lazy_values_come_back_through_restore(make: Make) -> None:
    class Rows:
        def reference(self) -> dict[str, Any]:
            return {"frame": "map1"}

    store = make(restore=lambda reference: f"rows of {reference['frame']}")
    journal = await store.begin(head())
    await journal.commit(step(outputs={"rows": Rows(), "more": [Rows(), {"$lazy": 1}]}))
    found = (await journal.steps(""))["ask"].outputs
    assert found == {"rows": "rows of map1", "more": ["rows of map1", {"$lazy": 1}]}


async def test_an_item_waits_for_the_disk_and_is_written_when_it_is_well(make: Make, path: Path) -> None:
    """Locked is the fault that every machine can have."""
    store = make(patience=0.1)
    journal = await store.begin(head())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.note_item(item(0))
        assert await code_of(journal.commit(step())) == "journal.locked"
        assert await code_of(journal.flush()) == "journal.locked"
        assert await code_of(journal.items("", 0, 9)) == "journal.locked", "it would seem not to be through"
        with pytest.raises(JournalError):
            journal.page("", 0, 9)
        assert await code_of(store.summarise("r1", RunSummary("done"))) == "journal.locked"
        assert await code_of(store.begin(head("r2"))) == "journal.locked"
        other.execute("ROLLBACK")
    assert journal.page("", 0, 9) == await journal.items("", 0, 9) == [item(0)]
    await journal.commit(step(node="next"))
    assert set(await journal.steps("")) == {"next"}, "what failed was not written"
    await store.begin(head("r2"))


async def test_what_a_long_loop_gave_never_lies_in_memory_as_a_whole(make: Make) -> None:
    turns, each = 600, 50_000
    journal = await make().begin(head())
    await asyncio.gather(*(journal.commit(step(f"loop#{n}", text="x" * each)) for n in range(turns)))
    tracemalloc.start()
    seen = 0
    async for record in journal.within("loop"):
        seen += len(str(record.outputs["text"]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seen == turns * each
    assert most < seen / 2


async def test_leaving_lets_go_even_where_nothing_can_be_written(make: Make, path: Path) -> None:
    store = make(patience=0.1)
    journal = await store.begin(head())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.note_item(item(0))
        assert await code_of(store.leave("r1")) == "journal.locked"
        other.execute("ROLLBACK")
    _, _, again = await make().reopen("r1")
    assert again.is_fresh


async def test_who_is_cancelled_as_he_leaves_holds_the_run_until_nothing_of_it_is_written(
    make: Make, path: Path
) -> None:
    """Else another process might go on with it, and be overwritten."""
    store, another = make(patience=60.0), make()
    journal = await store.begin(head())
    outbox = journal._outbox  # noqa: SLF001
    assert outbox is not None
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.note_item(item(0))
        leaving = asyncio.create_task(store.leave("r1"))
        while not outbox._writing.items:  # noqa: ASYNC110, SLF001 - then its transaction waits for the lock
            await asyncio.sleep(0.001)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await code_of(another.reopen("r1")) == "journal.held"
        other.execute("ROLLBACK")
    async with asyncio.timeout(60):
        while any(line.alive for line in await another.lines()):  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    _, _, again = await another.reopen("r1")
    assert await again.items("", 0, 9) == [item(0)]


async def test_what_fails_behind_one_who_has_left_is_not_written_later(make: Make, path: Path) -> None:
    store = make(patience=0.1)
    journal = await store.begin(head())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.note_item(item(0))
        leaving = asyncio.create_task(store.leave("r1"))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert await code_of(store.begin(head("r2"))) == "journal.locked"
        other.execute("ROLLBACK")
    await store.begin(head("r3"))
    assert count(path, "items") == 0


async def test_behind_a_failed_sync_nothing_is_written_while_somebody_reads_from_the_log(
    make: Make, path: Path
) -> None:
    """What the system could not write may be missing in the log: a power cut would take all that stands after it."""
    store = make(patience=0.1)
    journal = await store.begin(head())
    await journal.commit(step())

    def fails(_: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM steps").fetchone()
        with pytest.raises(JournalError):
            await asyncio.to_thread(store._database.write_now, fails)  # noqa: SLF001
        for node in ("lost", "lost too"):
            assert await code_of(journal.commit(step(node=node))) == "journal.locked"
        other.execute("ROLLBACK")
        await journal.commit(step(node="kept"))
    assert set(await journal.steps("")) == {"ask", "kept"}


async def test_a_fault_fails_those_who_wait_and_nobody_else(make: Make, path: Path) -> None:
    store = make(patience=0.1)
    journal = await store.begin(head())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ended = await asyncio.gather(
            *(journal.commit(step(f"#{n}")) for n in range(9)), return_exceptions=True
        )
        assert [str(getattr(one, "code", one)) for one in ended] == ["journal.locked"] * 9
        assert len(set(map(id, ended))) == 9
        other.execute("ROLLBACK")
    await asyncio.gather(*(journal.commit(step(f"#{n}")) for n in range(9)))


async def test_what_comes_while_a_transaction_fails_does_not_fail_with_it(make: Make, path: Path) -> None:
    store = make(patience=2.0)
    journal = await store.begin(head())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        early = asyncio.create_task(code_of(journal.commit(step("#early"))))
        await asyncio.sleep(0)
        outbox = journal._outbox  # noqa: SLF001
        assert outbox is not None
        while outbox._is_queued:  # noqa: ASYNC110, SLF001 - then its transaction has begun
            await asyncio.sleep(0.001)
        assert not early.done(), "it waits for the other process"
        late = asyncio.create_task(journal.commit(step("#late")))
        assert await early == "journal.locked"
        other.execute("ROLLBACK")
    await late
    assert set(await journal.steps("#late")) == {"ask"}
    assert not await journal.steps("#early")


async def test_one_who_is_cancelled_harms_nobody(make: Make) -> None:
    store = make()
    journal = await store.begin(head())
    tasks = [asyncio.create_task(journal.commit(step(f"#{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks[1::2])
    starting = asyncio.create_task(store.begin(head("r2")))
    await asyncio.sleep(0)
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    assert not any(line.alive for line in await store.lines() if line.run == "r2")


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "no database": lambda _: b"not a database at all " * 400,
    "first page": lambda content: b"\0" * 4096 + content[4096:],
    "schema": lambda content: content[:100] + b"\xff" * 3996 + content[4096:],
    "cut": lambda content: content[: len(content) // 2],
    "tables": lambda content: content[:8192] + b"\xff" * (len(content) - 8192),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_is_kept_beside_a_new_one(make: Make, path: Path, damage: str) -> None:
    store = make()
    journal = await store.begin(head())
    await asyncio.gather(*(journal.commit(step(f"#{n}", text="w" * 3000)) for n in range(64)))
    await store.leave("r1")
    store.close()
    damaged = DAMAGES[damage](path.read_bytes())
    path.write_bytes(damaged)
    path.with_name(f"{path.name}-wal").write_bytes(b"what was in the log")
    again = make()
    await again.lines()
    (problem,) = again.told
    kept = path.with_name(str(problem.args["kept"]))
    assert (problem.code, problem.args["path"], kept.read_bytes()) == (
        "journal.damaged_kept",
        str(path),
        damaged,
    )
    assert kept.name.startswith("journal.sqlite3.damaged-")
    journal = await again.begin(head("r2"))
    await journal.commit(step())
    assert [line.run for line in await again.lines()] == ["r2"]


async def test_damage_met_in_the_middle_ends_the_run_and_the_next_one_begins_anew(
    make: Make, path: Path
) -> None:
    store = make()
    journal = await store.begin(head())
    await asyncio.gather(*(journal.commit(step(f"#{n}", text="w" * 3000)) for n in range(64)))
    store._database.close()  # noqa: SLF001 - what it had in memory is forgotten, the run is still held
    content = path.read_bytes()
    with path.open("r+b") as file:
        file.seek(8 * 4096)
        file.write(b"\xff" * (len(content) - 8 * 4096))
    codes = {getattr(one, "code", "") for one in await asyncio.gather(
        *(journal.steps(f"#{n}") for n in range(64)), return_exceptions=True)}  # fmt: skip
    assert "journal.damaged" in codes
    assert await code_of(journal.commit(step())) == "journal.damaged"
    assert [problem.code for problem in store.told] == ["journal.damaged_kept"]
    assert await code_of(journal.commit(step())) == "journal.damaged", "the run's record is elsewhere now"
    assert await code_of(journal.flush()) == "journal.damaged"
    with pytest.raises(JournalError):
        journal.page("", 0, 1)
    await (await store.begin(head("r2"))).commit(step())


async def test_a_file_that_was_taken_away_is_noticed(make: Make, path: Path) -> None:
    store = make()
    journal = await store.begin(head())
    await journal.commit(step())
    path.unlink()
    assert await code_of(journal.commit(step())) == "journal.damaged"
    await (await store.begin(head("r2"))).commit(step())
    assert count(path, "steps") == 1


async def test_a_file_of_a_newer_version_stays_untouched(make: Make, path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as newer:
        newer.execute("CREATE TABLE runs (future TEXT)")
        newer.execute(f"PRAGMA user_version = {len(JOURNAL.migrations) + 1}")
    before = path.read_bytes()
    store = make()
    assert await code_of(store.lines()) == "journal.newer"
    assert await code_of(store.begin(head())) == "journal.newer"
    store.close()
    assert path.read_bytes() == before
    assert (await code_of(store.begin(head()))) == "journal.newer", "and no lock is left"


async def test_an_earlier_version_that_has_the_file_open_writes_into_no_other_run(
    make: Make, path: Path
) -> None:
    store = make()
    for name in ("r1", "r2"):
        await (await store.begin(head(name))).commit(step())
    with closing(sqlite3.connect(path)) as earlier, pytest.raises(sqlite3.IntegrityError):
        earlier.execute(
            "INSERT OR REPLACE INTO steps (run, place, node, record) SELECT id, '#9', 'ask', '{}' FROM runs LIMIT 1"
        )
    await (await store.look("r2"))[2].steps("")
    assert count(path, "steps") == 2


async def test_rows_that_a_run_walked_twice_before_it_broke_off_count_once(make: Make) -> None:
    store = make()
    journal = await store.begin(head())
    for _ in range(2):
        for number in range(3):
            journal.note_item(item(number))
        await journal.flush()
        store.close()
        store = make()
        (line,) = await store.lines()
        assert line.summary.rows_done == 3
        _, _, journal = await store.reopen("r1")


async def test_a_folder_that_is_none(make: Make, tmp_path: Path) -> None:
    store = make()
    (tmp_path / "data").write_text("a file")
    assert await code_of(store.lines()) == "journal.broken"
    assert await code_of(store.begin(head())) == "journal.broken"
    (tmp_path / "data").unlink()
    await store.begin(head())


@pytest.mark.parametrize("old", sorted(STEPS.glob("v*.sql")), ids=lambda path: path.stem)
async def test_files_of_every_earlier_version_are_read(make: Make, path: Path, old: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(old.read_text("utf-8"))
    store = make()
    for line in await store.lines():
        journal = (await store.reopen(line.run))[2]
        assert await journal.steps("#a") == {"ask": step("#a")}
        assert await journal.items("", 0, 1) == [item(0)]
        assert [one.place for one in await journal.loose_calls()] == (["#b"] if journal.has_calls else [])
        together = await journal.steps("#d")
        assert [*together] == (["a", "b"] if old.stem >= "v4" else [])
        assert {one.place for one in together.values()} <= {"#d"}
        every = [record for _, record in await journal.each(0, 99)]
        assert every == [step("#a"), *together.values()]
        await journal.commit(step("#a", text="again"))
        journal.note_item(item(1, key="key0"))
        assert [record for _, record in await journal.each(0, 99)][-1:] == [step("#a", text="again")]
        assert await journal.items("", 0, 9) == [item(1, key="key0")]
    journal = await store.begin(head("new"))
    await journal.commit(step())
    await journal.commit_call(call("#c"))
    assert await journal.loose_calls() == [call("#c")]
    assert ask(path, "PRAGMA user_version") == [(len(JOURNAL.migrations),)]
    if old.stem >= "v7":
        booked = [(one.origin.run, one.cost.known) for one in await store.ledger.entries()]
        assert booked == [("other", Decimal("0.25")), ("old", Decimal("0.25"))]
        assert await store.ledger.tries() == {("Test", "small"): Tries(2, 0)}


async def test_a_migration_happens_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite3"
    first = ("CREATE TABLE a (x)", "INSERT INTO a VALUES (1)")
    second = ("CREATE TABLE b AS SELECT x + 1 AS x FROM a", "DROP TABLE a")

    async def opened(*migrations: tuple[str, ...]) -> None:
        database = Database(path, Schema(migrations, "NORMAL"), patience=0.2)
        try:
            await database.read(lambda _: None)
        finally:
            database.close()

    await opened(first)
    identity = ask(path, "PRAGMA application_id")
    assert await code_of(opened(first, (*second, "CREATE nonsense"))) == "journal.broken"
    assert ask(path, "SELECT x FROM a") == [(1,)]
    assert ask(path, "PRAGMA user_version") == [(1,)]
    await asyncio.gather(*(opened(first, second) for _ in range(3)))
    assert ask(path, "SELECT x FROM b") == [(2,)]
    assert ask(path, "PRAGMA user_version") == [(2,)]
    assert ask(path, "PRAGMA application_id") == identity


async def test_the_log_is_folded_in_when_nothing_happens(make: Make, path: Path) -> None:
    journal = await make().begin(head())
    await asyncio.gather(*(journal.commit(step(f"#{n}")) for n in range(64)))
    log = path.with_name(f"{path.name}-wal")
    assert log.stat().st_size > 0
    until = time.monotonic() + 60
    while log.stat().st_size and time.monotonic() < until:  # noqa: ASYNC110 - the file tells nobody
        await asyncio.sleep(0.05)
    assert log.stat().st_size == 0


async def test_a_history_of_ten_thousand_runs_is_shown_at_once(make: Make, path: Path) -> None:
    store = make()
    await store.lines()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO runs (run, workflow_id, name, digest, at, prices_of, summary)"
            " VALUES (?, ?, 'n', 'd', 'a', '', ?)",
            ((f"r{n}", f"wf{n % 100}", '{"status":"done","elapsed":1.5}') for n in range(10_000)),
        )
    took = time.process_time()
    latest, of_one = await store.lines(), await store.lines(workflow_id="wf7")
    took = time.process_time() - took
    assert ([line.run for line in latest[:2]], len(latest)) == (["r9999", "r9998"], 200)
    assert ([line.run for line in of_one[:2]], len(of_one)) == (["r9907", "r9807"], 100)
    assert took < 1.0  # seconds of CPU; 10 ms on an idle machine

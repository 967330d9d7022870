"""What every ledger does, asked of both: the one in memory, which is plain to read, and the one in a database."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from decimal import Decimal
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.adapters import sqlite_ledger
from app.adapters.redaction import remember
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.ledger import Days, EndedBy, Entry, Filter, Origin, Part, Sum, Tries
from app.costs.memory_ledger import MemoryLedger
from app.costs.price import Price
from app.costs.usage import Usage
from app.executor.journal import Journal, JournalError, RunSummary
from tests.journals import head, item, profile, step

PRICE = Price(Decimal("0.000003"), Decimal("0.000015"), Decimal("0.0000003"), written=Decimal("0.00000375"))
ORIGIN = Origin("r1", "wf", "Mail", "ask", "Draft", "model.text", "Work", "opus", PRICE)
PARTS: tuple[Part, ...] = get_args(Part)


def entry(at: float = 1000.0, day: str = "2026-11-20", **changed: object) -> Entry:
    made = Entry(
        ORIGIN,
        at,
        day,
        "#17",
        usage=Usage(100, 50, 7, 3, 11),
        cost=Cost(Decimal("0.0010300000000001"), "priced"),
        counted=Decimal("0.0010300000000001"),
        seconds=2.5,
        cached_saving=Decimal("0.0000189"),
        tier=1,
        part="draft",
    )
    return structs.replace(made, **changed)  # type: ignore[arg-type]


async def booked(store: SqliteRuns, *entries: Entry) -> Journal:
    journal = await store.begin(head())
    for one in entries:
        journal.book(one)
    return journal


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteRuns]:
    made = SqliteRuns(profile(tmp_path))
    yield made
    made.close()


names = st.text(max_size=3)
money = st.decimals(0, 1000, allow_nan=False, places=12)
costs = st.one_of(
    st.just(FREE),
    st.just(UNKNOWN),
    money.map(lambda m: Cost(m, "priced")),
    money.map(lambda m: Cost(m, "billed")),
    money.map(lambda m: Cost(m, "estimated")),
)
origins = st.builds(
    Origin,
    names,
    st.sampled_from(["w1", "w2"]),
    names,
    st.sampled_from(["a", "b"]),
    names,
    names,
    st.sampled_from(["", "Work"]),
    st.sampled_from(["m1", "m2"]),
    st.sampled_from([None, PRICE]),
    st.booleans(),
)
tokens = st.integers(0, 10**6)


@st.composite
def some_entries(draw: st.DrawFn) -> list[Entry]:
    """Times are different, so that the latest name is one."""
    made = st.builds(
        Entry,
        origins,
        st.just(0.0),
        st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-20"]),
        names,
        st.just("call"),
        st.builds(Usage, tokens, tokens, tokens, tokens, tokens),
        costs,
        money,
        st.integers(0, 64).map(lambda n: n / 8),
        st.sampled_from(["", "", "model.timeout", "call.stopped", "call.ended"]),
        tier=st.integers(0, 2),
        cached_saving=money,
    )
    hit = st.builds(Entry, origins, st.just(0.0), st.just("2026-11-01"), source=st.just("cache"), saved=costs)
    row = st.builds(
        Entry,
        origins,
        st.just(0.0),
        st.just("2026-11-01"),
        names,
        st.just("compared"),
        cost=costs,
        saved=costs,
    )
    found = draw(st.lists(st.one_of(made, hit, row), max_size=12))
    return [structs.replace(one, at=float(number)) for number, one in enumerate(found)]


@asynccontextmanager
async def both(entries: Sequence[Entry]) -> AsyncIterator[tuple[MemoryLedger, SqliteRuns]]:
    memory = MemoryLedger()
    with TemporaryDirectory() as folder:
        store = SqliteRuns(profile(Path(folder)))
        journal = await booked(store)
        for one in entries:
            memory.book(one)
            journal.book(one)
        yield memory, store
        store.close()


@settings(max_examples=40, deadline=None)
@given(some_entries(), st.sampled_from(["", "2026-11-01"]), st.sampled_from(["", "w1"]), st.data())
def test_the_database_adds_up_as_plain_code_does(
    entries: list[Entry], first: str, workflow: str, data: st.DataObject
) -> None:
    by = data.draw(st.lists(st.sampled_from(PARTS), unique=True, max_size=3))
    days, only = Days(first), Filter(workflow)

    async def asked() -> None:
        async with both(entries) as (memory, store):
            found = await store.ledger.sums(by, days, only)
            assert {one.key: one for one in found} == {
                one.key: one for one in await memory.sums(by, days, only)
            }
            assert await store.ledger.entries(days, only) == await memory.entries(days, only)
            assert await store.ledger.speeds(days) == await memory.speeds(days)
            assert await store.ledger.samples("w1", "a") == await memory.samples("w1", "a")
            assert await store.ledger.tries() == await memory.tries()

    asyncio.run(asked())


@pytest.mark.parametrize("outcome", get_args(EndedBy))
async def test_a_call_that_was_ended_is_paid_and_tells_nothing_of_its_model(
    store: SqliteRuns, outcome: str
) -> None:
    whole, broken = entry(seconds=2.5), entry(1001.0, seconds=0.01, outcome=outcome, scope="#18")
    memory, _ = MemoryLedger(), await booked(store, whole, broken)
    for one in (whole, broken):
        memory.book(one)
    for ledger in (memory, store.ledger):
        assert [one.seconds for one in await ledger.samples()] == [2.5]
        assert (await ledger.speeds())["Work", "opus"].tokens == 20
        assert await ledger.tries() == {("Work", "opus"): Tries(1, 0)}
        (total,) = await ledger.sums(())
        assert (total.calls, total.failed, total.rows) == (2, 0, 2)
        assert total.cost.known == 2 * whole.cost.known


async def test_the_latest_calls_are_those_of_all_steps(
    store: SqliteRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long run asks two models at each row: the last step's calls alone are no fewer than what is looked at."""
    monkeypatch.setattr(sqlite_ledger, "_CALLS_SEEN", 10)
    first = entry().origin
    second = replace(first, node="second", model="haiku")
    rows = [
        entry(1000.0 + row, origin=origin, seconds=2.5) for row in range(10) for origin in (first, second)
    ]
    await booked(store, *rows)
    assert {model for _, model in await store.ledger.speeds()} == {"opus", "haiku"}
    assert {who[1]: tries.made for who, tries in (await store.ledger.tries()).items()} == {
        "opus": 5,
        "haiku": 5,
    }


async def test_days_models_and_steps_add_up_to_the_same_total(store: SqliteRuns) -> None:
    third = Decimal(1) / 3
    prices = [Cost(third * n, "priced") for n in range(1, 40)]
    entries = [
        entry(
            at=n,
            day=f"2026-11-{n % 9 + 1:02}",
            cost=cost,
            origin=replace(ORIGIN, node=f"n{n % 4}", model=f"m{n % 3}"),
        )
        for n, cost in enumerate(prices)
    ]
    await booked(store, *entries)
    (whole,) = await store.ledger.sums(())
    for by in chain.from_iterable(combinations(PARTS, count) for count in (1, 2)):
        found = await store.ledger.sums(by)
        assert abs(sum(one.cost.known for one in found) - whole.cost.known) < Decimal("1e-22")
        assert sum(one.calls for one in found) == whole.calls == len(entries)


async def test_the_ledger_outlives_its_run(store: SqliteRuns) -> None:
    journal = await booked(store, entry())
    await journal.commit(step())
    await store.leave("r1")
    await store.forget("r1")
    assert await store.ledger.entries() == [entry()]


async def test_an_entry_is_there_before_the_record_that_follows_it(store: SqliteRuns, tmp_path: Path) -> None:
    journal = await store.begin(head())
    for number in range(50):
        journal.book(entry(at=number))
        await journal.commit(step(f"#{number}"))
        with closing(sqlite3.connect(tmp_path / "data" / "journal.sqlite3")) as other:
            assert other.execute("SELECT COUNT(*) FROM ledger").fetchone() == (number + 1,)


async def test_an_entry_is_written_without_any_record(store: SqliteRuns, tmp_path: Path) -> None:
    await booked(store, entry())
    with closing(sqlite3.connect(tmp_path / "data" / "journal.sqlite3")) as other:
        while other.execute("SELECT COUNT(*) FROM ledger").fetchone() != (1,):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # another thread writes it


class LostWord:
    """A connection whose next commit reaches the disk and says that it didn't."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        done = self._connection.execute(sql, *values)
        if sql == "COMMIT":
            raise sqlite3.OperationalError("disk I/O error")
        return done


async def test_what_may_or_may_not_be_on_the_disk_is_written_once(
    store: SqliteRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = await booked(store, entry(at=1))
    await journal.commit(step("#1"))
    database = store._database  # noqa: SLF001
    opened = database._open  # noqa: SLF001
    monkeypatch.setattr(database, "_open", lambda: LostWord(opened()))
    journal.book(entry(at=2))
    with pytest.raises(JournalError):
        await journal.commit(step("#2"))
    assert store._outbox.fault is not None  # noqa: SLF001
    monkeypatch.setattr(database, "_open", opened)
    journal.book(entry(at=3))
    await journal.commit(step("#3"))
    assert store._outbox.fault is None  # noqa: SLF001
    assert [one.at for one in await store.ledger.entries()] == [1, 2, 3]
    assert await _counted(store) == [("2026-11-20", "Work", str(3 * entry().counted))]


async def test_old_entries_go_when_asked_and_not_before(store: SqliteRuns) -> None:
    await booked(store, entry(day="2025-01-01"), entry(at=2000, origin=replace(ORIGIN, model="haiku")))
    assert await store.ledger.throw_away("2025-01-01") == 0
    assert await store.ledger.throw_away("2026-01-01") == 1
    assert [one.day for one in await store.ledger.entries()] == ["2026-11-20"]
    assert [day for day, _, _ in await _counted(store)] == ["2026-11-20"]


async def test_a_key_that_a_server_echoed_is_hidden(store: SqliteRuns) -> None:
    remember("very-secret-key")
    await booked(store, entry(origin=replace(ORIGIN, model="gpt very-secret-key")))
    (sum_,) = await store.ledger.sums(("model",))
    assert sum_.key == ("gpt [hidden]",)


async def test_nothing_booked_is_no_sum(store: SqliteRuns) -> None:
    found: Sequence[Sum] = await store.ledger.sums(())
    assert found == []


async def _counted(store: SqliteRuns) -> list[tuple[str, str, str]]:
    database = store._database  # noqa: SLF001
    return await database.read(lambda c: c.execute("SELECT * FROM ledger_days").fetchall())


async def test_a_run_that_broke_off_is_listed_with_what_its_calls_and_rows_came_to(store: SqliteRuns) -> None:
    other = replace(ORIGIN, run="r2")
    journal = await booked(store, entry(), entry(at=1001.0), entry(origin=other))
    await journal.commit(step(at=40.0, seconds=2.5))
    for number, status in enumerate(["done", "failed", "done"]):
        journal.note_item(item(number, status=status))
    await journal.flush()
    (line,) = await store.lines()
    assert (line.alive, line.summary) == (True, RunSummary("running")), "it says so itself, as it goes on"
    await store.leave("r1")  # without a word
    (line,) = await store.lines()
    of_two = entry()
    assert line.summary == RunSummary(
        "running",
        elapsed=42.5,
        usage=of_two.usage + of_two.usage,
        cost=of_two.cost + of_two.cost,
        calls=2,
        rows_done=2,
        rows_failed=1,
    )
    assert line.is_broken_off
    before = RunSummary("running", elapsed=100.0, cost=Cost(Decimal(9), "priced"), calls=5, rows_done=7)
    await store.summarise("r1", before)
    (line,) = await store.lines()
    after = replace(before, rows_done=2, rows_failed=1)
    assert line.summary == after, (
        "what an earlier life knew better stays, but rows are those that are there now"
    )

"""Limits that several stores of one profile hold together, as processes do, and runs that wait at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from app.adapters import sqlite_limits
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.limits import Cap, Caps, LimitReached
from app.events.run_events import BudgetReached, RunEvent, RunPaused, RunResumed
from app.executor import booking, run
from app.executor.past import Keeping
from tests.flows import ScriptedModels, doors, flow, start, status
from tests.journals import head, profile
from tests.unit.adapters.test_ledger import entry

PAID = flow({"a": "test.source", "m": "test.model"}, ["a.value>m.value"])
DAY = Caps(Cap(day=Decimal(10)))
Make = Callable[..., SqliteRuns]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[SqliteRuns] = []

    def one(caps: Callable[[], Caps] = lambda: DAY) -> SqliteRuns:
        made.append(SqliteRuns(profile(tmp_path), caps=caps))
        return made[-1]

    yield one
    for store in made:
        store.close()


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The day that it is; tests let the next one begin."""
    days = ["2026-11-20"]
    for module in (sqlite_limits, booking):
        monkeypatch.setattr(module, "local_day", lambda _: days[-1])
    return days


async def held(store: SqliteRuns, run_id: str, amount: int, connection: str = "Work") -> bool:
    return not isinstance(await store.limits.hold(run_id, connection, Decimal(amount)), LimitReached)


async def test_a_connection_s_other_name_changes_nothing_of_what_it_has_spent(
    make: Make, today: list[str]
) -> None:
    caps = Caps(connections={name: Cap(day=Decimal(10)) for name in ("Work", "Office")})
    store = make(lambda: caps)
    journal = await store.begin(head("r1"))
    for connection, counted in (("Work", 6), ("Office", 1)):
        origin = replace(entry().origin, connection=connection)
        journal.book(entry(day=today[0], origin=origin, counted=Decimal(counted)))
    await store.limits.rename("Work", "Office")
    assert not await held(store, "r1", 4, "Office")
    assert await held(store, "r1", 3, "Office")
    assert await held(store, "r1", 10, "Work"), "that name has another account now"


@pytest.mark.usefixtures("today")
async def test_two_processes_hold_one_limit(make: Make) -> None:
    first, second = make(), make()
    await first.begin(head("r1"))
    await second.begin(head("r2"))
    assert await held(first, "r1", 6)
    assert not await held(second, "r2", 5)
    assert await held(second, "r2", 4)
    assert not await held(first, "r1", 1)
    first.limits.release("r1", "Work", Decimal(6))
    async with asyncio.timeout(60):
        while not await held(second, "r2", 6):  # noqa: ASYNC110 - the other process says it soon
            await asyncio.sleep(0.01)


async def test_what_a_dead_process_held_counts_no_more(make: Make, today: list[str]) -> None:
    first, second = make(), make()
    await first.begin(head("r1"))
    await second.begin(head("r2"))
    assert await held(first, "r1", 8)
    assert not await held(second, "r2", 8)
    first._leases.release("r1")  # noqa: SLF001 - as the system does for a process that is killed
    assert await held(second, "r2", 8)


@pytest.mark.usefixtures("today")
async def test_a_run_that_goes_on_is_not_kept_back_by_what_its_dead_process_held(make: Make) -> None:
    first, second = make(), make()
    await first.begin(head("r1"))
    assert await held(first, "r1", 8)
    first._leases.release("r1")  # noqa: SLF001 - as the system does for a process that is killed
    await second.reopen("r1")
    assert await held(second, "r1", 8)


@pytest.mark.usefixtures("today")
async def test_who_is_stopped_while_the_disk_decides_holds_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, inside, goes_on, decide = make(), Event(), Event(), sqlite_limits.reached
    journal = await store.begin(head("r1"))

    def slowly(*args: Any) -> LimitReached | None:
        inside.set()
        goes_on.wait(60)
        return decide(*args)

    monkeypatch.setattr(sqlite_limits, "reached", slowly)
    asking = asyncio.ensure_future(held(store, "r1", 8))
    await asyncio.to_thread(inside.wait, 10)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    goes_on.set()
    await journal.flush()
    _, _, still = await store.limits.standing()
    assert sum(still.values()) == 0


async def test_calls_of_every_process_never_pass_the_limit(make: Make, today: list[str]) -> None:
    stores = [make() for _ in range(3)]

    async def spend(number: int, store: SqliteRuns) -> None:
        journal = await store.begin(head(f"r{number}"))

        async def call() -> None:
            if await held(store, f"r{number}", 2):
                journal.book(entry(day=today[-1], counted=Decimal(1)))
                store.limits.release(f"r{number}", "Work", Decimal(2))

        for _ in range(4):
            await asyncio.gather(*(call() for _ in range(8)))

    await asyncio.gather(*(spend(number, store) for number, store in enumerate(stores)))
    (whole,) = await stores[0].ledger.sums(())
    assert Decimal(4) < whole.counted <= Decimal(10)
    async with asyncio.timeout(60):
        while sum((await stores[0].limits.standing())[2].values()):  # noqa: ASYNC110 - the others say it soon
            await asyncio.sleep(0.01)


async def test_a_run_waits_for_the_next_day_or_a_higher_limit(
    make: Make, today: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_LOOK_AGAIN", 0.05)
    caps = [Caps(Cap(day=Decimal(218)))]
    store = make(lambda: caps[-1])
    models, events = ScriptedModels(), list[RunEvent]()
    execution = start(
        PAID,
        rows=[{"value": str(i)} for i in range(4)],
        through=doors(models, "1"),
        keeping=Keeping(await store.begin(head("run-1")), limits=store.limits),
    )
    pauses = 0
    async for batch in execution.batches():
        events += batch
        if any(isinstance(event, RunPaused) for event in batch):
            pauses += 1
            if pauses == 1:
                today.append("2026-11-21")
            elif pauses == 2:
                caps.append(Caps(Cap(day=Decimal(10_000))))
                store.limits.wake()
    assert status(events) == "done"
    assert len(models.asked) == 4
    stops = [event for event in events if isinstance(event, BudgetReached)]
    assert {(stop.limit, stop.connection, stop.cap) for stop in stops} == {("day", "", "218")}
    assert {stop.renews for stop in stops} == {"2026-11-21", "2026-11-22"}
    assert sum(isinstance(event, RunResumed) for event in events) == pauses == 2


@pytest.mark.usefixtures("today")
async def test_entries_that_are_thrown_away_still_count_in_their_month(make: Make) -> None:
    store = make(lambda: Caps(Cap(month=Decimal(10))))
    journal = await store.begin(head("r1"))
    journal.book(entry(day="2026-11-02", counted=Decimal(8)))
    assert await store.ledger.throw_away("2026-11-19") == 1
    assert not await held(store, "r1", 3)


async def test_a_run_that_is_stopped_at_a_limit_holds_nothing(make: Make, today: list[str]) -> None:
    store = make(lambda: Caps(connections={"Test": Cap(month=Decimal(1))}))
    execution = start(
        PAID,
        values={"value": "x"},
        through=doors(ScriptedModels(), "1"),
        keeping=Keeping(await store.begin(head("run-1")), limits=store.limits),
    )
    async for batch in execution.batches():
        if any(isinstance(event, RunPaused) for event in batch):
            execution.stop("paused")
    _, spent, still = await store.limits.standing()
    assert (spent, sum(still.values())) == ({}, 0)


async def test_without_limits_nothing_is_asked_of_the_disk(make: Make) -> None:
    store = make(Caps)
    assert await store.limits.hold("r", "Work", Decimal(5)) == 0
    assert not (store._database.path).exists()  # noqa: SLF001

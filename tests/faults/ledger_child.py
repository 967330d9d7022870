"""A process that books calls while its small disk is full, or may only be read.

Prints one JSON object: what was said meanwhile, and what the ledger holds once there is room again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import Cost
from app.costs.ledger import Entry, Origin
from app.costs.usage import Usage
from app.executor.journal import JournalError, StepRecord
from tests.journals import head, profile, step

ORIGIN = Origin("r1", "w", "Flow", "n", "Step", "model.text", "Work", "m")
COST = Decimal("0.0010300000000001")


def entry(number: int) -> Entry:
    cost = Cost(COST, "priced")
    return Entry(
        ORIGIN, 1000.0 + number, "2026-11-20", f"#{number}", usage=Usage(10, 5), cost=cost, counted=COST
    )


async def commit(journal: Any, record: StepRecord) -> str:
    """The code of what went wrong, or nothing."""
    try:
        await journal.commit(record)
    except JournalError as error:
        return error.code
    return ""


async def look(store: SqliteRuns) -> Any:
    """What the ledger says, or why it says nothing."""
    try:
        sums = await store.ledger.sums(())
    except JournalError as error:
        return error.code
    return [sums[0].calls, str(sums[0].cost.known)] if sums else [0, "0"]


async def main(disk: Path) -> None:
    store = SqliteRuns(profile(disk), patience=0.2)
    journal = await store.begin(head())
    journal.book(entry(0))
    said = [await commit(journal, step("", "first"))]
    before = await look(store)
    fill(disk)
    for number in range(1, 4):
        journal.book(entry(number))
        said.append(await commit(journal, step("", f"n{number}", text="x" * 200_000)))
    meanwhile = await look(store)
    (disk / "filler").unlink()
    journal.book(entry(4))
    said.append(await commit(journal, step("", "last")))
    after = await look(store)
    await store.leave("r1")
    store.close()
    again = SqliteRuns(profile(disk))
    whole = await look(again)
    again.close()
    print(json.dumps([said, before, meanwhile, after, whole]))


async def main_read_only(disk: Path) -> None:
    store = SqliteRuns(profile(disk), patience=0.2)
    journal = await store.begin(head())
    journal.book(entry(0))
    await journal.commit(step("", "first"))
    await store.leave("r1")
    store.close()
    remount("ro", disk)
    shut, begun = SqliteRuns(profile(disk), patience=0.2), ""
    try:
        await shut.begin(head("r2"))
    except JournalError as error:
        begun = error.code
    looked = await look(shut)
    shut.close()
    remount("rw", disk)
    again = SqliteRuns(profile(disk))
    journal = await again.begin(head("r3"))
    journal.book(entry(1))
    await journal.commit(step("", "second"))
    whole = await look(again)
    await again.leave("r3")
    again.close()
    print(json.dumps([begun, looked, whole]))


def remount(how: str, disk: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


def fill(disk: Path) -> None:
    with contextlib.suppress(OSError), (disk / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 512)


if __name__ == "__main__":
    place = Path(sys.argv[2])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=True)
    asyncio.run({"full": main, "read_only": main_read_only}[sys.argv[1]](place))

"""A process that uses a profile's journal or cache and says line by line what it was told."""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.adapters import database
from app.adapters.database import Database
from app.adapters.database_opening import Schema
from app.adapters.sqlite_cache import SqliteCache
from app.adapters.sqlite_runs import SqliteRuns
from app.executor.cache import Kept
from app.executor.journal import JournalError, RunSummary
from tests.journals import head, item, profile, step

AT_ONCE = 64
LONG = 70_000  # characters: a blob
MIGRATIONS = (
    ("CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"),
    (
        "DROP TABLE a",
        "CREATE TABLE b AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n",  # endless
    ),
)


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def text_of(number: int) -> str:
    """Every seventh value is a blob; one in three of these is the same."""
    return "x" * LONG if number % 21 == 0 else f"{number}" * (LONG // 6 if number % 7 == 0 else 20)


async def write(root: Path, run: str, most: str) -> None:
    """Commits until `most` or its end, and says each number that was promised to last."""
    store = SqliteRuns(profile(root))
    journal = await store.begin(head(run))
    numbers = iter(range(int(most)))

    async def work() -> None:
        for number in numbers:
            await journal.commit(step(f"#{number}", text=text_of(number)))
            journal.note_item(item(number))
            say(number)

    say("begun")
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    await store.summarise(run, RunSummary("done"))
    await store.leave(run)
    store.close()


async def fold(root: Path, run: str, most: str) -> None:
    """Commits, and has the log folded into the file after every few commits."""
    database.QUIET = 0.001
    store = SqliteRuns(profile(root))
    journal = await store.begin(head(run))
    say("begun")
    for number in range(int(most)):
        journal.note_item(item(number))
        await journal.commit(step(f"#{number}", text=text_of(number)))
        say(number)
        if number % 8 == 0:
            await asyncio.sleep(0.004)


async def tidy(root: Path, runs: str) -> None:
    """Throws runs away."""
    store = SqliteRuns(profile(root))
    await store.lines()
    say("begun")
    await store.keep(int(runs), 10**12)
    store.close()


async def migrate(root: Path) -> None:
    """Brings a file up to date, which takes for ever."""
    ageing = Database(root / "x.sqlite3", Schema(MIGRATIONS, "FULL"))
    say("begun")
    await ageing.read(lambda _: None)


async def look(root: Path) -> None:
    """Opens a profile of an earlier version, and stays."""
    store = SqliteRuns(profile(root))
    say("begun")
    await store.lines()
    await asyncio.Event().wait()


async def fill_cache(root: Path, limit: str) -> None:
    """Puts more than there is room for, for ever."""
    cache = SqliteCache(profile(root), size=int(limit))
    for number in itertools.count(os.getpid() * 1_000_000):
        cache.put(f"k{number}", "wf", "ask", Kept({"text": "y" * 20_000}))
        if number % 8 == 0:
            await cache.get("nothing")
            say(number)


async def meet(root: Path, fault: str) -> None:
    """Commits into a fault, then after it, with the same store; says the code, and what the journal then holds."""
    faults: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "small_disk": (lambda: fill_disk(root), (root / "filler").unlink),
        "file_limit": (
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY)),
            lambda: resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            ),
        ),
        **{
            f"failing_{kind}": (lambda kind=kind: fail(kind), lambda: fail(""))
            for kind in ("write", "sync", "room")
        },
    }
    begin, end = faults[fault]
    store = SqliteRuns(profile(root))
    journal = await store.begin(head())
    promised, failed = [0, 1, 2], list[int]()
    for number in promised:
        await journal.commit(step(f"#{number}"))
    begin()
    codes: set[str] = set()
    for number in itertools.count(1):
        journal.note_item(item(number))
        numbers = range(4 * number, 4 * number + 4)
        commits = (journal.commit(step(f"#{n}", text="z" * 9_000)) for n in numbers)
        for n, error in zip(numbers, await asyncio.gather(*commits, return_exceptions=True), strict=True):
            (failed if isinstance(error, JournalError) else promised).append(n)
            codes |= {error.code} if isinstance(error, JournalError) else set()
        if failed:
            break
    for doing in (journal.flush(), store.begin(head("r2")), store.summarise("r1", RunSummary("paused"))):
        codes.add(await code_of(doing))
    end()
    noted = number
    await journal.commit(step("#after"))
    found = [bool(await journal.steps(f"#{n}")) for n in promised]
    after = [bool(await journal.steps(place)) for place in ("#after", f"#{failed[0]}", f"#{failed[-1]}")]
    items = await journal.items("", 0, noted + 1)
    await store.begin(head("r3"))
    say(sorted(codes - {""}), all(found), after, len(items) == noted, len(promised), len(store.told))
    store.close()


async def meet_read_only(root: Path) -> None:
    """Opens a profile on a disk that can only be read, which then can be written."""
    await asyncio.to_thread(
        subprocess.run, ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", root], check=True
    )
    first = SqliteRuns(profile(root))
    await first.begin(head("r0"))
    first.close()
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,ro", root], check=True)
    store = SqliteRuns(profile(root))
    codes = [await code_of(store.lines()), await code_of(store.begin(head("r1")))]
    await asyncio.to_thread(subprocess.run, ["mount", "-o", "remount,rw", root], check=True)
    await (await store.begin(head("r1"))).commit(step())
    say(codes, [line.run for line in await store.lines()])
    store.close()


async def meet_small_disk(root: Path) -> None:
    await asyncio.to_thread(
        subprocess.run, ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", root], check=True
    )
    await meet(root, "small_disk")


async def code_of(doing: Awaitable[object]) -> str:
    try:
        await doing
    except JournalError as error:
        return error.code
    return ""


def fill_disk(root: Path) -> None:
    try:
        with (root / "filler").open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
    except OSError:
        return


def fail(kind: str) -> None:
    """What `failing_disk.c` reads."""
    Path(os.environ["FAILING_DISK"]).write_text(kind, "utf-8")


if __name__ == "__main__":
    verb, where, *more = sys.argv[1:]
    verbs: dict[str, Callable[..., Awaitable[None]]] = {
        one.__name__: one
        for one in (write, fold, tidy, migrate, look, fill_cache, meet, meet_read_only, meet_small_disk)
    }
    asyncio.run(verbs[verb](Path(where), *more))  # type: ignore[arg-type]

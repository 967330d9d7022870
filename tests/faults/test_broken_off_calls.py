"""Calls that were under way when the program was killed: unknown on the bill, once, and counted by the limits."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.adapters.event_files import read_events
from app.costs.ledger import BROKEN_OFF, Entry
from app.engine import Engine
from app.events.run_events import NodeSettled, NodeStarted
from app.processes import children
from app.settings import Folders, Preferences, folders
from tests.faults.test_limits import asking, baton, begun, spent, table
from tests.servers.answers import Answer
from tests.servers.scripted import ScriptedServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="proxies by environment, as on POSIX")

AT_ONCE = 3  # calls that the connection takes
BEGUN = 6  # rows at a time: the others wait for their turn
ANSWERED = 2


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_CONN_CLOUD_PARALLEL", str(AT_ONCE))


@asynccontextmanager
async def at_work(server: ScriptedServer, *arguments: str | Path) -> AsyncIterator[None]:
    """The program as long as this goes on; then it is killed."""
    program = await begun(server, "run", *arguments, "--allow", "--json")
    try:
        yield
    finally:
        assert program.returncode is None
        program.kill()
        await program.communicate()


async def killed_run(server: ScriptedServer, folder: Path) -> str:
    """A run that was killed while the server still had to answer `AT_ONCE` of its calls."""
    server.say(*[Answer()] * ANSWERED)
    server.default = Answer(seconds=3600)
    rows = ("--rows", table(folder, "rows.csv"), "--concurrency", str(BEGUN))
    async with at_work(server, asking(folder), *rows):
        await until(server, begun=ANSWERED + BEGUN, settled=ANSWERED, asked=ANSWERED + AT_ONCE)
    server.default = Answer()
    (events,) = (folders().data / "runs").glob("*.events.jsonl")
    return events.name.partition(".")[0]


async def until(server: ScriptedServer, *, begun: int, settled: int, asked: int) -> None:
    """The file of events tells of so many instances of the model's step, and the server of so many requests."""
    async with asyncio.timeout(300):
        while told(folders()) != (begun, settled) or len(server.asked) != asked:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


def told(where: Folders) -> tuple[int, int]:
    """How many instances of the model's step have begun, and settled, as the file of events says."""
    events = [event for path in (where.data / "runs").glob("*.jsonl") for event in read_events(path)]
    mine = [event for event in events if getattr(event, "node", "") == "m"]
    return sum(isinstance(one, NodeStarted) for one in mine), sum(
        isinstance(one, NodeSettled) for one in mine
    )


async def entries() -> list[Entry]:
    engine = Engine(folders(), Preferences(), children, children.own_command("model-host"), {})
    try:
        return list(await engine.runs.ledger.entries())
    finally:
        await engine.close()


def day(said: dict[str, Any]) -> Decimal:
    return Decimal(next(one for one in said["limits"] if one["span"] == "day")["counted_usd"])


async def test_what_was_under_way_at_a_kill_is_unknown_once_and_limits_count_it(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        run = await killed_run(server, tmp_path)
        said = await spent(server)
        known = Decimal(said["total"]["cost"]["known_usd"])
        one = known / ANSWERED
        assert (said["total"]["calls"], said["total"]["unknown_calls"]) == (ANSWERED + AT_ONCE, AT_ONCE)
        assert said["total"]["cost"]["usd"] is None
        assert said["broken_off"]["calls"] == AT_ONCE
        assert Decimal(said["broken_off"]["counted_usd"]) == AT_ONCE * one
        assert day(said) == (ANSWERED + AT_ONCE) * one
        assert await spent(server) == said, "nothing is booked twice"
        code, out, _ = await baton(server, "costs")
        assert code == 0
        assert "3 calls were under way when a run broke off." in out
        broken = [entry for entry in await entries() if entry.outcome == BROKEN_OFF]
        assert len({entry.scope for entry in broken}) == AT_ONCE

        code, out, err = await baton(server, "run", tmp_path / "asking.baton.json", "--resume", run, "--json")
        assert code == 0, err
        said = await spent(server)
        assert said["total"]["calls"] == len(server.asked), "each request that left is one call of the bill"
        assert said["broken_off"]["calls"] == AT_ONCE
        assert json.loads(out)["status"] == "done"


async def test_who_goes_on_first_books_it_and_two_at_once_book_it_once(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        run = await killed_run(server, tmp_path)
        path = tmp_path / "asking.baton.json"
        looks = [spent(server) for _ in range(2)]
        resumed, *said = await asyncio.gather(baton(server, "run", path, "--resume", run, "--json"), *looks)
        assert resumed[0] == 0, resumed
        assert {one["broken_off"]["calls"] for one in said} <= {0, AT_ONCE}
        assert (await spent(server))["broken_off"]["calls"] == AT_ONCE


async def test_a_limit_of_the_day_has_no_room_for_what_may_have_been_charged(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        await killed_run(server, tmp_path)
        asked = len(server.asked)
        assert (await baton(server, "costs", "--day-limit", "0.0000001"))[0] == 0
        code, _, err = await baton(
            server, "run", tmp_path / "asking.baton.json", "--input", "message=x", "--allow"
        )
        assert code == 5, err
        assert len(server.asked) == asked


async def test_a_run_that_goes_on_elsewhere_has_nothing_broken_off(tmp_path: Path) -> None:
    async with ScriptedServer() as server:
        server.default = Answer(seconds=3600)
        async with at_work(server, asking(tmp_path), "--input", "message=x"):
            await until(server, begun=1, settled=0, asked=1)
            assert (await spent(server))["broken_off"]["calls"] == 0
        assert (await spent(server))["broken_off"]["calls"] == 1

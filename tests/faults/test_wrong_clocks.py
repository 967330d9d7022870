"""Clocks that jump and computers that sleep: the engine as a process whose clocks really go wrong.

What is waited for goes by the clock that only counts time; a lease of a run goes by no clock at all.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, Life, life_in
from tests.faults.paid_rows import call_of, opened, over_rows, recorded, row, runs_in, table
from tests.faults.wrong_clock import HOUR, WrongClock, wrong_clock_in
from tests.servers.answers import Answer
from tests.servers.counting import CountingServer
from tests.servers.scripted import ScriptedServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and fork")

WRONG: Mapping[str, Mapping[str, float]] = {
    "jumping": {"jumps": 10 * HOUR},
    "ahead": {"wall": 10 * HOUR},
    "behind": {"wall": -10 * HOUR},
}
RECORDS = "SELECT record FROM steps WHERE node IN ('first', 'second')"
LONG = 60.0  # seconds: more than any test here takes, and less than the clocks are wrong by


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> WrongClock:
    return wrong_clock_in(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def lives(clock: WrongClock) -> Iterator[EngineLives]:
    with EngineLives(**clock.environment) as one:
        yield one


@pytest.fixture(autouse=True)
def right_again(clock: WrongClock) -> Iterator[None]:
    yield
    clock.set()


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer(0.01, 0.05) as one:
        yield one


def life_of(
    root: Path, url: str, rows: int, at_a_time: int = 8, flow: Mapping[str, Any] | None = None
) -> Life:
    root.mkdir(exist_ok=True)
    table(root, [row(n) for n in range(rows)])
    return life_in(root, flow or over_rows("never"), "rows.csv", url, at_a_time)


def lived(lives: EngineLives, life: Life) -> Any:
    lives.begin(life)
    return said_by(lives, life)


def said_by(lives: EngineLives, life: Life) -> Any:
    assert lives.end() == 0
    return json.loads(Path(life.said).read_text("utf-8"))


def journal_of(life: Life) -> Path:
    return Path(life.profile, "data", "journal.sqlite3")


def kept(life: Life) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The run's summary, and the records of its paid steps."""
    with opened(journal_of(life)) as connection:
        summary = json.loads(connection.execute("SELECT summary FROM runs").fetchone()[0])
        return summary, [json.loads(text) for (text,) in connection.execute(RECORDS)]


def set_in(flow: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The same workflow with its first paid step changed."""
    flow["workflow"]["nodes"]["first"] |= fields
    return flow


@pytest.mark.parametrize("wrong", WRONG)
def test_a_run_comes_through_and_its_times_are_right(
    wrong: str, tmp_path: Path, clock: WrongClock, lives: EngineLives, server: CountingServer
) -> None:
    life = life_of(tmp_path, server.url, 40)
    lives.begin(life)
    assert server.until(20, 60) >= 20
    clock.set(**WRONG[wrong])
    said = said_by(lives, life)
    assert said["status"] == "done"
    calls = recorded(journal_of(life), said["run"])
    assert said["outputs"]["answer"] == [calls[row(n), "second"] for n in range(40)]
    summary, records = kept(life)
    assert 0 < summary["elapsed"] < LONG
    assert all(0 <= record.get("seconds", 0) < LONG and 0 <= record.get("at", 0) < LONG for record in records)


@pytest.mark.parametrize("wrong", WRONG)
def test_limits_of_time_strike_when_they_are_due(
    wrong: str, tmp_path: Path, clock: WrongClock, lives: EngineLives, server: CountingServer
) -> None:
    server.take("first", LONG, LONG)
    clock.set(**WRONG[wrong])
    of_step = set_in(over_rows("never"), retry={"attempts": 1, "timeout": 0.7})
    step = life_of(tmp_path / "step", server.url, 1, flow=of_step)
    began = time.monotonic()
    assert lived(lives, step)["problems"] == ["run.every_row_failed", "node.timeout"]
    assert 0.7 <= time.monotonic() - began < LONG
    assert [record["failure"]["code"] for record in kept(step)[1]] == ["node.timeout"]
    of_run = over_rows("never")
    of_run["workflow"]["settings"] = {"timeLimit": 1.2}
    run = life_of(tmp_path / "run", server.url, 1, flow=of_run)
    assert lived(lives, run)["problems"] == ["run.time_limit"]
    assert 1.2 <= kept(run)[0]["timed"] < LONG


@pytest.mark.parametrize("says", ["seconds", "date"])
@pytest.mark.parametrize("wrong", WRONG)
async def test_a_server_is_asked_again_when_it_wants_to_be(
    wrong: str, says: str, tmp_path: Path, clock: WrongClock, lives: EngineLives
) -> None:
    """A date that it names is one of its own clock, and so is the date of its answer."""
    clock.set(**WRONG[wrong])
    async with ScriptedServer() as server:

        def answer(_: Any) -> Answer:
            if len(server.asked) > 1:
                return Answer()
            wait = formatdate(time.time() + 3, usegmt=True) if says == "date" else "2"
            return Answer(fault="rate", headers={"Retry-After": wait})

        server.by_host["127.0.0.1"] = answer
        life = life_of(tmp_path, server.url("openai"), 1)
        said = await asyncio.to_thread(lived, lives, life)
        assert said["status"] == "done", said
        first, second, *_ = [asked.at for asked in server.asked]
        assert 1 < second - first < LONG


def test_a_run_is_held_by_its_process_whatever_the_clocks_say(
    tmp_path: Path, clock: WrongClock, lives: EngineLives, server: CountingServer
) -> None:
    """Nobody may take it while its process lives, even if that would look long over; and at once when it is dead."""
    server.take("second", LONG, LONG)
    holder = life_of(tmp_path, server.url, 4)
    with EngineLives() as right_clock:
        pid = right_clock.begin(holder)
        assert server.until(5, 60) >= 5
        taker = replace(holder, run=runs_in(journal_of(holder))[0])
        for wrong in (*WRONG.values(), {"wall": 400 * 24 * HOUR}):
            clock.set(**wrong)
            assert lived(lives, taker)["problems"] == ["journal.held"]
        os.kill(pid, signal.SIGKILL)
        assert right_clock.end() == -signal.SIGKILL
    server.take("second", 0.01, 0.05)
    known = recorded(journal_of(holder), taker.run)
    seen = len(server.asked())
    assert lived(lives, taker)["status"] == "done"
    assert not set(map(call_of, server.asked(seen))) & known.keys()


@pytest.mark.parametrize("counted", [False, True], ids=["not counted", "counted"])
def test_a_computer_that_slept_goes_on_where_it_was(
    counted: bool, tmp_path: Path, clock: WrongClock, lives: EngineLives, server: CountingServer
) -> None:
    """Systems disagree on whether the clock that only counts time counts the sleep. Where it does, what was under way
    is over its time and tried again; nothing that was recorded is asked again, and no row is lost.
    """
    life = life_of(tmp_path, server.url, 40)
    pid = lives.begin(life)
    assert server.until(30, 60) >= 30
    os.kill(pid, signal.SIGSTOP)
    known = recorded(journal_of(life), runs_in(journal_of(life))[0])
    clock.set(wall=8 * HOUR, monotonic=8 * HOUR if counted else 0.0)
    os.kill(pid, signal.SIGCONT)
    said = said_by(lives, life)
    assert said["status"] == "done", said
    calls = recorded(journal_of(life), said["run"])
    assert known.items() <= calls.items()
    assert said["outputs"]["answer"] == [calls[row(n), "second"] for n in range(40)]
    asked = [call_of(prompt) for prompt in server.asked()]
    assert not [call for call in known if asked.count(call) > 1]
    again = len(asked) - len(set(asked))
    assert again <= (life.at_a_time if counted else 0)

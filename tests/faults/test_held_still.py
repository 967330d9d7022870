"""Programs that are stopped for a while and called back, as by Ctrl+Z or a debugger, with calls under way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.engine_lives import ROOT, EngineLives, life_in
from tests.faults.files import written
from tests.faults.paid_rows import call_of, over_rows, recorded, row, runs_in, table
from tests.faults.test_wrong_clocks import said_by
from tests.servers.counting import MODEL, CountingServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and states of processes")

ROWS = 300
STOPS = 12


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer(0.05, 0.2) as one:
        yield one


def until(is_so: Callable[[], bool]) -> None:
    due = time.monotonic() + 100
    while not is_so():
        assert time.monotonic() < due
        time.sleep(0.002)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def can_be_written(journal: Path) -> bool:
    with closing(sqlite3.connect(journal, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
    return True


def test_an_engine_that_was_stopped_goes_on_where_it_was(
    tmp_path: Path, lives: EngineLives, server: CountingServer
) -> None:
    """The server has hung up meanwhile, nobody else could take the run, and another run came and went."""
    table(tmp_path, [row(n) for n in range(ROWS)])
    life = life_in(tmp_path, over_rows("never"), "rows.csv", server.url)
    pid = lives.begin(life)
    assert server.until(100, 100) >= 100
    journal = tmp_path / "data" / "journal.sqlite3"
    os.kill(pid, signal.SIGSTOP)
    until(lambda: is_stopped(pid))
    while not can_be_written(journal):  # a transaction was open: no hand has stopped it there
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGSTOP)
        until(lambda: is_stopped(pid))
    server.hang_up()
    run = runs_in(journal)[0]
    known, sent = recorded(journal, run), server.until(0, 0)
    with EngineLives() as others:
        taker = replace(life, run=run, said=str(tmp_path / "taker.json"))
        others.begin(taker)
        assert said_by(others, taker)["problems"] == ["journal.held"]
        another = replace(life, said=str(tmp_path / "another.json"))
        others.begin(another)
        assert said_by(others, another)["status"] == "done"
    theirs = server.until(0, 0) - sent
    os.kill(pid, signal.SIGCONT)
    said = said_by(lives, life)
    assert said["status"] == "done", said
    calls = recorded(journal, run)
    assert known.items() <= calls.items()
    assert said["outputs"]["answer"] == [calls[row(n), "second"] for n in range(ROWS)]
    asked = list(map(call_of, server.asked()))
    ours = asked[:sent] + asked[sent + theirs :]
    assert not [call for call in known if ours.count(call) > 1]
    assert len(ours) - len(set(ours)) <= life.at_a_time, "what was under way"


def test_ctrl_z_leaves_nobody_waiting(tmp_path: Path, home: Path, server: CountingServer) -> None:
    """In the middle of a transaction, as one stop in three would be, every other program would wait for it."""
    rows = table(tmp_path, [row(n) for n in range(ROWS * 10)])
    flow = written(tmp_path, over_rows("never"))
    environment = {
        "BATON_CONN_COUNTING_KIND": "openai_compatible",
        "BATON_CONN_COUNTING_URL": server.url,
        "BATON_CONN_COUNTING_KEY": "right-key-0123456789",
        "BATON_CONN_COUNTING_MODEL": MODEL,
        "BATON_CONN_COUNTING_PARALLEL": "64",
    }
    command = ["run", flow, "--rows", rows, "--concurrency", "64", "--allow"]
    program = subprocess.Popen(
        [sys.executable, "-m", "app", *map(str, command)],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with program:
        try:
            journal, calls = home / "baton" / "data" / "journal.sqlite3", 64
            for _ in range(STOPS):
                assert server.until(calls, 100) >= calls
                program.send_signal(signal.SIGTSTP)
                until(lambda: is_stopped(program.pid))
                assert can_be_written(journal)
                calls = server.until(0, 0) + 64
                program.send_signal(signal.SIGCONT)
            program.send_signal(signal.SIGINT)
            assert program.wait(100) == 130
        finally:
            program.kill()

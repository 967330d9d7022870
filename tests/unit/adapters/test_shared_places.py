"""Calls at a time that processes share: together never more than is set, and each has its turn."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.adapters import process_lock
from app.adapters.call_gate import CallGate
from app.adapters.connection import Connection
from app.adapters.connection_limits import ConnectionLimits
from app.adapters.shared_places import LOOK_AGAIN, SharedPlaces

MOST = 3
PROCESS = """
import asyncio, sys
from pathlib import Path
from app.adapters.call_gate import CallGate
from app.adapters.connection import Connection
from app.adapters.connection_limits import ConnectionLimits

async def call(gate):
    async with gate.turn(lambda: 1):
        await asyncio.Event().wait()

async def main():
    limits = ConnectionLimits(lambda _: 1, folder=Path(sys.argv[1]))
    gate = limits.gate(Connection("A", "openai", parallel=3), "m")
    calls = [asyncio.create_task(call(gate)) for _ in range(5)]
    said = (0, 0)
    while True:
        if (gate.running, gate.waiting) != said:
            said = gate.running, gate.waiting
            print(*said, flush=True)
        await asyncio.sleep(0.005)

asyncio.run(main())
"""


@contextmanager
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-c", PROCESS, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as one:
        try:
            yield one
        finally:
            one.kill()


def heard(one: subprocess.Popen[str]) -> str:
    """How many calls it has under way, and how many wait."""
    assert one.stdout is not None
    line = one.stdout.readline().strip()
    assert line, "it has ended"
    return line


def test_two_processes_have_no_more_under_way_than_is_set_and_a_dead_one_has_nothing(tmp_path: Path) -> None:
    with process(tmp_path) as first:
        assert heard(first) == "3 2"
        with process(tmp_path) as second:
            assert heard(second) == "0 5", "all places are taken"
            first.kill()
            while heard(second) != "3 2":
                pass


@dataclass
class Clock:
    """In nanoseconds."""

    time: int = 1_000_000_000_000

    def __call__(self) -> int:
        return self.time


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, 30)), max_size=120))
def test_never_more_than_is_set_and_whoever_waits_is_let_in(acts: list[tuple[int, bool, int]]) -> None:
    """Three processes begin and end calls as they like; at the end one that has none asks beside two that ask again."""
    clock = Clock()
    with TemporaryDirectory() as folder:
        all_of_them = [SharedPlaces(Path(folder) / "x.places", clock) for _ in range(3)]
        running = [0, 0, 0]
        for who, begins, later in acts:
            clock.time += later * 1_000_000
            if not begins:
                if running[who]:
                    running[who] -= 1
                    all_of_them[who].give_back()
            elif running[who] < MOST and not all_of_them[who].take(MOST):
                running[who] += 1
                assert sum(running) <= MOST
        waiting, others = all_of_them[0], [1, 2]
        let_in = running[0] > 0 or not waiting.take(MOST)
        for _ in range(20):
            for who in others:
                if running[who]:
                    all_of_them[who].give_back()
                    running[who] -= 1
                clock.time += 1_000_000
                if running[who] < MOST and not all_of_them[who].take(MOST):
                    running[who] += 1
            let_in = let_in or not waiting.take(MOST)
        assert let_in
        for one in all_of_them:
            one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can say who is stopped")
def test_what_a_stopped_process_has_under_way_keeps_nobody(tmp_path: Path) -> None:
    with process(tmp_path) as first:
        assert heard(first) == "3 2"
        first.send_signal(signal.SIGSTOP)
        with process(tmp_path) as second:
            while heard(second) != "3 2":
                pass


def test_who_waits_no_more_keeps_nobody(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (SharedPlaces(tmp_path / "x.places", clock) for _ in range(2))
    assert [one.take(1), other.take(1)] == [0.0, LOOK_AGAIN]
    one.give_back()
    assert [one.take(1), other.take(1)] == [0.0, LOOK_AGAIN], (
        "it has begun nothing as far as the other has seen"
    )
    one.give_back()
    assert one.take(1) == LOOK_AGAIN, "the other goes first"
    other.waits_no_more()
    assert one.take(1) == 0.0
    assert other.take(1) == LOOK_AGAIN
    one.give_back()
    clock.time += 2_000_000_000  # the other is stopped, or busy with something else
    assert one.take(1) == 0.0
    other.close()
    one.give_back()
    assert one.take(1) == 0.0
    one.close()


def test_where_nobody_can_say_each_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "places").write_text("a file")
    nowhere = SharedPlaces(tmp_path / "places" / "x.places")
    assert [nowhere.take(1), nowhere.take(1)] == [0.0, 0.0]
    nowhere.give_back()
    nowhere.close()
    stopped, other = (SharedPlaces(tmp_path / "x.places") for _ in range(2))
    assert stopped.take(1) == 0.0
    assert other.take(1) == LOOK_AGAIN
    with (tmp_path / "x.places").open("r+b") as file:  # a process that was stopped while it was inside
        assert process_lock.lock(file.fileno())
        assert other.take(1) == 0.0
        process_lock.unlock(file.fileno())
    for one in (stopped, other):
        one.close()


@pytest.mark.parametrize("many", [40])
def test_more_processes_than_the_table_has_rows_go_on(many: int, tmp_path: Path) -> None:
    everybody = [SharedPlaces(tmp_path / "x.places") for _ in range(many)]
    took = [one.take(MOST) for one in everybody]
    assert took[:MOST] == [0.0] * MOST
    assert set(took[MOST:16]) == {LOOK_AGAIN}
    assert set(took[16:]) == {0.0}, "they keep their own"
    for one in everybody:
        one.close()


async def until_it_waits(gate: CallGate) -> None:
    while not gate.waiting:  # noqa: ASYNC110 - a gate tells nobody
        await asyncio.sleep(0)


async def test_a_call_waits_for_another_process_and_begins_when_that_one_s_ends(tmp_path: Path) -> None:
    one, other = (ConnectionLimits(lambda _: 1, folder=tmp_path) for _ in range(2))
    gates = [kept.gate(Connection("A", "openai", parallel=1), "m") for kept in (one, other)]
    began = asyncio.Event()

    async def second() -> None:
        async with gates[1].turn(lambda: 1):
            began.set()

    async with gates[0].turn(lambda: 1):
        waiting = asyncio.create_task(second())
        await until_it_waits(gates[1])
        assert (gates[0].running, gates[1].running) == (1, 0)
    async with asyncio.timeout(60):
        await waiting
    assert began.is_set()
    # One that gives up counts for nothing, nor does who is ended in the moment when it may begin.
    async with gates[0].turn(lambda: 1):
        waiting = asyncio.create_task(second())
        await until_it_waits(gates[1])
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(60), gates[0].turn(lambda: 1):
        assert (gates[0].running, gates[1].running) == (1, 0)
    for kept in (one, other):
        kept.close()

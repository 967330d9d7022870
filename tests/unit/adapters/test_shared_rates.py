"""Rates that processes share: together they never begin more than is set in any minute, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters import process_lock
from app.adapters.connection import Connection
from app.adapters.connection_limits import ConnectionLimits
from app.adapters.shared_rates import Begun, SharedRates

ROUNDS = 10
CALLS = 20
PROCESS = """
import asyncio, sys
from pathlib import Path
from app.adapters.connection import Connection
from app.adapters.connection_limits import ConnectionLimits

async def call(gate, tokens):
    async with gate.turn(lambda: tokens):
        await asyncio.Event().wait()

async def round_of(said, number):
    limits = ConnectionLimits(lambda _: 1, folder=Path(sys.argv[1]))
    gate = limits.gate(Connection(f"Round {number}", "openai", parallel=100, rpm=12, tpm=1000), "m")
    print("ready", flush=True)
    calls = int(await said())
    waiting = [asyncio.create_task(call(gate, 10)) for _ in range(calls)]
    while gate.running + gate.waiting < calls:
        await asyncio.sleep(0)
    print(gate.running, flush=True)
    await said()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    limits.close()

async def main():
    for number in range(1000):
        await round_of(lambda: asyncio.to_thread(lambda: sys.stdin.readline().strip() or sys.exit()), number)

asyncio.run(main())
"""


@contextmanager
def process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-P", "-c", PROCESS, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
        try:
            yield one
        finally:
            one.kill()


def say(one: subprocess.Popen[str], word: str) -> None:
    assert one.stdin is not None
    one.stdin.write(f"{word}\n")
    one.stdin.flush()


def heard(one: subprocess.Popen[str]) -> str:
    assert one.stdout is not None
    return one.stdout.readline().strip()


def test_two_processes_together_begin_no_more_than_is_set(tmp_path: Path) -> None:
    with ExitStack() as both:
        two = [both.enter_context(process(tmp_path)) for _ in range(2)]
        for _ in range(ROUNDS):
            assert [heard(one) for one in two] == ["ready", "ready"]
            for one in two:
                say(one, str(CALLS))
            assert sum(int(heard(one)) for one in two) == 12
            for one in two:
                say(one, "over")


@dataclass
class Clock:
    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 20), st.integers(0, 150), st.booleans()), max_size=80)
)
def test_in_any_minute_never_more_is_begun_and_none_waits_longer_than_that(
    asked: list[tuple[int, float, int, bool]],
) -> None:
    """Calls of two processes, each some time after the last, some taken back."""
    clock, begun = Clock(), list[tuple[float, int]]()
    with TemporaryDirectory() as folder:
        two = [SharedRates(Path(folder) / "x.rates", clock) for _ in range(2)]
        for who, later, tokens, goes_on in asked:
            clock.time += later
            found = two[who].begin(5, 300, lambda tokens=tokens: tokens)
            assert found is not None
            if isinstance(found, Begun):
                if goes_on:
                    begun.append((clock.time, tokens))
                else:
                    found.undo()
                minute = [one for at, one in begun if at > clock.time - 60]
                assert len(minute) <= 5
                assert sum(minute) <= 300
            else:
                assert 0 < found <= 60.5
                assert two[1 - who].wait(5, 300, tokens) == found
        clock.time += 60.5
        assert isinstance(two[0].begin(5, 300, lambda: 1), Begun)
        for one in two:
            one.close()


def test_what_a_call_came_to_counts(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (SharedRates(tmp_path / "x.rates", clock) for _ in range(2))
    first = one.begin(None, 100, lambda: 90)
    assert isinstance(first, Begun)
    assert other.wait(None, 100, 20) == 60.5
    first.correct(30)
    assert other.wait(None, 100, 20) == 0
    assert other.wait(None, 100, 500) == 60.5, "what is bigger than the limit waits until it is alone"
    clock.time += 61
    first.correct(5000)  # long past
    assert isinstance(other.begin(None, 100, lambda: 500), Begun)
    one.close()
    other.close()


@pytest.mark.parametrize("jump", [-900.0, 86_400.0])
def test_an_earlier_start_of_the_machine_counts_for_nothing(tmp_path: Path, jump: float) -> None:
    clock = Clock()
    rates = SharedRates(tmp_path / "x.rates", clock)
    assert isinstance(rates.begin(1, None, lambda: 0), Begun)
    assert rates.wait(1, None, 0) > 0
    clock.time += jump
    assert isinstance(rates.begin(1, None, lambda: 0), Begun)
    rates.close()


def test_where_nobody_can_say_each_keeps_its_own(tmp_path: Path) -> None:
    (tmp_path / "rates").write_text("a file")
    nowhere = SharedRates(tmp_path / "rates" / "x.rates")
    assert nowhere.begin(1, None, lambda: 0) is None
    assert nowhere.wait(1, None, 0) == 0
    stopped, other = (SharedRates(tmp_path / "x.rates") for _ in range(2))
    assert isinstance(stopped.begin(1, None, lambda: 0), Begun)
    with (tmp_path / "x.rates").open("r+b") as file:  # a process that was stopped while it was inside
        assert process_lock.lock(file.fileno())
        assert other.begin(1, None, lambda: 0) is None
        process_lock.unlock(file.fileno())
    assert isinstance(other.begin(1, None, lambda: 0), float)
    stopped.close()
    other.close()


def test_what_nobody_has_set_is_asked_nothing_and_makes_no_file(tmp_path: Path) -> None:
    async def call(**limits: int) -> None:
        kept = ConnectionLimits(lambda _: 1, folder=tmp_path)
        async with kept.gate(Connection("A", "openai", **limits), "m").turn(lambda: 10):
            pass
        kept.close()

    for limits, files in (({}, 0), ({"rpm": 12}, 1), ({"parallel": 2}, 2)):
        asyncio.run(call(**limits))
        assert len(list(tmp_path.iterdir())) == files

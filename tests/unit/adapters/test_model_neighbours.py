"""Two engines in two processes ask for the same room in the same moment: one of them finds it free."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.adapters.model_notes import ModelNotes

ROUNDS = 60
ENGINE = """
import asyncio, sys
from pathlib import Path
from app.adapters.memory_planner import MemoryPlanner, Room, Tenant
from app.adapters.model_neighbours import ModelNeighbours
from app.adapters.model_notes import ModelNotes

async def nothing():
    pass

async def round_of(said):
    neighbours = ModelNeighbours(ModelNotes(Path(sys.argv[1])))
    planner = MemoryPlanner(
        "T", lambda _: Room(10), lambda: 600.0, changed=lambda: neighbours.tell(planner), neighbours=neighbours
    )
    tenant, over = Tenant("m", Room(6), nothing), asyncio.Event()
    is_in = False

    async def call():
        nonlocal is_in
        async with planner.place(tenant):
            is_in = True
            await over.wait()

    print("ready", flush=True)
    await said()
    # The moment counts in which it looks: what was told before is known by then.
    neighbours.look()
    calling = asyncio.create_task(call())
    while await said() == "look":
        print("in" if is_in else "waits" if planner.waiting() else "begins", flush=True)
    calling.cancel()
    await asyncio.gather(calling, return_exceptions=True)
    await planner.stop()
    neighbours.close()

async def main():
    while True:
        await round_of(lambda: asyncio.to_thread(lambda: sys.stdin.readline().strip() or sys.exit()))

asyncio.run(main())
"""


class Engine:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, word: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def looks(self) -> str:
        self.say("look")
        return self.hear()


@contextmanager
def engine(folder: Path) -> Iterator[Engine]:
    command = [sys.executable, "-P", "-c", ENGINE, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Engine(process)
        finally:
            process.kill()


def test_of_two_that_ask_in_the_same_moment_one_is_let_in(tmp_path: Path) -> None:
    with ExitStack() as both:
        engines = [both.enter_context(engine(tmp_path)) for _ in range(2)]
        for _ in range(ROUNDS):
            assert [one.hear() for one in engines] == ["ready", "ready"]
            for one in engines:
                one.say("go")
            states = ["", ""]
            while sorted(states) != ["in", "waits"]:
                states = [one.looks() for one in engines]
                assert states != ["in", "in"]
            for one in engines:
                one.say("leave")


def test_one_that_is_stopped_while_it_lets_in_keeps_nobody_out_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, other = ModelNotes(tmp_path), ModelNotes(tmp_path)
    with stopped.alone() as first:
        assert first
        with other.alone() as second:
            assert not second
        monkeypatch.setattr("app.adapters.model_notes._KEPT_OUT", 0.0)
        with other.alone() as second:
            assert second
    monkeypatch.undo()
    with other.alone() as first, stopped.alone() as second:
        assert first
        assert not second

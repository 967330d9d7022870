"""Window, engine and model host are killed in turn: whatever dies, nothing is left running in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

import pytest

from tests.ui.window.small_flow import model_flow, saved
from tests.unit.processes.processes_seen import gone_within, running

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="asks /proc who belongs to whom"),
]


class Program:
    """The window as a process, and everything that it has started, found by its profile's folder."""

    def __init__(self, profile: Path, flow: Path) -> None:
        self._mark = f"BATON_HOME={profile}".encode()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("open_window.py")), str(flow)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "BATON_HOME": str(profile), "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        self._lines: SimpleQueue[str] = SimpleQueue()
        self.said: list[str] = []
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.strip())

    def hear(self, wanted: Callable[[str], bool], seconds: float = 200) -> str:
        """The next line that fits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                line = self._lines.get(timeout=0.2)
            except Empty:
                assert self._process.poll() is None, f"the window ended; it said {self.said}"
                continue
            self.said.append(line)
            if wanted(line):
                return line
        raise AssertionError(f"waited in vain; the window said {self.said}")

    @property
    def window(self) -> int:
        return self._process.pid

    def part(self, verb: str) -> int:
        """The process id of the engine host or the model host."""
        arguments = {pid: Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in self.alive()}
        found = [pid for pid, words in arguments.items() if verb in words]
        assert len(found) == 1, (verb, found)
        return found[0]

    def alive(self) -> list[int]:
        """All processes of this profile that still do something."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and self._mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
        return [pid for pid in found if running(pid)]

    def nothing_left(self, seconds: float = 60) -> bool:
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def close(self) -> None:
        """Closes the window as a person does; it asks about a run that still goes on."""
        assert self._process.stdin is not None
        self._process.stdin.write("close\n")
        self._process.stdin.flush()

    def end(self) -> None:
        for pid in self.alive():
            os.kill(pid, signal.SIGKILL)
        self._process.wait(60)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture
def program(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Program]:
    """Its model writes for a while, or so many tokens a row."""
    made = Program(tmp_path / "profile", saved(model_flow(getattr(request, "param", 120)), tmp_path))
    yield made
    made.end()


def until_the_model_writes(program: Program) -> None:
    program.hear(lambda line: line == "run running streaming")
    assert len(program.alive()) == 3


def test_the_window_is_killed(program: Program) -> None:
    until_the_model_writes(program)
    os.kill(program.window, signal.SIGKILL)
    assert program.nothing_left(), program.alive()


def test_the_engine_is_killed_and_takes_the_model_along(program: Program) -> None:
    until_the_model_writes(program)
    engine, model = program.part("engine-host"), program.part("model-host")
    os.kill(engine, signal.SIGKILL)
    program.hear(lambda line: line.startswith("run failed"))
    program.hear(lambda line: line.startswith("engine ready"))
    assert program.part("engine-host") != engine
    assert gone_within(60, model)
    program.close()
    program.hear(lambda line: line == "closed")
    assert program.nothing_left(), program.alive()


def test_the_model_host_is_killed_and_the_run_goes_on_with_another(program: Program) -> None:
    until_the_model_writes(program)
    model = program.part("model-host")
    os.kill(model, signal.SIGKILL)
    program.hear(lambda line: line.startswith(("run running retrying", "run running streaming")))
    program.hear(lambda line: line.startswith("run done"))
    assert gone_within(60, model)
    program.close()
    program.hear(lambda line: line == "closed")
    assert program.nothing_left(), program.alive()


@pytest.mark.parametrize("program", [8], indirect=True)
def test_closing_in_good_order_leaves_nothing(program: Program) -> None:
    program.hear(lambda line: line.startswith("run done"))
    program.close()
    program.hear(lambda line: line == "closed")
    assert program.nothing_left(), program.alive()

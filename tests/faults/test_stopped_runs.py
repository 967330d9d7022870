"""A run of the command line that is stopped or killed in the middle of a model's answer: nothing stays behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.files import asks_model, written
from tests.unit.processes.processes_seen import gone_within, running

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="asks /proc who belongs to whom"),
    pytest.mark.xdist_group("embedded"),
]

ROOT = Path(__file__).resolve().parents[2]
# The same words each time: one that is drawn might end the story after a line.
STORY = {
    "prompt": "Tell a very long story about {{text}}",
    "max_tokens": 4000,
    "model": {"role": "small"},
    "temperature": 0,
}
CODES = {signal.SIGINT: 130, signal.SIGTERM: 130, signal.SIGKILL: -9, signal.SIGHUP: -1}


@pytest.fixture
def _hang_up_counts() -> Iterator[None]:
    """Programs take over what their parent ignores, and under `nohup` that is SIGHUP."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def of_this_run(home: Path) -> list[int]:
    """All processes of this profile that still do something."""
    mark, found = f"BATON_HOME={home / 'baton'}".encode(), []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if running(pid) and pid != os.getpid()]


@pytest.mark.usefixtures("_hang_up_counts")
@pytest.mark.parametrize("how", CODES, ids=lambda how: how.name)
def test_nothing_is_left_running(how: signal.Signals, home: Path, tmp_path: Path) -> None:
    flow = asks_model({})
    flow["workflow"]["nodes"]["m"]["fields"] = STORY
    command = [sys.executable, "-m", "app", "run", str(written(tmp_path, flow)), "--allow", "--events"]
    program = subprocess.Popen(
        [*command, "--input", "message=a whale"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stdout is not None
    for line in program.stdout:
        if json.loads(line)["event"] == "TextStreamed":
            break
    children = [pid for pid in of_this_run(home) if pid != program.pid]
    assert len(children) == 1
    program.send_signal(how)
    begun = time.monotonic()
    _, said = program.communicate(timeout=60)
    assert program.returncode == CODES[how]
    assert "Traceback" not in said
    assert all(gone_within(60, pid) for pid in children)
    assert time.monotonic() - begun < 60
    kept = next((home / "baton" / "data" / "runs").iterdir()).read_text("utf-8").splitlines()
    last = json.loads(kept[-1])
    if CODES[how] == 130:
        assert (last["event"], last["status"]) == ("RunFinished", "cancelled")

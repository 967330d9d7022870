"""Leases of runs: held by one, seen by all, and gone with their holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.run_leases import RunLeases

HOLD = """
import sys
from pathlib import Path
from app.adapters.run_leases import RunLeases
print(RunLeases(Path(sys.argv[1])).take("r1"), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    "run", ["r1", "20260301-abc_DEF", "../../etc/passwd", "con.lock", "x" * 500, "half \ud800", ""]
)
def test_a_run_belongs_to_one(tmp_path: Path, run: str) -> None:
    folder = tmp_path / "runs"
    mine, other = RunLeases(folder), RunLeases(folder)
    assert (other.alive(run), other.locked(), folder.exists()) == (False, frozenset(), False)
    assert mine.take(run)
    assert not mine.take(run)
    assert not other.take(run)
    assert mine.alive(run)
    assert other.alive(run)
    assert other.locked() == {mine.file_name(run)} == {file.name for file in folder.iterdir()}
    assert not other.alive(f"{run}2")
    mine.release(run)
    mine.release(run)
    assert not other.alive(run)
    assert other.take(run)
    other.release_all()
    assert list(folder.iterdir()) == []


def test_asking_takes_it_from_nobody(tmp_path: Path) -> None:
    mine, other = RunLeases(tmp_path), RunLeases(tmp_path)
    mine.take("r1")
    assert all(other.alive("r1") for _ in range(3))
    assert mine.alive("r1")


def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        leases = RunLeases(tmp_path)
        assert leases.alive("r1")
        assert not leases.take("r1")
        process.kill()
        process.wait()
    assert leases.locked() == {"r1.lock"}, "its file is left, and says nothing"
    assert not leases.alive("r1")
    assert leases.take("r1")
    leases.release("r1")

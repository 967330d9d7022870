"""Time that passes at a test's word, and both stores of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.adapters.sqlite_runs import SqliteRuns
from app.executor.journal import RunStore
from app.executor.memory_journal import MemoryRuns
from tests.journals import profile


@pytest.fixture
def sleep(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass on the machine's clock, in no time."""
    real, passed = time.monotonic, [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: real() + passed[0])

    def pass_by(seconds: float) -> None:
        passed[0] += seconds

    return pass_by


@pytest.fixture(params=["memory", "sqlite"])
def runs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunStore]:
    """What both must do alike is asked of each in turn."""
    if request.param == "memory":
        yield MemoryRuns()
        return
    store = SqliteRuns(profile(tmp_path))
    yield store
    store.close()

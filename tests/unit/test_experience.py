"""What past runs teach: looking into them reads no more of them than it needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.adapters.sqlite_journal import SqliteJournal
from app.adapters.sqlite_runs import SqliteRuns
from app.executor.journal import RunSummary, StepRecord
from app.executor.revisit import Revisited
from app.hindsight.experience import Experience
from app.registry.discovery import discover
from tests.journals import head, profile, step

WORKFLOW = json.dumps(
    {
        "format": "baton.workflow",
        "formatVersion": 1,
        "workflow": {
            "id": "wf",
            "name": "W",
            "nodes": {
                "p": {"type": "model.pick", "typeVersion": 1, "fields": {"prompt": "Q"}},
                "c": {"type": "verifier.check", "typeVersion": 1},
            },
            "edges": [],
        },
    }
)


async def _revisited(_run: str, _scope: str) -> Revisited:
    raise AssertionError("counting works nothing out again")


async def test_a_run_is_read_only_until_it_shows_something_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    each = SqliteJournal.each

    async def counted(self: SqliteJournal, after: int, count: int) -> Sequence[tuple[int, StepRecord]]:
        found = await each(self, after, count)
        read.append(len(found))
        return found

    monkeypatch.setattr(SqliteJournal, "each", counted)
    runs = SqliteRuns(profile(tmp_path))
    try:
        for run, first in (("early", 0), ("late", 125), ("never", 150)):
            journal = await runs.begin(head(run, workflow=WORKFLOW))
            for row in range(150):
                verdict = {"verdict": "passed"} if row >= first else None
                journal.note(step(f"#{row}", "p", type="model.pick", verdict=None))
                journal.note(step(f"#{row}", "c", type="verifier.check", verdict=verdict))
            await runs.summarise(run, RunSummary(status="done"))
            await runs.leave(run)
        experience = Experience(runs, _revisited, discover().get)
        assert await experience.judged_runs("wf", "Q") == 2
        assert sum(read) == 50 + 300 + 300
        assert max(read) == 50, "the engine does other things in between"
        read.clear()
        assert await experience.judged_runs("wf", "Another") == 0
        assert read == [], "nobody asked that"
    finally:
        runs.close()

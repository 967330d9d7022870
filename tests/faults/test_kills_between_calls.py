"""Kill -9 of the engine inside a step that makes three calls: those that were answered are not paid again.

What was asked is counted by a server in another process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, life_in
from tests.faults.files import ASK, edge, step, workflow
from tests.faults.paid_rows import COUNTING, runs_in, table
from tests.servers.counting import CountingServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork")

ROWS = ["first", "second", "third", "fourth"]
SECONDS = 3.0  # of an answer: all rows are at their third call while the first of them still waits for it


def extracting(*around: str) -> dict[str, Any]:
    """The server never says what is asked for, so the step asks, and asks twice more with what was wrong."""
    wanted = [{"name": "total", "type": "number"}]
    extract = {**step("intent.extract", wanted=wanted, model=COUNTING), "cache": "never"}
    nodes = {"ask": {**ASK, "fields": {"asked": [{"name": "message"}]}}, "get": extract}
    nodes["out"] = step("output.output", name="answer")
    edges = [edge("ask.message", "get.text"), edge("get.record", "out.value")]
    if not around:
        return workflow(nodes, edges)
    nodes["ask"] = step("flow.inputs", given=[{"name": "message", "source": "column", "type": "text"}])
    each = {**step("flow.for_each"), "body": {"nodes": nodes, "edges": edges}}
    outside = {
        "table": step("data.read_table", path="rows.csv"),
        "each": each,
        "all": step("output.output", name="answer"),
    }
    return workflow(outside, [edge("table.rows", "each.items"), edge("each.answer", "all.value")])


@pytest.mark.parametrize("kind", ["rows", "elements"])
def test_only_the_calls_in_flight_are_asked_again(kind: str, tmp_path: Path, lives: EngineLives) -> None:
    rows = table(tmp_path, ROWS)
    made = extracting() if kind == "rows" else extracting("each")
    with CountingServer(SECONDS, SECONDS) as server:
        over = rows.name if kind == "rows" else ""
        life = life_in(tmp_path, made, over, server.url)
        process = lives.begin(life)
        assert server.until(3 * len(ROWS), 60) == 3 * len(ROWS)
        os.kill(process, signal.SIGKILL)
        assert lives.end() == -signal.SIGKILL
        (run,) = runs_in(tmp_path / "data" / "journal.sqlite3")
        lives.begin(replace(life, run=run))
        assert lives.end() == 0
        assert len(server.asked()) == 4 * len(ROWS)
    assert json.loads(Path(life.said).read_text("utf-8"))["status"] in ("done", "failed")

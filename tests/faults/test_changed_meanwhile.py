"""What a killed run finds changed when it goes on: never a result on the wrong row, never two winners of a race."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, life_in
from tests.faults.files import edge, step, workflow
from tests.faults.paid_rows import (
    COUNTING,
    call_of,
    opened,
    over_elements,
    over_rows,
    recorded,
    row,
    runs_in,
    table,
)
from tests.servers.counting import CountingServer

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill -9 and fork")

ROWS = 60
WINNERS = """
    SELECT outputs FROM steps JOIN runs ON runs.id = steps.run WHERE runs.run = ? AND node = 'race' ORDER BY place
"""


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer(0.005, 0.02) as one:
        yield one


class Kept:
    """One run that was killed after so many calls, and what was recorded of it by then."""

    def __init__(self, lives: EngineLives, server: CountingServer, root: Path, flow: Any, rows: str) -> None:
        table(root, [row(n) for n in range(ROWS)])
        self.journal = root / "data" / "journal.sqlite3"
        self._lives, self._server = lives, server
        self._life = life_in(root, flow, rows, server.url, at_a_time=8)

    def kill_after(self, calls: int) -> None:
        pid = self._lives.begin(self._life)
        assert self._server.until(calls, 60) >= calls
        os.kill(pid, signal.SIGKILL)
        assert self._lives.end() == -signal.SIGKILL
        self.asked = list(map(call_of, self._server.asked()))
        self.run = runs_in(self.journal)[0]
        self.known = recorded(self.journal, self.run)
        assert self.known

    def go_on(self, decision: str = "") -> Any:
        """What the second life said; `again` is what it asked the server."""
        self._lives.begin(replace(self._life, run=self.run, decision=decision))
        assert self._lives.end() == 0
        prompts = self._server.asked(len(self.asked))
        self.again = list(map(call_of, prompts))
        said = json.loads(Path(self._life.said).read_text("utf-8"))
        assert said["status"] == "done", said
        return said


@pytest.mark.parametrize("kind", ["rows", "elements"])
def test_rows_that_moved_keep_their_results(
    kind: str, tmp_path: Path, lives: EngineLives, server: CountingServer
) -> None:
    """One row more at the top, two that changed places, one less."""
    flow = over_rows("never") if kind == "rows" else over_elements("never")
    kept = Kept(lives, server, tmp_path, flow, "rows.csv" if kind == "rows" else "")
    kept.kill_after(ROWS)
    now = ["a new row", row(1), row(0), *(row(n) for n in range(2, ROWS - 1))]
    table(tmp_path, now)
    said = kept.go_on()
    after = recorded(kept.journal, kept.run)
    if (
        kind == "elements"
    ):  # what the step that read the table recorded stands: the run goes on over what it has read
        now = [row(n) for n in range(ROWS)]
    assert said["outputs"]["answer"] == [after[one, "second"] for one in now]
    assert kept.known.items() <= after.items()
    assert not set(kept.again) & kept.known.keys()
    assert (("a new row", "first") in kept.again) == (kind == "rows")


@pytest.mark.parametrize("decision", ["approved", "rejected"])
def test_a_type_that_has_another_version_now_is_asked_about(
    decision: str, tmp_path: Path, lives: EngineLives, server: CountingServer
) -> None:
    kept = Kept(lives, server, tmp_path, over_rows("never"), "rows.csv")
    kept.kill_after(ROWS)
    with closing(sqlite3.connect(kept.journal)) as connection, connection:
        connection.execute("UPDATE steps SET record = json_set(record, '$.version', 99) WHERE node = 'first'")
    said = kept.go_on(decision)
    after = recorded(kept.journal, kept.run)
    assert said["outputs"]["answer"] == [after[row(n), "second"] for n in range(ROWS)]
    firsts = {call for call in kept.known if call[1] == "first"}
    if decision == "approved":
        assert said["asked"] == ["version"], "once for all rows"
        assert kept.known.items() <= after.items()
        assert not set(kept.again) & kept.known.keys()
        return
    # What the second step has recorded was made of another input: that is asked about, too.
    assert said["asked"] == ["version", "inputs"]
    assert firsts <= set(kept.again)
    assert len(kept.again) == len(set(kept.again))
    assert all(after[call] != kept.known[call] for call in kept.known)


def test_the_winner_of_a_race_stays_the_winner(
    tmp_path: Path, lives: EngineLives, server: CountingServer
) -> None:
    ask = {**over_rows("never")["workflow"]["nodes"]["ask"]}
    sides = {
        name: {**step("model.text", prompt=f"{{{{text}}}}|{name}", model=COUNTING), "cache": "never"}
        for name in ("left", "right")
    }
    flow = workflow(
        {
            "ask": ask,
            **sides,
            "race": step("flow.merge", wait_for="first"),
            "first": {**step("model.text", prompt="{{text}}|first", model=COUNTING), "cache": "never"},
            "out": step("output.output", name="answer"),
        },
        [
            edge("ask.message", "left.text"),
            edge("ask.message", "right.text"),
            edge("left.text", "race.values"),
            edge("right.text", "race.values"),
            edge("race.value", "first.text"),
            edge("first.text", "out.value"),
        ],
    )
    server.take("left", 0.002, 0.01)
    server.take("right", 0.5, 1.0)
    kept = Kept(lives, server, tmp_path, flow, "rows.csv")
    kept.kill_after(ROWS)
    with opened(kept.journal) as connection:
        won = [text for (text,) in connection.execute(WINNERS, (kept.run,))]
    assert won
    server.take("left", 0.5, 1.0)
    server.take("right", 0.002, 0.01)
    said = kept.go_on()
    with opened(kept.journal) as connection:
        after = [text for (text,) in connection.execute(WINNERS, (kept.run,))]
    assert len(after) == ROWS, "one winner a row"
    assert set(won) <= set(after)
    calls = recorded(kept.journal, kept.run)
    assert said["outputs"]["answer"] == [calls[row(n), "first"] for n in range(ROWS)]
    assert kept.known.items() <= calls.items()
    assert not {call for call in kept.again if call[1] == "first"} & kept.known.keys()
    decided = {json.loads(text)["value"].partition("|")[0] for text in won}
    assert not [call for call in kept.again if call[1] == "left" and call[0] in decided]
    assert not [call for call in kept.again if call[1] == "right" and call[0] in decided], (
        "the loser runs no more"
    )

"""Kill -9 of the engine at random moments, with 64 calls under way, until the work is done: nothing is lost or paid
twice.

What was asked is counted by a server in another process; what was recorded is what this test reads in the journal right
after each kill.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, Life, life_in
from tests.faults.kills import KILLS, patient
from tests.faults.paid_rows import (
    STEPS,
    Call,
    booked,
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

AT_ONCE = 64
ROWS = 320
FOR_EVER = 10**9  # requests
ITEMS = """
    SELECT count(*), count(DISTINCT number), count(DISTINCT key) FROM items JOIN runs ON runs.id = items.run
    WHERE runs.run = ? AND number >= 0
"""


@dataclass
class Count:
    """What all kills together came to. `in_flight`: asked and not yet recorded at a kill."""

    kills: int = 0
    in_flight: list[int] = field(default_factory=list)
    asked: int = 0
    recorded: int = 0
    again: int = 0
    recorded_again: int = 0
    runs: int = 0

    def __str__(self) -> str:
        most, full = max(self.in_flight, default=0), sum(n == AT_ONCE for n in self.in_flight)
        return (
            f"{self.kills} kills in {self.runs} runs; {self.recorded} calls recorded before a kill, "
            f"{self.recorded_again} of them asked again; in flight at a kill {sum(self.in_flight)} (at most {most}, "
            f"{full} times {AT_ONCE}), of which {self.again} were asked again; {self.asked} calls asked in all"
        )


class Killing:
    """Runs that are killed until they are done, and what all of them came to."""

    def __init__(self, lives: EngineLives, server: CountingServer) -> None:
        self._lives = lives
        self._server = server
        self._seen = len(server.asked())  # requests of earlier lives
        self.count = Count()

    def run(self, life: Life, kills: int) -> None:
        """At most so many kills, then to the end."""
        journal = Path(life.profile) / "data" / "journal.sqlite3"
        known: dict[Call, str] = {}
        asked: set[Call] = set()
        sent: Counter[Call] = Counter()
        code = -signal.SIGKILL
        self.count.runs += 1
        while code:
            pid = self._lives.begin(life)
            if kills:
                self._wait(pid, len(known))
                with contextlib.suppress(ProcessLookupError):  # it was through before
                    os.kill(pid, signal.SIGKILL)
            code = self._lives.end()
            assert code in (0, -signal.SIGKILL), f"a life ended by itself with {code}"
            in_this_life = self._asked_now()
            self._compare(in_this_life, asked, known)
            asked |= in_this_life
            sent.update(in_this_life)
            if runs := runs_in(journal):
                life = replace(life, run=runs[0])
                now = recorded(journal, runs[0])
                assert known.items() <= now.items(), "a record went, or became another one"
                known = now
                paid = booked(journal, runs[0])
                assert known.keys() <= paid["call"].keys() | paid["cache"].keys(), (
                    "what is recorded is booked"
                )
                assert paid["call"] <= sent, "no call is booked twice"
            if code:
                kills -= 1
                self._count_kill(in_this_life, known)
        assert known.keys() == asked == {(row(n), node) for n in range(ROWS) for node in STEPS}
        assert_whole(journal, life.run, known, json.loads(Path(life.said).read_text("utf-8")))

    def _wait(self, pid: int, known: int) -> None:
        """Until some moment: mostly after so many more calls, sometimes after so many milliseconds."""
        if random.random() < 0.15:
            self._server.until(FOR_EVER, random.uniform(0, 0.15))
            return
        left = ROWS * len(STEPS) - known
        most = max(1, min(left, 2 * AT_ONCE))
        count = self._seen + random.randint(min(AT_ONCE, most), most)
        while is_alive(pid) and self._server.until(count, 0.1) < count:
            pass  # the cache may leave it fewer calls
        if random.random() < 0.7:
            self._server.busy(AT_ONCE, 0.3)
        self._server.until(FOR_EVER, random.uniform(0, 0.02))

    def _asked_now(self) -> set[Call]:
        prompts = self._server.asked(self._seen)
        self._seen += len(prompts)
        calls = set(map(call_of, prompts))
        assert len(calls) == len(prompts), "no life asks twice"
        return calls

    def _compare(self, now: set[Call], earlier: set[Call], known: Mapping[Call, str]) -> None:
        self.count.asked += len(now)
        self.count.again += len(now & earlier)
        self.count.recorded_again += len(now & known.keys())

    def _count_kill(self, in_this_life: set[Call], known: Mapping[Call, str]) -> None:
        self.count.kills += 1
        self.count.in_flight.append(len(in_this_life - known.keys()))
        self.count.recorded += len(in_this_life & known.keys())


def assert_whole(journal: Path, run: str, known: Mapping[Call, str], said: Mapping[str, Any]) -> None:
    """The end of a run: every row once, with the answer that is recorded for it."""
    assert said["status"] == "done", said["problems"]
    assert said["asked"] == [], "nobody needed to be asked"
    assert said["outputs"]["answer"] == [known[row(n), "second"] for n in range(ROWS)]
    with opened(journal) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute(ITEMS, (run,)).fetchone() == (ROWS, ROWS, ROWS)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def server() -> Iterator[CountingServer]:
    with CountingServer(0.08, 0.2) as one:
        yield one


@patient
@pytest.mark.parametrize("kind", ["rows", "elements"])
def test_nothing_is_lost_or_asked_again_whenever_the_engine_is_killed(
    kind: str,
    tmp_path: Path,
    lives: EngineLives,
    server: CountingServer,
    record_property: Callable[[str, object], None],
) -> None:
    killing = Killing(lives, server)
    count, wanted = killing.count, KILLS // 2
    while count.kills < wanted:
        root = tmp_path / f"profile{count.runs}"
        root.mkdir()
        rows = table(root, [row(n) for n in range(ROWS)])
        # Without the cache, only the journal can keep a call from being paid again.
        cache = "reuse" if count.runs % 4 == 3 else "never"
        made = over_rows(cache) if kind == "rows" else over_elements(cache)
        over = rows.name if kind == "rows" else ""
        killing.run(life_in(root, made, over, server.url), min(wanted - count.kills, random.randint(6, 14)))
    record_property("counted", f"{kind}: {count}")
    assert count.kills == wanted
    assert count.recorded_again == 0
    assert max(count.in_flight) <= AT_ONCE
    assert count.again <= sum(count.in_flight)
    assert count.recorded > 0

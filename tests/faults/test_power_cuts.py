"""The power goes at any moment: what was committed is there, and what was paid for is not asked again."""

from __future__ import annotations

import bisect
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.adapters.workflow_files import read_file
from tests.faults.disk_diary import Disk, Entry, diary_in, entries_of, lay_out, that_lies
from tests.faults.engine_lives import EngineLives, Life, life_in
from tests.faults.kills import more, patient
from tests.faults.paid_rows import (
    STEPS,
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

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and fork")

ROWS = 24
CUTS = 24
RESUMED = 3
ASKED_SECOND = re.compile(rb'"(row \d+)\|[^"]*\|second"')


@dataclass(frozen=True)
class Written:
    """A run that came through, and the diary of its disk."""

    life: Life
    under: Path
    entries: Sequence[Entry]

    def seconds(self) -> list[tuple[int, str]]:
        """Where in the diary the second question of a row went out: its first answer was committed before."""
        sent = [(i, entry.data) for i, entry in enumerate(self.entries) if entry.what == "N"]
        return [(i, found.decode()) for i, data in sent for found in ASKED_SECOND.findall(data)]


@pytest.fixture(scope="module")
def server() -> Iterator[CountingServer]:
    with CountingServer(0.0, 0.01) as one:
        yield one


@pytest.fixture(scope="module", params=["rows", "elements"])
def ran(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, server: CountingServer
) -> Written:
    folder, under = tmp_path_factory.mktemp("diary"), tmp_path_factory.mktemp("disk")
    table(under, [row(n) for n in range(ROWS)])
    made, over = (over_rows, "rows.csv") if request.param == "rows" else (over_elements, "")
    life = replace(life_in(under, made("never"), over, server.url, at_a_time=6), said=str(folder / "said"))
    with EngineLives(**diary_in(folder, under)) as lives:
        lives.begin(life)
        assert lives.end() == 0
    assert json.loads((folder / "said").read_text("utf-8"))["status"] == "done"
    return Written(life, under, entries_of(folder))


@patient
@pytest.mark.parametrize("survives", [0.0, 0.5, 1.0], ids=["nothing else", "something", "everything"])
def test_what_was_committed_survives_a_power_cut(
    survives: float,
    ran: Written,
    lives: EngineLives,
    server: CountingServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    chance = random.Random()
    cuts = sorted(chance.sample(range(len(ran.entries)), min(more(CUTS), len(ran.entries))))
    resumed = set(chance.sample(cuts, RESUMED))
    disk, at, committed = Disk([]), 0, 0
    for cut in cuts:
        for entry in ran.entries[at:cut]:
            disk.take(entry)
        at, root = cut, tmp_path / f"cut{cut}"
        lay_out(disk.after_cut(survives, chance), ran.under, root)
        committed += assert_committed(ran, cut, root)
        if cut in resumed:
            assert_goes_on(ran, lives, server, root)
    record_property(
        "counted", f"{len(cuts)} power cuts ({survives:.0%} of the rest survives), {committed} records"
    )
    lay_out(Disk(ran.entries).after_cut(0.0, chance), ran.under, tmp_path / "end")
    journal = tmp_path / "end/data/journal.sqlite3"
    (run,) = runs_in(journal)
    assert recorded(journal, run).keys() == {(row(n), step) for n in range(ROWS) for step in STEPS}
    with opened(journal) as connection:
        assert json.loads(connection.execute("SELECT summary FROM runs").fetchone()[0])["status"] == "done"


def test_a_disk_that_lies_is_found_out(ran: Written, tmp_path: Path) -> None:
    """Else the tests above would prove nothing."""
    lay_out(Disk(that_lies(ran.entries)).after_cut(0.0, random.Random()), ran.under, tmp_path)
    with pytest.raises((AssertionError, sqlite3.Error)):
        assert_committed(ran, len(ran.entries), tmp_path)


def assert_committed(ran: Written, cut: int, root: Path) -> int:
    """Of every row whose second question had gone out the first answer is there. Gives how many records are."""
    journal, seconds = root / "data/journal.sqlite3", ran.seconds()
    promised = {name for _, name in seconds[: bisect.bisect_left(seconds, (cut, ""))]}
    if not journal.exists() or not journal.stat().st_size:
        assert not promised
        return 0
    with opened(journal) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    runs = runs_in(journal)
    known = recorded(journal, runs[0]) if runs else {}
    lost = promised - {name for name, step in known if step == "first"}
    assert not lost, f"{lost} had been committed"
    return len(known)


def assert_goes_on(ran: Written, lives: EngineLives, server: CountingServer, root: Path) -> None:
    """The run comes to its end from there, and nothing recorded is asked again."""
    root.mkdir(exist_ok=True)
    table(root, [row(n) for n in range(ROWS)])
    journal, seen = root / "data/journal.sqlite3", len(server.asked())
    runs = runs_in(journal)
    known = recorded(journal, runs[0]) if runs else {}
    lives.begin(replace(ran.life, profile=str(root), said=str(root / "said"), run=runs[0] if runs else ""))
    assert lives.end() == 0
    said = json.loads((root / "said").read_text("utf-8"))
    assert said["status"] == "done", said
    assert said["asked"] == []
    assert not set(map(call_of, server.asked(seen))) & known.keys()
    after = recorded(journal, said["run"])
    assert known.items() <= after.items()
    assert said["outputs"]["answer"] == [after[row(n), "second"] for n in range(ROWS)]


SAVES = """
import socket, sys
from pathlib import Path
from app.adapters.workflow_files import save_file
from app.document.workflow import Graph, Node, Workflow
from app.settings import folders

here, _ = socket.socketpair()
for number in range(12):
    nodes = {f"n{i}": Node(f"n{i}", "t", note="x" * 900) for i in range(number % 3 * 20)}
    here.send(b"begins %d" % number)
    save_file(Path(sys.argv[1]), Workflow("w", f"v{number}", graph=Graph(nodes)), None, folders())
    here.send(b"saved %d" % number)
"""


@pytest.mark.parametrize("survives", [0.0, 0.5, 1.0])
def test_the_workflow_s_file_is_the_old_one_or_the_new_one(survives: float, tmp_path: Path) -> None:
    folder, under = tmp_path / "diary", tmp_path / "mine"
    folder.mkdir()
    under.mkdir()
    path = under / "mine.baton.json"
    environment = {**os.environ, **diary_in(folder, under)}
    subprocess.run([sys.executable, "-c", SAVES, path], check=True, env=environment, timeout=60)
    disk, chance, begun, saved = Disk([]), random.Random(), -1, -1
    for number, entry in enumerate(entries_of(folder)):
        disk.take(entry)
        if entry.data.startswith(b"begins "):
            begun = int(entry.data[7:])
        elif entry.data.startswith(b"saved "):
            saved = int(entry.data[6:])
        files = disk.after_cut(survives, chance)
        if str(path) not in files:
            assert saved < 0
            continue
        root = tmp_path / f"cut{number}"
        lay_out({str(path): files[str(path)]}, under, root)
        name = read_file(root / path.name).workflow.name
        assert saved <= int(name[1:]) <= begun
    assert saved == 11

"""A run whose disk fails at its n-th write, for every n: it goes on or stops with a clear problem, and then goes on."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.engine_lives import EngineLives, Life
from tests.faults.failing_disk import failing_disk_in
from tests.faults.files import written
from tests.faults.kills import KILLS, USUAL, patient
from tests.faults.paid_rows import Call, call_of, over_rows, recorded, row, runs_in, table
from tests.servers.counting import CountingServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD and fork")

ROWS = 3
STEP = 40 if KILLS == USUAL else max(1, 600 // KILLS)  # one write in so many fails; in the long run every one
CLEAR = {"journal.full", "journal.broken", "journal.locked", "file.not_readable", "run.events_lost"}


@dataclass
class Disk:
    """The disk of all lives here; `refused` is how often it has failed."""

    control: Path
    lives: EngineLives
    under: Path

    def fail(self, what: str) -> None:
        self.control.with_name("control.refused").unlink(missing_ok=True)
        self.control.write_text(what, "utf-8")

    @property
    def refused(self) -> int:
        beside = self.control.with_name("control.refused")
        return beside.stat().st_size if beside.exists() else 0


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Disk]:
    folder, under = tmp_path_factory.mktemp("disk"), tmp_path_factory.mktemp("under")
    environment = failing_disk_in(folder)
    with EngineLives(**environment, FAILING_UNDER=str(under)) as lives:
        yield Disk(Path(environment["FAILING_DISK"]), lives, under)


@pytest.fixture(scope="module")
def server() -> Iterator[CountingServer]:
    with CountingServer(0.0, 0.004) as one:
        yield one


@patient
@pytest.mark.parametrize("most", ["1", ""], ids=["once", "from then on"])
@pytest.mark.parametrize("kind", ["write", "room", "sync"])
def test_a_disk_that_fails_at_any_moment(
    kind: str, most: str, disk: Disk, server: CountingServer, tmp_path: Path, record_property: Any
) -> None:
    step = STEP if kind != "sync" else max(1, STEP // 8)  # there are fewer of them
    number, failed, went_on, stopped = random.randint(1, step), 0, 0, 0
    while True:
        root = disk.under / f"{kind}{most}-{number}"
        root.mkdir()
        table(root, [row(n) for n in range(ROWS)])
        said = tmp_path / "said.json"
        life = Life(
            str(root), str(written(root, over_rows("never"))), "rows.csv", server.url, str(said), at_a_time=2
        )
        disk.fail(f"{kind} {number} {most}")
        first = lived(disk, life, said)
        if not disk.refused:
            break
        failed += 1
        assert first["status"] in {"done", "failed", "refused"}
        if first["status"] == "done":
            went_on += 1
            assert [text.partition("|")[0] for text in first["outputs"]["answer"]] == [
                row(n) for n in range(ROWS)
            ]
        else:
            stopped += 1
            assert first["problems"]
            assert set(first["problems"]) <= CLEAR, first["problems"]
        disk.fail("")
        assert_goes_on(disk, server, life, first)
        number += step
    record_property(
        "counted", f"{kind}, {most or 'for ever'}: {failed} faults, {went_on} runs went on, {stopped} stopped"
    )
    assert failed


def assert_goes_on(disk: Disk, server: CountingServer, life: Life, first: Any) -> None:
    """With the disk well again, the same run comes to its end, and asks for nothing that is recorded."""
    journal = Path(life.profile) / "data" / "journal.sqlite3"
    runs = runs_in(journal)
    known: dict[Call, str] = recorded(journal, runs[0]) if runs else {}
    seen = len(server.asked())
    said = lived(disk, replace(life, run=runs[0] if runs else ""), Path(life.said))
    assert said["status"] == "done", said
    again = set(map(call_of, server.asked(seen)))
    assert not again & known.keys()
    after = recorded(journal, runs_in(journal)[0])
    assert known.items() <= after.items()
    assert said["outputs"]["answer"] == [after[row(n), "second"] for n in range(ROWS)]
    if first["status"] == "done" and known.keys() == after.keys():
        assert said["outputs"] == first["outputs"]


def lived(disk: Disk, life: Life, said: Path) -> Any:
    said.unlink(missing_ok=True)
    disk.lives.begin(life)
    assert disk.lives.end() == 0
    return json.loads(said.read_text("utf-8"))

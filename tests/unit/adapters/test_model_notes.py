"""Engines of one person tell each other what they have in memory: who was killed tells nothing any more."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from app.adapters.model_notes import HEARD_FOR, ModelNote, ModelNotes

LOADED = ModelNote("alpha", is_loaded=True, memory=300, gpu=20)
WAITING = ModelNote(
    "beta", is_loaded=False, memory=200, since=1_700_000_000.4321987, behind=("alpha",), by="me"
)
OTHER_ENGINE = """
import sys
from pathlib import Path
from app.adapters.model_notes import ModelNote, ModelNotes
ModelNotes(Path(sys.argv[1])).tell([ModelNote("alpha", is_loaded=True, memory=300)])
print("told", flush=True)
sys.stdin.read()
"""


def test_others_hear_what_is_told_and_nobody_hears_himself(tmp_path: Path) -> None:
    one, other = ModelNotes(tmp_path / "models"), ModelNotes(tmp_path / "models")
    assert other.others() == ()
    one.tell([LOADED, WAITING])
    assert other.others() == (LOADED, WAITING)
    assert one.others() == ()
    one.tell([LOADED])
    assert other.others() == (LOADED,)
    one.tell([])
    assert other.others() == ()
    assert list((tmp_path / "models").iterdir()) == []


def test_who_does_not_say_again_that_it_waits_holds_nobody_up(tmp_path: Path) -> None:
    """Its process was stopped in the middle; what it has loaded takes memory all the same."""
    one, other = ModelNotes(tmp_path), ModelNotes(tmp_path)
    one.tell([LOADED, WAITING])
    long_ago = time.time() - HEARD_FOR - 1
    (note,) = tmp_path.glob("*.json")
    os.utime(note, (long_ago, long_ago))
    assert other.others() == (LOADED,)
    one.tell([LOADED, WAITING])
    assert other.others() == (LOADED, WAITING)
    one.close()


def test_what_a_killed_engine_told_is_forgotten(tmp_path: Path) -> None:
    here = ModelNotes(tmp_path)
    command = [sys.executable, "-P", "-c", OTHER_ENGINE, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"told\n"
        assert [one.model for one in here.others()] == ["alpha"]
        engine.kill()
        engine.wait(60)
    assert here.others() == ()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    one, other = ModelNotes(tmp_path), ModelNotes(tmp_path)
    one.tell([LOADED])
    (note,) = tmp_path.glob("*.json")
    for content in ("", "[", '{"a": 1}', '[{"model": 1}]', "[[]]"):
        note.write_text(content)
        assert other.others() == ()
    one.close()


def test_a_folder_that_cannot_be_written_to_costs_nobody_anything(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    notes = ModelNotes(tmp_path / "models")
    notes.tell([LOADED])
    assert notes.others() == ()
    notes.close()

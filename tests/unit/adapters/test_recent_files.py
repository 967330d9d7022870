from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.adapters import recent_files as module
from app.adapters.recent_files import KEPT, forget_file, lost_files, recent_files, remember_file
from app.settings import folders


def test_the_latest_comes_first_and_once(tmp_path: Path) -> None:
    where = folders()
    assert recent_files(where) == ()
    one, two = tmp_path / "one.json", tmp_path / "二.json"
    for path in (one, two, one):
        remember_file(where, path)
    assert recent_files(where) == (one, two)
    forget_file(where, one)
    assert recent_files(where) == (two,)


def test_only_some_are_kept(tmp_path: Path) -> None:
    where = folders()
    for count in range(KEPT + 3):
        remember_file(where, tmp_path / str(count))
    assert [path.name for path in recent_files(where)] == [str(count) for count in range(KEPT + 2, 2, -1)]


def test_a_broken_list_is_an_empty_one(tmp_path: Path) -> None:
    where = folders()
    where.state.mkdir(parents=True)
    for content in ("{", "{}", "[1, null]", '"x"'):
        (where.state / "recent.json").write_text(content, "utf-8")
        assert recent_files(where) == ()
    remember_file(where, tmp_path / "x")
    assert recent_files(where) == (tmp_path / "x",)


async def test_files_that_are_gone_are_told_from_those_that_are_there(tmp_path: Path) -> None:
    there, gone = tmp_path / "there.json", tmp_path / "gone" / "x.json"
    there.touch()
    assert await lost_files([there, gone, there / "below a file"]) == {gone, there / "below a file"}
    assert await lost_files([]) == frozenset()


async def test_a_disk_that_does_not_answer_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive that is gone blocks whoever looks."""
    answers = threading.Event()

    class Stuck(type(tmp_path)):
        def exists(self) -> bool:
            return not answers.wait(60)

    monkeypatch.setattr(module, "_PATIENCE", 2.0)
    gone = tmp_path / "gone.json"
    assert await lost_files([Stuck("/far/away.json"), gone]) == {gone}
    answers.set()

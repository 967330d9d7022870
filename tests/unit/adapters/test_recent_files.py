from __future__ import annotations

from pathlib import Path

from app.adapters.recent_files import KEPT, forget_file, recent_files, remember_file
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

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters import workflow_files
from app.adapters.backups import KEPT, backups_of
from app.adapters.workflow_files import Stamp, changed_elsewhere, read_file, save_file
from app.document.json_codec import read, write
from app.document.problem import Problem, ProblemError
from app.document.workflow import Graph, Node, Workflow
from app.settings import Folders, folders

posix = pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")


def workflow(prompt: str = "Hello") -> Workflow:
    return Workflow("w", "Sample", graph=Graph({"a": Node("a", "model.text", fields={"prompt": prompt})}))


@pytest.fixture
def where() -> Folders:
    return folders()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my workflow 工作流.baton.json"


def refusal(call: object, *args: object) -> Problem:
    with pytest.raises(ProblemError) as refused:
        call(*args)  # type: ignore[operator]
    return refused.value.problems[0]


def test_what_was_saved_is_read(path: Path, where: Folders) -> None:
    saved = save_file(path, workflow(), None, where)
    opened = read_file(path)
    assert opened.workflow == workflow()
    assert opened.stamp == saved.stamp
    assert (opened.newer, opened.warnings, saved.warnings) == (False, (), ())
    assert [file.name for file in path.parent.iterdir()] == [path.name]  # nothing beside it
    assert backups_of(where, path) == []


def test_the_former_version_is_kept(path: Path, where: Folders) -> None:
    stamp = save_file(path, workflow("one"), None, where).stamp
    stamp = save_file(path, workflow("two"), stamp, where).stamp
    save_file(path, workflow("three"), stamp, where)
    kept = [read(file.read_bytes()).workflow for file in backups_of(where, path)]
    assert kept == [workflow("two"), workflow("one")]


def test_only_some_former_versions_are_kept(path: Path, where: Folders) -> None:
    stamp = None
    for count in range(KEPT + 5):
        stamp = save_file(path, workflow(str(count)), stamp, where).stamp
    kept = [read(file.read_bytes()).workflow for file in backups_of(where, path)]
    assert kept == [workflow(str(count)) for count in range(KEPT + 3, 3, -1)]


def test_two_files_of_one_name_have_backups_of_their_own(tmp_path: Path, where: Folders) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "same.baton.json"
        stamp = save_file(file, workflow(folder), None, where).stamp
        save_file(file, workflow("later"), stamp, where)
    kept = backups_of(where, tmp_path / "one" / "same.baton.json")
    assert [read(file.read_bytes()).workflow for file in kept] == [workflow("one")]


def test_an_unchanged_workflow_is_not_written_again(path: Path, where: Folders) -> None:
    saved = save_file(path, workflow(), None, where)
    os.utime(path, (1, 1))
    assert save_file(path, workflow(), saved.stamp, where) == saved
    assert path.stat().st_mtime == 1
    assert backups_of(where, path) == []


def test_another_programs_work_is_not_overwritten_unasked(path: Path, where: Folders) -> None:
    stamp = save_file(path, workflow(), None, where).stamp
    theirs = write(workflow("theirs"))
    path.write_bytes(theirs)
    assert changed_elsewhere(path, stamp)
    problem = refusal(save_file, path, workflow("mine"), stamp, where)
    assert (problem.code, problem.args["name"]) == ("file.changed_elsewhere", path.name)
    assert path.read_bytes() == theirs
    save_file(path, workflow("mine"), None, where)  # asked, and told to overwrite
    assert read_file(path).workflow == workflow("mine")
    assert backups_of(where, path)[0].read_bytes() == theirs


def test_a_touched_file_is_not_a_changed_one(path: Path, where: Folders) -> None:
    stamp = save_file(path, workflow(), None, where).stamp
    path.write_bytes(path.read_bytes())
    assert not changed_elsewhere(path, stamp)
    save_file(path, workflow("new"), stamp, where)


def test_a_file_that_was_deleted_meanwhile_is_written_anew(path: Path, where: Folders) -> None:
    stamp = save_file(path, workflow(), None, where).stamp
    path.unlink()
    assert not changed_elsewhere(path, stamp)
    save_file(path, workflow("still here"), stamp, where)
    assert read_file(path).workflow == workflow("still here")


def test_a_huge_foreign_file_is_backed_up_whole(path: Path, where: Folders) -> None:
    foreign = b"x" * 6_000_000
    path.write_bytes(foreign)
    save_file(path, workflow(), None, where)
    assert backups_of(where, path)[0].read_bytes() == foreign


def test_a_key_is_refused_with_the_fields_name(path: Path, where: Folders) -> None:
    save_file(path, workflow(), None, where)
    problem = refusal(save_file, path, workflow("sk-" + "abcdefgh1234567890"), None, where)
    assert (problem.code, problem.node, problem.field) == ("file.looks_like_key", "a", "prompt")
    assert read_file(path).workflow == workflow()


def test_a_newer_file_is_looked_at_but_not_overwritten(path: Path, where: Folders) -> None:
    newer = json.loads(write(workflow()))
    newer["formatVersion"] = 2
    path.write_text(json.dumps(newer), "utf-8")
    opened = read_file(path)
    assert opened.newer
    assert opened.warnings[0].code == "file.newer_version"
    assert refusal(save_file, path, opened.workflow, opened.stamp, where).code == "file.newer_read_only"
    assert json.loads(path.read_text("utf-8")) == newer
    save_file(path.with_name("copy.json"), opened.workflow, None, where)


@pytest.mark.parametrize(
    ("value", "code"),
    [(float("nan"), "bad_number"), (2**64, "big_number"), ("\ud800", "broken_character")],
)
def test_what_could_not_be_opened_again_is_not_saved(
    path: Path, where: Folders, value: object, code: str
) -> None:
    save_file(path, workflow(), None, where)
    broken = Workflow("w", "", graph=Graph({"a": Node("a", "t", fields={"x": value})}))  # type: ignore[dict-item]
    assert refusal(save_file, path, broken, None, where).code == f"file.{code}"
    assert read_file(path).workflow == workflow()


def test_more_than_a_file_may_hold_is_not_saved(path: Path, where: Folders) -> None:
    assert refusal(save_file, path, workflow("x" * 5_000_001), None, where).code == "file.over_limit"
    assert not path.exists()


@posix
def test_mode_and_link_survive(path: Path, where: Folders, tmp_path: Path) -> None:
    save_file(path, workflow(), None, where)
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path.name)
    save_file(link, workflow("new"), read_file(link).stamp, where)
    assert link.is_symlink()
    assert read_file(path).workflow == workflow("new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_new_file_has_the_mode_that_the_person_wants(path: Path, where: Folders) -> None:
    before = os.umask(0o027)
    try:
        save_file(path, workflow(), None, where)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_temporary_files_of_killed_writers_are_cleared_away(path: Path, where: Folders) -> None:
    old, fresh = path.with_name(".baton-0123.tmp"), path.with_name(".baton-4567.tmp")
    for file in (old, fresh):
        file.write_bytes(b"half")
    os.utime(old, (1, 1))
    save_file(path, workflow(), None, where)
    assert not old.exists()
    assert fresh.exists()  # somebody may be writing it just now


@pytest.mark.parametrize(
    ("name", "code"),
    [("gone.json", "not_found"), ("", "is_folder"), ("a/b.json", "not_found"), ("x" * 300, "cannot_open")],
)
def test_what_cannot_be_opened(tmp_path: Path, name: str, code: str) -> None:
    problem = refusal(read_file, tmp_path / name)
    assert problem.code == f"file.{code}"
    assert problem.args["name"] == (tmp_path / name).name


@posix
def test_a_pipe_is_no_file_and_does_not_hang(tmp_path: Path, where: Folders) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert refusal(read_file, pipe).code == "file.cannot_open"
    assert refusal(save_file, pipe, workflow(), None, where).code == "file.cannot_save"


@pytest.mark.parametrize(("name", "code"), [("gone/x.json", "folder_missing"), ("x" * 300, "name_too_long")])
def test_where_nothing_can_be_saved(tmp_path: Path, where: Folders, name: str, code: str) -> None:
    assert refusal(save_file, tmp_path / name, workflow(), None, where).code == f"file.{code}"


def test_a_folder_is_not_overwritten(tmp_path: Path, where: Folders) -> None:
    assert refusal(save_file, tmp_path, workflow(), None, where).code == "file.is_folder"


def test_without_a_backup_the_save_still_counts_but_an_upgrade_does_not(path: Path, where: Folders) -> None:
    stamp = save_file(path, workflow(), None, where).stamp
    where.state.parent.mkdir(parents=True, exist_ok=True)
    where.state.write_text("a file where the folder should be")
    older = replace(stamp, version=0)
    problem = refusal(save_file, path, workflow("new"), older, where)
    assert (problem.code, problem.severity) == ("file.no_backup", "error")
    assert read_file(path).workflow == workflow()
    saved = save_file(path, workflow("new"), stamp, where)
    assert [(p.code, p.severity) for p in saved.warnings] == [("file.no_backup", "warning")]
    assert read_file(path).workflow == workflow("new")


def test_a_stamp_is_of_the_content(path: Path, where: Folders) -> None:
    saved = save_file(path, workflow(), None, where)
    assert saved.stamp == Stamp(saved.stamp.sha256, workflow_files.FORMAT_VERSION)
    assert len(saved.stamp.sha256) == 64

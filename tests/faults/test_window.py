"""The window where something is wrong with the file or the profile: it says so for as long as it is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.document.operations import SetWorkflow
from app.document.problem import ProblemError
from app.events.run_state import RunState
from app.settings import folders
from app.ui import open_and_save
from app.ui.run_stream import RunWish
from tests.faults.files import ASK, OUT, TRICKS, TRICKY, echo, edge, workflow, written
from tests.ui.window.conftest import Desk


def codes(desk: Desk) -> list[str]:
    return [problem.code for problem in desk.window.session.problems]


def test_a_link_that_was_left_out_is_said_until_the_file_is_written(live: Desk, tmp_path: Path) -> None:
    edges = [edge("a.message", "o.value"), edge("a.message", "zz.x")]
    path = written(tmp_path, workflow({"a": ASK, "o": {**OUT, "fields": {"name": ""}}}, edges))
    live.run(live.window.files.open(path))
    live.wait(lambda: "field.empty" in codes(live))  # the engine's check has come
    assert "file.edge_to_nowhere" in codes(live)
    live.window.session.do(SetWorkflow({"name": "Mended"}))
    assert live.run(live.window.files.save())
    assert "file.edge_to_nowhere" not in codes(live)
    assert "field.empty" in codes(live)


def test_a_file_that_needs_a_later_version_does_not_run(live: Desk, tmp_path: Path) -> None:
    path = written(tmp_path, {**echo(), "requires": {"features": ["quantum"]}})
    live.run(live.window.files.open(path))
    with pytest.raises(ProblemError) as refused:
        live.run(live.window.stream.start(RunWish(values={"message": "hi"})))
    assert [problem.code for problem in refused.value.problems] == ["file.needs_features"]
    assert live.window.session.run == RunState()
    live.wait(lambda: "file.needs_features" in codes(live))


def test_a_profile_that_can_not_be_written_keeps_nobody_from_saving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    blocked = written(tmp_path, b"", "a-file-where-a-folder-should-be")
    monkeypatch.setenv("BATON_HOME", str(blocked))
    desk: Desk = request.getfixturevalue("desk")
    path, other = written(tmp_path, echo()), tmp_path / "other.baton.json"

    async def named(*_: object) -> Path:
        return other

    monkeypatch.setattr(open_and_save, "file_to_save", named)
    desk.run(desk.window.files.open(path))
    assert not desk.window.session.place.read_only
    desk.window.session.do(SetWorkflow({"name": "Mine"}))
    assert desk.run(desk.window.files.save())
    assert b'"Mine"' in path.read_bytes()
    assert "file.no_backup" in codes(desk), "that the former version could not be kept is said"
    assert desk.run(desk.window.files.save_as())
    assert other.read_bytes() == path.read_bytes()


def test_the_title_of_the_window_hides_and_turns_nothing(desk: Desk, tmp_path: Path) -> None:
    tricky = echo()
    tricky["workflow"]["name"] = TRICKY
    desk.run(desk.window.files.open(written(tmp_path, tricky)))
    assert "<b>D</b>" in desk.window.windowTitle()
    assert not set(TRICKS) & set(desk.window.windowTitle())


def test_recovered_work_does_not_overwrite_what_was_saved_since(desk: Desk, tmp_path: Path) -> None:
    path = written(tmp_path, echo())
    desk.run(desk.window.files.open(path))
    desk.window.session.do(SetWorkflow({"name": "Before the crash"}))
    desk.window.files.keep_copy()
    crashed, desk.window = desk.window, desk.open_window()
    kept = folders().state / "recovery"
    left_behind = next(kept.glob("*.json")).read_bytes()
    crashed.files.close()
    (kept / "crashed.json").write_bytes(left_behind)
    since = echo()
    since["workflow"]["name"] = "Saved since"
    written(tmp_path, since)
    newer = path.read_bytes()

    (recovery,) = desk.window.files.recoveries()
    assert desk.run(desk.window.files.recover(recovery))
    assert desk.window.session.workflow.name == "Before the crash"
    desk.trigger("file.save")
    desk.answer("Cancel")
    assert path.read_bytes() == newer
    crashed.hide()
    crashed.deleteLater()

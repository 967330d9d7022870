"""Event files: what a run leaves, how many are kept, and what a full or busy disk does to them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.adapters.event_files import (
    EventFile,
    events_left_open,
    last_event,
    last_run_of,
    path_of,
    read_events,
)
from app.events.json_codec import encode_lines
from app.events.run_events import NodeSettled, NodeStarted, RunEvent, RunFinished, RunPaused, RunStarted


def events(workflow: str = "w") -> list[RunEvent]:
    return [
        RunStarted("r", workflow, "名字", "d", "now", ("a",)),
        NodeStarted(0.1, "a", ""),
        RunFinished(0.2, "done"),
    ]


def leave(folder: Path, run: str, workflow: str = "w", keep: int = 20) -> Path:
    file = EventFile(folder, run, keep)
    file.write(events(workflow))
    file.close()
    return file.path


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = leave(tmp_path / "runs", "r1")
    assert list(read_events(path)) == events()
    assert path_of(tmp_path / "runs", "r1") == path
    assert path_of(tmp_path / "runs", "r2") is None


def test_a_last_line_that_a_crash_cut_is_left_out(tmp_path: Path) -> None:
    path = leave(tmp_path, "r1")
    path.write_bytes(path.read_bytes()[:-9])
    assert list(read_events(path)) == events()[:2]


def test_of_a_long_file_what_was_left_open_is_read_alone(tmp_path: Path) -> None:
    first = events()[0]
    left = NodeStarted(0.3, "b", "#1", {})
    many = [
        one
        for i in range(50)
        for one in (NodeStarted(0.1, "a", f"#{i}"), NodeSettled(0.2, "a", f"#{i}", "ok"))
    ]
    file = EventFile(tmp_path, "r1", 20)
    file.write([first, *many, left, RunPaused(0.4, "waiting")])
    file.close()
    assert list(events_left_open(file.path)) == [first, left, RunPaused(0.4, "waiting")]
    file.path.write_bytes(file.path.read_bytes()[:-9])
    assert list(events_left_open(file.path)) == [first, left]


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    for i in range(8):
        path = leave(tmp_path, f"r{i}", keep=3)
        os.utime(path, ns=(i, i))
    assert sorted(path.name[:2] for path in tmp_path.iterdir()) == ["r5", "r6", "r7"]


def test_the_last_run_of_a_workflow_is_found(tmp_path: Path) -> None:
    for i, workflow in enumerate(("one", "two", "one", "two")):
        os.utime(leave(tmp_path, f"r{i}", workflow), ns=(i, i))
    assert last_run_of(tmp_path, "one") == path_of(tmp_path, "r2")
    assert last_run_of(tmp_path, "three") is None
    assert last_run_of(tmp_path / "nowhere", "one") is None


def test_files_that_another_process_forgets_meanwhile_cost_nobody_theirs(tmp_path: Path) -> None:
    """What is listed may be gone a moment later, as here a link that leads nowhere."""
    (tmp_path / "gone.events.jsonl").symlink_to(tmp_path / "nowhere")
    path = leave(tmp_path, "r1")
    assert list(read_events(path)) == events()
    assert last_run_of(tmp_path, "w") == path


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full disk to lend")
def test_a_full_disk_ends_the_file_and_not_the_run(tmp_path: Path) -> None:
    file = EventFile(tmp_path, "r1", 20)
    file.close()
    file.path.unlink()
    file.path.symlink_to("/dev/full")
    full = EventFile(tmp_path, "r1", 20)
    full.write(events())
    full.write(events())
    full.close()
    assert full.lost


def test_a_folder_that_cannot_be_made_is_no_reason_to_fail(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file", "utf-8")
    file = EventFile(tmp_path / "runs", "r1", 20)
    file.write(events())
    file.close()
    assert file.lost


def test_the_last_event_is_found_without_reading_the_rest(tmp_path: Path) -> None:
    path = leave(tmp_path, "r1")
    assert last_event(path) == RunFinished(0.2, "done")
    started = RunStarted("r", "w", "n" * 20_000, "d", "now", ("a",))
    path.write_bytes(encode_lines([started, started]))
    assert last_event(path) == started
    path.write_bytes(path.read_bytes()[:-9])
    assert last_event(path) is None

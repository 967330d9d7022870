"""Saving where things go wrong for real: a full disk, a disk or folder that can't be written, a kill in the middle."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.kills import more, patient
from tests.faults.mounts import own_mounts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mounts, limits and signals of Linux")

# What every script begins with: two workflows, and a save that gives the code of what went wrong.
BEGIN = """
import json, os, random, resource, signal, subprocess, sys, time
from pathlib import Path
from app.adapters.backups import backups_of
from app.adapters.workflow_files import read_file, save_file
from app.document.problem import ProblemError
from app.document.workflow import Graph, Node, Workflow
from app.settings import folders

place = Path(sys.argv[1])
path = place / "mine.baton.json"
small = Workflow("w", "small")
large = Workflow("w", "large", graph=Graph({f"n{i}": Node(f"n{i}", "t", note="x" * 900) for i in range(200)}))

def save(workflow, stamp=None):
    try:
        saved = save_file(path, workflow, stamp, folders())
    except ProblemError as error:
        return [problem.code for problem in error.problems]
    return ["saved", *(problem.code for problem in saved.warnings)]

def state():
    return {"name": read_file(path).workflow.name, "files": sorted(file.name for file in place.iterdir())}
"""


def run(script: str, place: Path, *before: str) -> Any:
    done = subprocess.run(
        [*before, sys.executable, "-c", BEGIN + script, str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    script = """
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
print(json.dumps([save(small), save(large), state(), save(small), save(Workflow("w", "again")), state()]))
"""
    whole = {"name": "small", "files": ["mine.baton.json"]}
    again = {"name": "again", "files": ["mine.baton.json"]}
    assert run(script, tmp_path, *own_mounts()) == [
        ["saved"],
        ["file.no_room"],
        whole,
        ["saved"],
        ["saved"],
        again,
    ]


def test_a_read_only_disk_is_said_to_be_one(tmp_path: Path) -> None:
    script = """
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
first = save(small)
subprocess.run(["mount", "-o", "remount,ro", place], check=True)
print(json.dumps([first, save(large), state()]))
"""
    whole = {"name": "small", "files": ["mine.baton.json"]}
    assert run(script, tmp_path, *own_mounts()) == [["saved"], ["file.read_only_disk"], whole]


def test_a_full_disk_for_backups_does_not_stop_the_save(tmp_path: Path) -> None:
    script = """
first = save(large)
folders().state.mkdir(parents=True)
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folders().state], check=True)
print(json.dumps([first, save(small), state()["name"]]))
"""
    assert run(script, tmp_path, *own_mounts()) == [["saved"], ["saved", "file.no_backup"], "small"]


def test_a_limit_on_file_size_leaves_the_old_file_whole(tmp_path: Path) -> None:
    script = """
first = save(small)
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
print(json.dumps([first, save(large), state()]))
"""
    whole = {"name": "small", "files": ["mine.baton.json"]}
    assert run(script, tmp_path) == [["saved"], ["file.no_room"], whole]


def test_a_folder_without_permission_is_said_to_be_one(tmp_path: Path) -> None:
    # Root may write everywhere, unless this one power is taken from it.
    as_person = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search") if os.getuid() == 0 else ()
    if as_person and shutil.which("setpriv") is None:
        pytest.skip("root without setpriv")
    script = """
first = save(small)
place.chmod(0o500)
second = [save(large), state()]
place.chmod(0o700)
path.chmod(0)
try:
    read_file(path)
except ProblemError as error:
    third = [problem.code for problem in error.problems]
path.chmod(0o600)
print(json.dumps([first, *second, third]))
"""
    whole = {"name": "small", "files": ["mine.baton.json"]}
    expected = [["saved"], ["file.may_not_write"], whole, ["file.may_not_read"]]
    assert run(script, tmp_path, *as_person) == expected


@patient
def test_killed_at_any_moment_the_file_is_the_old_one_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDS", str(more(60)))
    script = """
save(small)
seen, left_behind = set(), 0
chance = random.Random(7)
for number in range(int(os.environ["ROUNDS"])):
    child = os.fork()
    if child == 0:
        while True:
            save(large)
            save(small)
    if number % 2:
        time.sleep(chance.uniform(0.002, 0.04))
    else:  # in the very moment between old and new
        while not any(name.endswith(".tmp") for name in os.listdir(place)):
            pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    opened = read_file(path)
    assert opened.workflow in (small, large)
    seen.add(opened.workflow.name)
    for backup in backups_of(folders(), path):
        assert read_file(backup).workflow in (small, large)
    for left in place.glob(".baton-*.tmp"):
        left_behind += 1
        left.unlink()
print(json.dumps({"seen": sorted(seen), "left_behind": left_behind, "last": save(Workflow("w", "last"))}))
"""
    outcome = run(script, tmp_path)
    assert outcome["seen"] == ["large", "small"]
    assert outcome["left_behind"] >= 10  # kills that struck in the middle of a save
    assert outcome["last"] == ["saved"]

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.file_locks import lock_file
from app.document.problem import ProblemError
from app.settings import Folders, folders

# Another process that holds the lock until its stdin closes or it is killed.
HOLDER = """
import sys
from pathlib import Path
from app.adapters.file_locks import lock_file
from app.settings import folders
lock = lock_file(folders(), Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
lock.release()
"""


@pytest.fixture
def where() -> Folders:
    return folders()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.baton.json"


def hold_elsewhere(path: Path) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_window_is_told_since_when(where: Folders, path: Path) -> None:
    first = lock_file(where, path)
    assert first is not None
    with pytest.raises(ProblemError) as refused:
        lock_file(where, path)
    (problem,) = refused.value.problems
    assert (problem.code, problem.args["name"]) == ("file.open_elsewhere", path.name)
    assert str(problem.args["since"])[:2] == "20"
    first.release()
    first.release()
    second = lock_file(where, path)
    assert second is not None
    second.release()
    assert list((where.state / "locks").iterdir()) == []


def test_another_way_to_write_the_path_is_the_same_file(where: Folders, path: Path) -> None:
    (path.parent / "sub").mkdir()
    first = lock_file(where, path)
    assert first is not None
    with pytest.raises(ProblemError):
        lock_file(where, path.parent / "sub" / ".." / path.name)
    first.release()


def test_another_process_holds_it_until_it_ends(where: Folders, path: Path) -> None:
    other = hold_elsewhere(path)
    with pytest.raises(ProblemError):
        lock_file(where, path)
    other.communicate()
    lock = lock_file(where, path)
    assert lock is not None
    lock.release()


def test_a_killed_process_holds_nothing(where: Folders, path: Path) -> None:
    other = hold_elsewhere(path)
    other.kill()
    other.communicate()
    assert len(list((where.state / "locks").iterdir())) == 1  # what it left behind
    lock = lock_file(where, path)
    assert lock is not None
    lock.release()


def test_many_processes_never_hold_it_at_once(path: Path, tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from app.adapters.file_locks import lock_file
from app.document.problem import ProblemError
from app.settings import folders
mark = Path(sys.argv[2])
got = 0
while got < 40:
    try:
        lock = lock_file(folders(), Path(sys.argv[1]))
    except ProblemError:
        continue
    mark.touch(exist_ok=False)  # fails where another one is in here
    mark.unlink()
    lock.release()
    got += 1
"""
    others = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(tmp_path / "inside")]) for _ in range(3)
    ]
    assert [other.wait(60) for other in others] == [0, 0, 0]


def test_where_no_lock_can_be_kept_nobody_is_stopped(where: Folders, path: Path) -> None:
    where.state.parent.mkdir(parents=True, exist_ok=True)
    where.state.write_text("a file where the folder should be")
    assert lock_file(where, path) is None

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters.recovery import RecoveryCopy, discard_recovery, list_recoveries
from app.document.workflow import Graph, Node, Workflow
from app.settings import Folders, folders

# A window that dies with unsaved work.
WINDOW = """
import os, sys
from pathlib import Path
from app.adapters.recovery import RecoveryCopy
from app.document.workflow import Workflow
from app.settings import folders
copy = RecoveryCopy(folders())
copy.write(Path(sys.argv[1]) if len(sys.argv) > 1 else None, Workflow("w", "Unsaved 未保存"))
print(copy.key, flush=True)
os._exit(9)
"""


@pytest.fixture
def where() -> Folders:
    return folders()


def crash(*args: str) -> str:
    died = subprocess.run([sys.executable, "-c", WINDOW, *args], capture_output=True, text=True, check=False)
    assert died.returncode == 9, died.stderr
    return died.stdout.strip()


def test_work_of_a_crashed_window_is_found(where: Folders, tmp_path: Path) -> None:
    path = tmp_path / "mine.baton.json"
    key = crash(str(path))
    (found,) = list_recoveries(where)
    assert (found.key, found.path, found.workflow.name) == (key, path, "Unsaved 未保存")
    discard_recovery(where, key)
    assert list_recoveries(where) == ()


def test_work_that_never_had_a_file_is_found_too(where: Folders) -> None:
    crash()
    assert [found.path for found in list_recoveries(where)] == [None]


def test_a_living_windows_copy_is_nobody_elses(where: Folders) -> None:
    copy = RecoveryCopy(where)
    copy.write(None, Workflow("w", "Mine"))
    assert list_recoveries(where) == ()
    copy.close()
    assert list((where.state / "recovery").iterdir()) == []


def test_what_is_saved_needs_no_copy(where: Folders) -> None:
    copy = RecoveryCopy(where)
    copy.write(None, Workflow("w", "Mine"))
    copy.discard()
    copy.discard()
    assert not list((where.state / "recovery").glob("*.json"))
    copy.close()


def test_the_newest_comes_first_and_broken_ones_are_left_out(where: Folders) -> None:
    crash()
    folder = where.state / "recovery"
    (copy,) = folder.glob("*.json")
    older = copy.read_text("utf-8").replace('"at": "2', '"at": "1')
    (folder / "older.json").write_text(older, "utf-8")
    (folder / "broken.json").write_text("{", "utf-8")
    (folder / "list.json").write_text("[1]", "utf-8")
    (folder / "wrong.json").write_text('{"path": 3, "at": 4, "workflow": 5}', "utf-8")
    assert [found.key for found in list_recoveries(where)] == [copy.stem, "older"]


def test_no_key_gets_into_a_copy(where: Folders) -> None:
    key = "sk-" + "abcdefgh1234567890"
    graph = Graph({"a": Node("a", "t", fields={"headers": [{"name": "X", "value": key}], "prompt": "kept"})})
    copy = RecoveryCopy(where)
    copy.write(None, Workflow("w", "", graph=graph))
    (file,) = (where.state / "recovery").glob("*.json")
    content = file.read_text("utf-8")
    assert key not in content
    assert "kept" in content
    copy.close()


def test_nothing_to_recover(where: Folders) -> None:
    assert list_recoveries(where) == ()

"""What a program writes is seen, whatever call it takes and whatever the path looks like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import file_traces
import pytest

pytestmark = pytest.mark.skipif(bool(file_traces.why_not()), reason=file_traces.why_not() or "-")

# In a child of the program, and relative to where it stands.
WRITES = """
import os, subprocess, sys
open("文 ü \\"quoted\\".txt", "w").close()
os.mkdir("made")
os.chdir("made")
os.symlink("/nowhere", "link")
open("gone", "w").close()
os.rename("gone", os.environ["ELSEWHERE"] + "/moved")
os.unlink(os.environ["ELSEWHERE"] + "/moved")
subprocess.run([sys.executable, "-c", "open('of a child', 'w').close()"])
open("/dev/null", "w").close()
open(os.environ["ELSEWHERE"] + "/read").close()
try:
    open("/no/such/folder/x", "w")
except OSError:
    pass
"""


def test_every_way_to_write_is_seen(tmp_path: Path) -> None:
    home, elsewhere, logs = tmp_path / "home", tmp_path / "elsewhere", tmp_path / "logs"
    for folder in (home, elsewhere, logs):
        folder.mkdir()
    (elsewhere / "read").touch()
    command = [*file_traces.tracer(logs), sys.executable, "-c", WRITES]
    environment = {"ELSEWHERE": str(elsewhere), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=home, env=environment, check=True, timeout=100)
    trace = file_traces.read_trace(logs, home)
    by_name = {
        Path("made"),
        Path("link"),
        Path("gone"),
    }  # of calls that tell no folder, after it went elsewhere
    assert trace.written - {Path("/dev/null")} == {
        home / '文 ü "quoted".txt',
        *(home / "made" / name for name in ("gone", "of a child")),
        elsewhere / "moved",
        *by_name,
    }
    assert elsewhere / "read" in trace.read
    assert set(file_traces.outside(trace.written, [home])) == {elsewhere / "moved", *by_name}


def test_where_nobody_went_elsewhere_names_are_whole(tmp_path: Path) -> None:
    home, logs = tmp_path / "home", tmp_path / "logs"
    for folder in (home, logs):
        folder.mkdir()
    command = [*file_traces.tracer(logs), sys.executable, "-c", "import os; os.mkdir('made')"]
    subprocess.run(command, cwd=home, check=True, timeout=100)
    trace = file_traces.read_trace(logs, home)
    assert home / "made" in trace.written
    assert file_traces.outside(trace.written, [home]) == []

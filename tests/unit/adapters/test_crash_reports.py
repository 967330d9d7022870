"""What a fault leaves behind, and what it must not leave: real processes, real signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.adapters import crash_reports

ROOT = Path(__file__).parents[3]
KEY = "sk-proj-ABCDEFGHIJKLMNOP1234567890"
SECRET = "The merger with Contoso is off"

BEGIN = """
import os, sys, threading
from pathlib import Path
from app.adapters import crash_reports

logs = Path(sys.argv[1])
crash_reports.watch(logs, "engine-host")
"""


def die(logs: Path, how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + how, str(logs)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_fault_leaves_its_kind_its_lines_and_nothing_that_a_person_wrote(tmp_path: Path) -> None:
    died = die(
        tmp_path,
        f"""
def answer(prompt):
    raise ValueError(prompt)
try:
    answer({SECRET!r} + {KEY!r})
except ValueError as error:
    raise KeyError({KEY!r}) from error
""",
    )
    assert died.returncode == 1
    assert "KeyError" in died.stderr, "the terminal sees it as ever"
    (report,) = crash_reports.reports(tmp_path)
    told = crash_reports.read(report)
    assert "builtins.KeyError" in told
    assert "caused by" in told
    assert "builtins.ValueError" in told
    assert "in answer" in told
    assert told.startswith("Baton 0.")
    for hidden in (SECRET, KEY, str(Path.home()) + os.sep):
        assert hidden not in told


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("None.nothing", "'NoneType' object has no attribute 'nothing'"),
        ("open('/no/such/person.csv')", "No such file or directory"),
    ],
)
def test_words_about_code_are_kept(tmp_path: Path, how: str, words: str) -> None:
    die(tmp_path, how)
    told = crash_reports.read(crash_reports.reports(tmp_path)[0])
    assert words in told
    assert "person.csv" not in told.split("Traceback")[0].split("File")[0]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT"])
def test_a_fatal_signal_leaves_a_report_that_the_next_start_finds(tmp_path: Path, name: str) -> None:
    died = die(tmp_path, f"import signal; os.kill(os.getpid(), signal.{name})")
    assert died.returncode == -getattr(signal, name)
    assert len(crash_reports.unseen(tmp_path)) == 1
    assert die(tmp_path, "").returncode == 0, "the next start"
    (report,) = crash_reports.unseen(tmp_path)
    assert report.suffix == ".txt"
    told = crash_reports.read(report)
    assert "Fatal Python error" in told
    assert told.startswith("Baton 0.")
    crash_reports.seen(tmp_path)
    assert crash_reports.unseen(tmp_path) == []
    assert crash_reports.reports(tmp_path) == [report]


@pytest.mark.parametrize("how", ["", "sys.exit(3)", "os._exit(0)", "raise KeyboardInterrupt"])
def test_an_end_without_a_fault_leaves_nothing(tmp_path: Path, how: str) -> None:
    die(tmp_path, how)
    assert crash_reports.reports(tmp_path) == []


def test_a_fault_in_a_thread_is_reported(tmp_path: Path) -> None:
    die(tmp_path, "t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join()")
    assert "ZeroDivisionError" in crash_reports.read(crash_reports.reports(tmp_path)[0])


def test_the_newest_ten_are_kept(tmp_path: Path) -> None:
    for number in range(14):
        path = crash_reports.report(tmp_path, f"p{number}", ValueError())
        assert path is not None
        os.utime(path, ns=(number, number))
    names = [path.name.partition("-")[0] for path in crash_reports.reports(tmp_path)]
    assert names == [f"p{number}" for number in range(13, 3, -1)]


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert die(blocked, "print('on')").stdout == "on\n"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/maria/x.py", "/home/…/x.py"),
        ("/Users/maria/x.py", "/Users/…/x.py"),
        ("C:\\Users\\maria\\x.py", "C:\\Users\\…\\x.py"),
        ("HOME/baton/x.py", "~/baton/x.py"),
    ],
)
def test_names_of_persons_in_paths_are_hidden(path: str, shown: str) -> None:
    path = path.replace("HOME", str(Path.home()))
    assert crash_reports.without_places(f'File "{path}", line 3') == f'File "{shown}", line 3'

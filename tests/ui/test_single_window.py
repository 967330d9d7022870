"""One window for a profile, whoever starts it again, however the last one ended, whatever comes in at its socket."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.ui.single_window import FilesFromSystem, SingleWindow, address

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000

# Starts as the program does: hands over and ends with 7, or is the window and says so.
START = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.single_window import SingleWindow

app = QCoreApplication([])
single = SingleWindow(Path(sys.argv[1]))
if single.hand_over(sys.argv[2:]):
    sys.exit(7)
single.serve(lambda files: print(*files, sep=",", flush=True))
print("window", flush=True)
app.exec()
"""


def start(state: Path, *files: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", START, str(state), *files],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        cwd=state.parent,
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state ü"
    folder.mkdir()
    return folder


@pytest.fixture
def taken() -> list[list[Path]]:
    return []


@pytest.fixture
def window(state: Path, taken: list[list[Path]], qapp: QApplication) -> Iterator[SingleWindow]:
    single = SingleWindow(state)
    assert not single.hand_over([])
    single.serve(lambda files: taken.append(list(files)))
    yield single
    single.end()


@pytest.mark.usefixtures("window")
def test_a_second_start_hands_its_file_to_the_window_and_ends(
    state: Path, taken: list[list[Path]], qtbot: QtBot
) -> None:
    with start(state, "mine.baton.json") as second:
        qtbot.waitUntil(lambda: second.poll() is not None, timeout=PATIENCE)
    assert second.returncode == 7
    assert taken == [[state.parent / "mine.baton.json"]]
    with start(state) as third:
        qtbot.waitUntil(lambda: third.poll() is not None, timeout=PATIENCE)
    assert taken[1:] == [[]], "without a file the window is only shown"


def test_of_many_starts_at_one_moment_one_becomes_the_window(state: Path) -> None:
    starts = [start(state, f"{number}.baton.json") for number in range(6)]
    try:
        windows = [one for one in starts if one.stdout is not None and one.stdout.readline() == "window\n"]
        assert len(windows) == 1
        assert sorted(one.wait(60) for one in starts if one not in windows) == [7] * 5
        assert windows[0].stdout is not None
        seen = {windows[0].stdout.readline() for _ in range(5)}
        assert len(seen) == 5
    finally:
        for one in starts:
            one.kill()
            one.communicate()


def test_what_a_killed_window_left_is_taken_over(state: Path) -> None:
    for _ in range(2):
        with start(state) as one:
            assert one.stdout is not None
            assert one.stdout.readline() == "window\n"
            one.send_signal(signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place in a folder")
@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"{}\n",
        b"[1]\n",
        b'["relative.json"]\n',
        b'["/a\\u0000b"]\n',
        b"[" + b'"/a",' * 30 + b'"/a"]\n',
        b"[" * 30_000 + b"\n",
        b"a" * 200_000,
        b"\xff\xfe\n",
    ],
)
@pytest.mark.usefixtures("window")
def test_anything_else_at_the_socket_is_hung_up_on(
    line: bytes, state: Path, taken: list[list[Path]], qtbot: QtBot
) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(address(state))
        other.setblocking(False)
        sent = other.send(line)
        over = False

        def hung_up() -> bool:
            nonlocal sent, over
            try:
                sent += other.send(line[sent:]) if sent < len(line) else 0
                over = over or other.recv(10) == b""
            except BlockingIOError:
                pass
            except OSError:
                over = True
            return over

        qtbot.waitUntil(hung_up, timeout=PATIENCE)
    assert taken == []
    with socket.socket(socket.AF_UNIX) as other:
        other.connect(address(state))
        other.sendall(b'["/work.baton.json"]\n')
        qtbot.waitUntil(lambda: taken == [[Path("/work.baton.json")]], timeout=PATIENCE)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes have no place in a folder")
@pytest.mark.usefixtures("window")
def test_nobody_else_may_open_the_socket(state: Path) -> None:
    assert Path(address(state)).stat().st_mode & 0o077 == 0


def test_a_profile_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    assert len(os.fsencode(address(tmp_path / ("long" * 40)))) < 104


def test_a_file_from_the_system_is_opened(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    taken: list[list[Path]] = []
    widget = QWidget()
    qtbot.addWidget(widget)
    FilesFromSystem(widget, lambda files: taken.append(list(files)))
    QApplication.sendEvent(QApplication.instance(), QFileOpenEvent(QUrl.fromLocalFile("/a b.baton.json")))
    assert taken == [[Path("/a b.baton.json")]]

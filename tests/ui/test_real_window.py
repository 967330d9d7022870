"""The main job in the real window, by mouse and keyboard alone, checked from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage

from app.document.json_codec import read
from app.events.run_events import RunFinished
from tests.ui.desktop import MISSING, ROOT, Desktop, difference

# Where things stand in a window of this size; the library and the cards have fixed measures.
LIBRARY_ASK, LIBRARY_CHEAP = (100, 206), (100, 334)
FIRST, SECOND = (420, 300), (800, 300)  # where cards are dropped: the middle of their heads
PORT = (108, 42)  # from there to the first output; to the first input it is -108
PROMPT = (1730, 290)
EMPTY = (1000, 650)
MESSAGE, RUN = (948, 480), (1158, 657)  # in the form that opens in the middle
TITLE = QRect(60, 8, 160, 26)
CARD, LINK, FIELD, FORM = (180, 24), (60, 12), (200, 30), (300, 200)  # of what is looked at, in pixels
WORDS = "Say hello to {{text}} in three words."

pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    folder = tmp_path / "screen"
    folder.mkdir()
    screen = Desktop(folder)
    yield screen
    screen.close()


def around(place: tuple[int, int], width: int, height: int) -> QRect:
    return QRect(place[0] - width // 2, place[1] - height // 2, width, height)


def write(desktop: Desktop, field: tuple[int, int], words: str) -> None:
    """Whatever stood in the field before."""
    desktop.click(field)
    desktop.keys("ctrl+a")
    desktop.type(words)


def test_two_steps_are_dragged_in_joined_run_and_saved(desktop: Desktop, tmp_path: Path, home: Path) -> None:
    file = tmp_path / "hello.baton.json"
    desktop.start()
    desktop.see(TITLE, lambda: desktop.keys("ctrl+n"))
    desktop.see(around(FIRST, *CARD), lambda: desktop.drag(LIBRARY_ASK, FIRST))
    desktop.see(around(SECOND, *CARD), lambda: desktop.drag(LIBRARY_CHEAP, SECOND))
    port, other = (FIRST[0] + PORT[0], FIRST[1] + PORT[1]), (SECOND[0] - PORT[0], SECOND[1] + PORT[1])
    middle = ((port[0] + other[0]) // 2, (port[1] + other[1]) // 2)
    desktop.see(around(middle, *LINK), lambda: desktop.drag(port, other))
    desktop.see(around(PROMPT, *FIELD), lambda: write(desktop, PROMPT, WORDS))
    desktop.click(EMPTY)
    desktop.open_window("ctrl+s", "Save as")
    desktop.type(str(file))
    desktop.keys("Return")
    desktop.wait_for(file.exists)
    desktop.bring_to_front()

    workflow = read(file.read_bytes()).workflow
    by_type = {node.type: node for node in workflow.graph.nodes.values()}
    assert set(by_type) == {"intent.ask", "model.text"}
    assert by_type["model.text"].fields["prompt"] == WORDS, desktop.report()
    ends = [(e.source.node, e.source.port, e.target.node, e.target.port) for e in workflow.graph.edges]
    assert ends == [(by_type["intent.ask"].id, "message", by_type["model.text"].id, "text")]

    chips = QRect(SECOND[0] - 100, SECOND[1] + 58, 200, 70)  # below the ports of the second card
    before = desktop.picture(chips)
    desktop.see(around(MESSAGE, *FORM), lambda: desktop.keys("ctrl+Return"))
    desktop.see(around(MESSAGE, *FIELD), lambda: write(desktop, MESSAGE, "the world"))
    desktop.see(around(MESSAGE, *FORM), lambda: desktop.click(RUN))
    runs = home / "baton" / "data" / "runs"
    finished = desktop.wait_for(lambda: _finished(runs), 300)
    desktop.wait_for(lambda: difference(before, desktop.picture(chips)) > 1)
    desktop.settle()

    called = [event for event in finished if event["event"] == "ModelCalled"]
    assert called
    assert called[0]["usage"]["input"] > 0
    assert called[0]["usage"]["output"] > 0
    after = desktop.picture(chips)

    drawn = tmp_path / "drawn.png"
    render = [
        sys.executable,
        "-m",
        "app",
        "render",
        str(file),
        "--run",
        "last",
        "--scale",
        "1",
        "--out",
        str(drawn),
    ]
    subprocess.run(render, cwd=ROOT, check=True, timeout=120)
    assert _stands_in(after, QImage(str(drawn)))


def _finished(runs: Path) -> list[dict]:
    """The events of the one run, once it is over."""
    for path in runs.glob("*.events.jsonl"):
        events = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if events and events[-1]["event"] == RunFinished.__name__:
            assert events[-1]["status"] == "done"
            return events
    return []


def _stands_in(part: QImage, whole: QImage) -> bool:
    """Whether the same picture stands somewhere in another one; the eye's tolerance, not the pixel's."""
    # The rows of a card's chips differ enough from all else that a coarse search finds them.
    for y in range(whole.height() - part.height()):
        for x in range(whole.width() - part.width()):
            if _alike(part, whole, x, y):
                return difference(part, whole.copy(x, y, part.width(), part.height())) < 2
    return False


def _alike(part: QImage, whole: QImage, x: int, y: int) -> bool:
    """A quick look at a few points."""
    for i in range(0, part.width(), 17):
        for j in range(3, part.height(), 13):
            a, b = part.pixelColor(i, j), whole.pixelColor(x + i, y + j)
            if abs(a.red() - b.red()) + abs(a.green() - b.green()) + abs(a.blue() - b.blue()) > 40:
                return False
    return True

"""Garbage is cleared on Qt's own thread, whoever makes it."""

from __future__ import annotations

from tests.ui.own_process import ended

# Objects that nobody has any more, their timers running, and a thread that makes so much that Python would look.
PROGRAM = """
import threading, weakref
from PySide6.QtCore import QObject
from PySide6.QtTest import QTest
from app.settings import folders
from app.ui.application import make_application

application = make_application(folders())
gone = []

def leave():
    scene = QObject()
    scene.startTimer(1)
    scene.itself = scene
    weakref.finalize(scene, lambda: gone.append(threading.current_thread() is threading.main_thread()))

for _ in range(20):
    leave()
kept = []  # what was let go again doesn't count
worker = threading.Thread(target=lambda: kept.extend([] for _ in range(200_000)))
worker.start()
worker.join()
while len(gone) < 20:
    QTest.qWait(20)
print(all(gone))
"""


def test_another_thread_deletes_nothing_of_qt() -> None:
    assert ended(PROGRAM) == (0, "True\n", "")

"""What every test of the window leaves behind: nothing that the next one would see."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.ui.appearance import appearance
from app.ui.application import delete_windows


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """Waits for a minute before it gives up, instead of five seconds: machines are busy at times."""
    for name in ("waitUntil", "waitExposed", "waitActive", "waitSignal"):
        setattr(qtbot, name, partial(getattr(qtbot, name), timeout=60_000))
    return qtbot


@pytest.fixture(autouse=True)
def moving_as_the_system_says() -> Iterator[None]:
    """Windows under test stand still; the canvas tests that follow in the same process must not."""
    yield
    if QGuiApplication.instance() is not None:
        appearance().set_reduced_motion(None)


@pytest.fixture(autouse=True)
def no_window_left() -> Iterator[None]:
    """Windows go with their test, as they go with the program."""
    yield
    if isinstance(QApplication.instance(), QApplication):
        delete_windows()

"""What every test of the window leaves behind: nothing that the next one would see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication

from app.ui.appearance import appearance


@pytest.fixture(autouse=True)
def moving_as_the_system_says() -> Iterator[None]:
    """Windows under test stand still; the canvas tests that follow in the same process must not."""
    yield
    if QGuiApplication.instance() is not None:
        appearance().set_reduced_motion(None)

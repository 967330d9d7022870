"""The shown main window with its engine, as the tests of the window have it."""

from __future__ import annotations

from tests.ui.window.conftest import desk, live, loop

__all__ = ["desk", "live", "loop"]

"""What every test gets: a profile of its own, a screen that nobody sees, and one language."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

# Before anything imports Qt. A test that needs a real window starts its own X server and child process.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_SCALE_FACTOR"] = "1"
os.environ["QT_FONT_DPI"] = "96"
os.environ["LC_ALL"] = "C.UTF-8"
os.environ.pop("LANGUAGE", None)
# Containers often ask that no bytecode is kept. Each of the hundreds of programs that tests start would then compile
# all of Baton for itself, which takes longer than most of what they are started for.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A busy machine is no reason to fail: pytest's own time limit ends what hangs. And laws meet the same examples on every
# machine, so that what fails on one fails on all; `make laws` draws others.
settings.register_profile(
    "fixed", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("drawn", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("BATON_EXAMPLES", "fixed"))


def pytest_collection_finish() -> None:
    """Everything that is loaded by now stays to the end: no search for garbage has to go through it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """Qt's application. From now on no thread that a test makes clears away what an earlier test left of Qt."""
    gc.disable()
    return qapp


def pytest_runtest_logfinish() -> None:
    """Clears garbage between two tests, when the windows are gone."""
    if not gc.isenabled():
        from app.ui.garbage import collect_what_is_due

        collect_what_is_due()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what long tests have counted, which they keep as their property "counted"."""
    for report in [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]:
        for name, value in report.user_properties:
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(str(value))


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that stands for the person's home; Baton's profile is `home / "baton"`.

    Nothing of the person who runs the tests is reachable: no settings, no key store, no key.
    """
    folder = tmp_path_factory.mktemp("home")
    for name in os.environ:
        if name.startswith(("BATON_", "XDG_")) or name.endswith("_API_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("BATON_HOME", str(folder / "baton"))
    return folder

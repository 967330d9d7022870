"""A shown main window on an event loop of its own, with and without its engine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, TypeVar

import pytest
import qasync
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox

from app import texts
from app.registry.discovery import discover
from app.settings import folders
from app.ui.appearance import appearance
from app.ui.application import end_tasks
from app.ui.engine_link import EngineLink
from app.ui.kept_preferences import KeptPreferences
from app.ui.main_window import MainWindow
from app.ui.viewing import apply_appearance
from tests.ui.canvas.conftest import Hand

T = TypeVar("T")


class Desk:
    """The window and a person at it. `run` lets time pass until a coroutine of the test is through."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self.window = self.open_window()

    def open_window(self) -> MainWindow:
        """Another window of the same profile, as a second start of the program makes one."""
        preferences = KeptPreferences(folders())
        apply_appearance(preferences)
        appearance().set_reduced_motion(True)
        window = MainWindow(discover(), preferences, EngineLink())
        window.resize(1600, 1000)
        window.show()
        window.show_work()
        window.activateWindow()
        QApplication.processEvents()
        return window

    @property
    def hand(self) -> Hand:
        return Hand(self.window.canvas)

    def run(self, work: Awaitable[T]) -> T:
        return run_on(self._loop, work)

    def wait(
        self, condition: Callable[[], object], seconds: float = 120.0, why: str = "waited in vain"
    ) -> None:
        """Lets time pass until a condition holds."""
        self.run(until(condition, seconds, why))

    def trigger(self, action: str) -> None:
        """Uses an action once it is possible, as its key or menu entry does, and lets it end."""
        made = self.window.action_set[action]

        async def press() -> None:
            made.trigger()
            await asyncio.sleep(0)

        self.wait(made.isEnabled, why=f"{action} is not possible")
        self.run(press())

    def answer(self, words: str) -> None:
        """Presses the button with these words in the question that is shown, or soon will be."""

        def button() -> QAbstractButton | None:
            boxes = [box for box in self.window.findChildren(QMessageBox) if box.isVisible()]
            return next((b for box in boxes for b in box.buttons() if b.text() == words), None)

        self.wait(lambda: button() is not None)
        found = button()
        assert found is not None
        self.run(pressed(found))

    def close(self) -> None:
        """Ends whatever the window has started."""
        if self.window.link.state != "off":
            self.run(self.window.link.end())
        self.window.files.close()
        self.window.hide()
        self.window.deleteLater()
        QApplication.processEvents()


def run_on(loop: Any, work: Awaitable[T]) -> T:
    """Lets a loop run until something is done. qasync's `run_until_complete` handles events after the loop's end,
    where nothing may be awaited; in the program, the loop runs whenever Qt handles an event.
    """
    asyncio._set_running_loop(None)
    task = asyncio.ensure_future(work, loop=loop)
    task.add_done_callback(lambda _: loop.stop())
    try:
        loop.run_forever()
    finally:
        asyncio._set_running_loop(loop)
    return task.result()


async def until(condition: Callable[[], object], seconds: float = 120.0, why: str = "waited in vain") -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, why
        await asyncio.sleep(0.01)


async def pressed(button: QAbstractButton) -> None:
    button.click()
    await asyncio.sleep(0)


@pytest.fixture
def loop(qapp: QApplication) -> Iterator[Any]:
    made = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(made)
    asyncio._set_running_loop(made)
    yield made
    run_on(made, end_tasks())
    asyncio._set_running_loop(None)
    made.close()
    asyncio.set_event_loop(None)


@pytest.fixture
def desk(loop: Any) -> Iterator[Desk]:
    appearance().set_mode("dark")
    made = Desk(loop)
    yield made
    made.close()
    texts.set_language("en")


@pytest.fixture
def live(desk: Desk) -> Desk:
    """With its engine."""
    desk.run(_started(desk))
    return desk


async def _started(desk: Desk) -> None:
    desk.window.link.start()
    await until(lambda: desk.window.link.state == "ready")

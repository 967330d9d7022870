"""Awaiting: a widget asks for something slow and is told when it is there, as long as it lives."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog

from app.document.problem import Problem, ProblemError

T = TypeVar("T")
Problems = tuple[Problem, ...]


class Awaiting(QObject):
    """Child of the widget that waits: with it, everything under way is cancelled."""

    def __init__(self, owner: QObject) -> None:
        super().__init__(owner)
        self._tasks: set[asyncio.Task[None]] = set()
        tasks = self._tasks  # the object itself is gone when `destroyed` tells
        owner.destroyed.connect(lambda: [task.cancel() for task in tuple(tasks)])

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._tasks)

    def start(
        self,
        work: Coroutine[Any, Any, T],
        done: Callable[[T], object],
        failed: Callable[[Problems], object],
    ) -> asyncio.Task[None]:
        """Runs `work` and then `done` with its result, or `failed` with the Problems that it raised."""
        # A timer may fire while the loop stands still; the work then begins when it goes on.
        task = asyncio.get_event_loop().create_task(_finish(work, done, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step leaves the work unstarted, of which Python would complain.
        task.add_done_callback(lambda _: work.close())
        return task

    def cancel(self) -> None:
        """Drops everything under way; neither `done` nor `failed` will be called."""
        for task in tuple(self._tasks):
            task.cancel()


async def until_closed(dialog: QDialog) -> None:
    """Opens a dialog over its window and waits for its end, whatever that is; a cancelled wait closes it."""
    ended, gone = asyncio.Event(), asyncio.Event()
    dialog.finished.connect(ended.set)
    dialog.destroyed.connect(gone.set)  # with its window
    dialog.open()
    try:
        await ended.wait()
    finally:
        if not gone.is_set():
            dialog.hide()
            dialog.deleteLater()


async def _finish(
    work: Coroutine[Any, Any, T], done: Callable[[T], object], failed: Callable[[Problems], object]
) -> None:
    try:
        result = await work
    except ProblemError as refused:
        failed(refused.problems)
    except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a form waiting for ever
        sys.excepthook(type(error), error, error.__traceback__)
        failed((Problem("engine.fault", args={"kind": type(error).__name__}),))
    else:
        done(result)

"""Opening: carries what menus, start page and command line ask of files to where it is done, and shows the result."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.document.problem import Problem
from app.texts import text
from app.ui.awaiting import Awaiting
from app.ui.open_and_save import OpenAndSave
from app.ui.plain import tooltip, visible
from app.ui.welcome.first_step import FirstStep
from app.ui.welcome.start_page import StartPage


class Opening(QObject):
    """`opened`: another document stands in the session and wants to be seen. `refused` carries Problems."""

    opened = Signal()
    refused = Signal(object)

    def __init__(self, files: OpenAndSave, start: StartPage, first: FirstStep, window: QWidget) -> None:
        super().__init__(window)
        self._files = files
        self._start, self._first = start, first
        self._lost: frozenset[Path] = frozenset()
        self._awaiting = Awaiting(self)
        for page in (start, first):
            page.example.connect(self.example)
            page.file.connect(self.recent)
        start.open.connect(self.some)
        files.recent_changed.connect(self._show_recent)
        first.show_recent(files.recent())

    def new(self) -> None:
        self._begin(self._files.new())

    def some(self) -> None:
        """A file that the person picks."""
        self._begin(self._files.open_some())

    def file(self, path: Path) -> None:
        self._begin(self._files.open(path))

    def recent(self, path: Path) -> None:
        """A file that was open lately; where it isn't there any more, the person can show where it is."""
        self._begin(self._files.open_recent(path))

    def look_for_lost(self) -> None:
        """Which of the recent files are still there; disks may take their time to say so."""
        self._awaiting.start(self._files.lost_recent(), self._show_lost, _nothing)

    def example(self, path: Path) -> None:
        self._begin(self._files.open_example(path))

    def save(self) -> None:
        self._awaiting.start(self._files.save(), _nothing, self._refuse)

    def save_as(self) -> None:
        self._awaiting.start(self._files.save_as(), _nothing, self._refuse)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of files do, by their ids."""
        return {
            "file.new": self.new,
            "file.open": self.some,
            "file.save": self.save,
            "file.save_as": self.save_as,
        }

    def fill_recent(self, menu: QMenu) -> None:
        """One line a recent file; one that isn't there any more is grey, and the line below it finds it."""
        menu.clear()
        for path in self._files.recent():
            action = menu.addAction(visible(path.name).replace("&", "&&"))
            action.setToolTip(tooltip(str(path)))
            if path in self._lost:
                action.setEnabled(False)
                action = menu.addAction(text("start.recent.find"))
            action.triggered.connect(partial(self.recent, path))
        menu.setEnabled(not menu.isEmpty())

    def _show_lost(self, lost: frozenset[Path]) -> None:
        self._lost = lost
        self._start.show_lost(lost)
        self._first.show_recent([path for path in self._files.recent() if path not in lost])

    def _show_recent(self) -> None:
        """The list is another one now."""
        self._start.show_recent(self._files.recent(), self._lost)
        self._first.show_recent([path for path in self._files.recent() if path not in self._lost])

    def _begin(self, work: Coroutine[Any, Any, bool]) -> None:
        self._awaiting.start(work, self._done, self._refuse)

    def _done(self, opened: bool) -> None:
        if opened:
            self.opened.emit()

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(problems)


def _nothing(_: object) -> None:
    """The result shows by itself."""

"""Opening: carries what menus, start page and command line ask of files to where it is done, and shows the result."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.document.problem import Problem
from app.ui.awaiting import Awaiting
from app.ui.open_and_save import OpenAndSave
from app.ui.plain import tooltip, visible
from app.ui.welcome.start_page import StartPage


class Opening(QObject):
    """`opened`: another document stands in the session and wants to be seen. `refused` carries Problems."""

    opened = Signal()
    refused = Signal(object)

    def __init__(self, files: OpenAndSave, start: StartPage, window: QWidget) -> None:
        super().__init__(window)
        self._files = files
        self._awaiting = Awaiting(self)
        start.example.connect(self.example)
        start.file.connect(self.file)
        start.new.connect(self.new)
        start.open.connect(self.some)

    def new(self) -> None:
        self._begin(self._files.new())

    def some(self) -> None:
        """A file that the person picks."""
        self._begin(self._files.open_some())

    def file(self, path: Path) -> None:
        self._begin(self._files.open(path))

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
        """One line a recent file."""
        menu.clear()
        for path in self._files.recent():
            action = menu.addAction(visible(path.name).replace("&", "&&"))
            action.setToolTip(tooltip(str(path)))
            action.triggered.connect(partial(self.file, path))
        menu.setEnabled(not menu.isEmpty())

    def _begin(self, work: Coroutine[Any, Any, bool]) -> None:
        self._awaiting.start(work, self._done, self._refuse)

    def _done(self, opened: bool) -> None:
        if opened:
            self.opened.emit()

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(problems)


def _nothing(_: object) -> None:
    """The result shows by itself."""

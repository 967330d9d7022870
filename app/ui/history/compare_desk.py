"""The compare desk: two runs of the open workflow, asked of the engine and put side by side on the Compare page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.document.problem import Problem
from app.executor.journal import RunLine
from app.registry.registry import Registry
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.history.archive import Archive, PastRun
from app.ui.problem_words import in_short
from app.ui.session import Session
from app.ui.strips import Strip

if TYPE_CHECKING:
    from app.ui.history.compare_page import ComparePage


class CompareDesk(QObject):
    """`show` opens with two runs, with one and the latest other, or with the latest two."""

    run_wanted = Signal()  # of the open workflow, which has too few

    def __init__(self, main: Session, registry: Registry, link: EngineLink, window: QWidget) -> None:
        super().__init__(window)
        self._main = main
        self._specs = registry.get
        self._archive = Archive(link)
        self._awaiting = Awaiting(self)
        self._workflow = ""

    @cached_property
    def page(self) -> ComparePage:
        """Made when somebody turns to it."""
        from app.ui.history.compare_page import ComparePage

        page = ComparePage(self._specs, self._archive)
        page.wanted.connect(self._open)
        page.empty.pressed.connect(self.run_wanted)
        return page

    def show(self, left: str = "", right: str = "") -> None:
        """The page has been turned to: which runs there are is asked for anew."""
        if not left and self._workflow == self._main.workflow.id:
            left, right = self.page.picked
        self._workflow = self._main.workflow.id
        self._awaiting.cancel()
        self.page.strips.drop("said")
        listed = partial(self._listed, left, right)
        self._awaiting.start(self._archive.lines(self._workflow), listed, self._refuse)

    def _listed(self, left: str, right: str, lines: Sequence[RunLine]) -> None:
        runs = [line.run for line in lines]
        right = right if right in runs else next((run for run in runs if run != left), "")
        left = left if left in runs else next((run for run in runs if run != right), "")
        if not left or not right:
            self.page.forget()
        self.page.show_lines(lines, left, right)
        if left and right:
            self._open(left, right)

    def _open(self, left: str, right: str) -> None:
        self._awaiting.cancel()
        self.page.strips.drop("said")
        self._awaiting.start(self._both(left, right), self._opened, self._refuse)

    async def _both(self, left: str, right: str) -> tuple[PastRun, PastRun]:
        one = await self._archive.open(left)
        return one, one if left == right else await self._archive.open(right)

    def _opened(self, runs: tuple[PastRun, PastRun]) -> None:
        self.page.show_runs(*runs)

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        strip = Strip("circle-alert", "warning", partial(in_short, problems))
        self.page.strips.show_strip("said", strip)

"""Partial runs: to a step, from a step on; and forgetting results that would be taken again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app import figures
from app.document.problem import Problem, ProblemError
from app.processes.messages import ClearCache, Counted
from app.texts import text
from app.ui.awaiting import Awaiting, Problems
from app.ui.canvas.canvas import Canvas
from app.ui.engine_link import EngineLink
from app.ui.history.archive import Archive, PastRun
from app.ui.run_desk import RunDesk
from app.ui.run_stream import Part, RunWish
from app.ui.session import Session

_LOOKED_AT = 30  # runs among which the last one with whole results is looked for


class PartialRuns(QObject):
    """Works on the picked step. `refused` brings Problems, `told` words of what was done."""

    refused = Signal(object)
    told = Signal(object)

    def __init__(
        self, session: Session, canvas: Canvas, desk: RunDesk, link: EngineLink, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._canvas = canvas
        self._desk = desk
        self._link = link
        self._archive = Archive(link)
        self._awaiting = Awaiting(self)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of partial runs do, by their ids."""
        return {
            "step.run_to": self.run_to,
            "step.run_from": self.run_from,
            "step.clear": self.clear_steps,
            "run.clear": self.clear_workflow,
        }

    def run_to(self) -> None:
        """The picked step and what leads to it."""
        if node := self._picked():
            self._desk.run_like(RunWish(part=Part(to=node)))

    def run_from(self) -> None:
        """The picked step and what follows, with what the last run had before it."""
        if node := self._picked():
            self._awaiting.start(self._last(), partial(self._start_from, node), self._refuse)

    def clear_steps(self) -> None:
        """The picked steps answer anew in the next run."""
        nodes = sorted(self._canvas.selection.nodes)
        self._awaiting.start(self._clear(nodes), self._cleared, self._refuse)

    def clear_workflow(self) -> None:
        """All steps of this workflow do."""
        self._awaiting.start(self._clear([""]), self._cleared, self._refuse)

    async def _last(self) -> PastRun:
        """The last run of this workflow that went over no rows: that of this session, or of the history."""
        run, workflow = self._session.run, self._session.workflow.id
        if run.workflow == workflow and run.is_over and run.rows is None:
            return await self._archive.open(run.run)
        for line in await self._archive.lines(workflow, _LOOKED_AT):
            if (
                line.rows is None
                and not line.alive
                and line.summary.status in ("done", "failed", "cancelled")
            ):
                return await self._archive.open(line.run)
        raise ProblemError(Problem("run.nothing_before"))

    def _start_from(self, node: str, past: PastRun) -> None:
        self._desk.run_with(RunWish(values=past.values, part=Part(start_from=node, base=past.run)))

    async def _clear(self, nodes: list[str]) -> int:
        cleared: list[Counted] = [
            await self._link.ask(ClearCache(self._session.workflow.id, node)) for node in nodes
        ]
        return sum(counted.n for counted in cleared)

    def _cleared(self, n: int) -> None:
        self.told.emit(partial(text, "cleared.results", n=figures.count(n) if n != 1 else 1))

    def _picked(self) -> str:
        nodes = self._canvas.selection.nodes
        return next(iter(nodes)) if len(nodes) == 1 else ""

    def _refuse(self, problems: Problems) -> None:
        self.refused.emit(problems)

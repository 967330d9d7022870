"""The session: one open document with its undo history and its latest run, behind five signals."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from app.document.change import Change
from app.document.document import Document
from app.document.operations import Operation
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_events import RunEvent
from app.events.run_state import RunState
from app.forecast.forecast import Forecast
from app.ui.undo import EditCommand

Trust: TypeAlias = Literal["mine", "reviewed", "new"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the document comes from and what may be done with it.

    `trust` is "new" for what was neither made nor reviewed here: it may be changed but not run.
    """

    path: Path | None = None
    trust: Trust = "mine"
    read_only: bool = False  # written by a newer version, or open in another window


class Session(QObject):
    """Every view reads here and changes the document only by `do`.

    `changed` (a Change) tells of the document, `ran` (a frozenset of node ids, empty when only the
    run's own figures moved) of the run, `checked` of the problems, `foreseen` of the forecast, `moved` of name, file,
    saved or not, trust.
    """

    changed = Signal(object)
    ran = Signal(object)
    checked = Signal()
    foreseen = Signal()
    moved = Signal()

    def __init__(self, workflow: Workflow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self.undo_stack.cleanChanged.connect(self._on_clean)
        self.run = RunState()
        self._run_workflow: Workflow | None = None
        self._folded = 0.0
        self._clock_runs = False
        self.forecast: Forecast | None = None
        self._problems: tuple[Problem, ...] = ()
        self._of_file: tuple[Problem, ...] = ()
        self._place = Place()
        self._saved = True
        self._document = Document(workflow)
        self._unlisten = self._document.listen(self._on_change)

    @property
    def workflow(self) -> Workflow:
        return self._document.workflow

    @property
    def place(self) -> Place:
        return self._place

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What the last check found, errors first, and what the last reading or writing of the file did."""
        return self._problems

    @property
    def run_workflow(self) -> Workflow | None:
        """The workflow as it was when the run in `run` began."""
        return self._run_workflow

    @property
    def elapsed(self) -> float:
        """Seconds since the run began; goes on between events while it works."""
        goes_on = self._clock_runs and self.run.status == "running"
        since = time.monotonic() - self._folded if goes_on else 0.0
        return self.run.elapsed + since

    @property
    def is_saved(self) -> bool:
        """Whether the file holds what the document holds."""
        return self._saved and self.undo_stack.isClean()

    def open(self, workflow: Workflow, place: Place, *, saved: bool = True) -> None:
        """Shows another document; history and run start anew. `saved` False: it isn't in any file yet."""
        self._unlisten()
        self._document = Document(workflow)
        self._unlisten = self._document.listen(self._on_change)
        self.undo_stack.clear()
        self._saved = saved
        self._place = place
        self.run, self._run_workflow = RunState(), None
        self._problems = self._of_file = ()
        self.show_forecast(None)
        self.changed.emit(Change(all=True))
        self.ran.emit(frozenset[str]())
        self.checked.emit()
        self.moved.emit()

    def do(self, operation: Operation, *, continues: bool = False) -> None:
        """Applies an operation and keeps it for undo. Raises ProblemError, and nothing has happened then.

        `continues`: it goes on with the last edit of the same thing (typing, a slider), and one undo
        takes both back.
        """
        document = self._document
        inverse = document.apply(operation)
        self.undo_stack.push(EditCommand(document, operation, inverse, continues=continues))

    def set_place(self, place: Place) -> None:
        """Another file or another trust."""
        self._place = place
        self.moved.emit()

    def mark_saved(self) -> None:
        """The file now holds the document as it is."""
        self._saved = True
        self.undo_stack.setClean()
        self.moved.emit()

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """What a check found replaces what the one before found."""
        of_file = [problem for problem in self._of_file if problem not in problems]
        found = tuple(sorted((*of_file, *problems), key=lambda problem: problem.severity != "error"))
        if found != self._problems:
            self._problems = found
            self.checked.emit()

    def show_forecast(self, forecast: Forecast | None) -> None:
        """What the next run would take; None: not known, or it can't run."""
        if forecast != self.forecast:
            self.forecast = forecast
            self.foreseen.emit()

    def show_file_problems(self, problems: Sequence[Problem]) -> None:
        """What reading or writing the file found stays beside what checks find, until it is read or written again."""
        checked = [problem for problem in self._problems if problem not in self._of_file]
        self._of_file = tuple(problems)
        self.show_problems(checked)

    def begin_run(self, workflow: Workflow) -> None:
        """A new run of this workflow: the figures of the last one leave the views."""
        gone = frozenset(self.run.nodes)
        self.run, self._run_workflow, self._clock_runs = RunState(), workflow, True
        self.ran.emit(gone)

    def show_run(self, run: RunState) -> None:
        """A moment of an earlier run of this workflow: its time stands still."""
        changed = frozenset(self.run.nodes) | frozenset(run.nodes)
        self.run, self._run_workflow, self._clock_runs = run, self.workflow, False
        self.ran.emit(changed)

    def fold(self, events: Iterable[RunEvent]) -> None:
        """Folds what happened in the run and tells the views once."""
        nodes = frozenset(self.run.apply_all(events))
        self._folded = time.monotonic()
        self.ran.emit(nodes)

    def _on_clean(self) -> None:
        self.moved.emit()

    def _on_change(self, change: Change) -> None:
        self.changed.emit(change)

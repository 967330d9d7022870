"""The replay desk: has a replay prepared, asks the person, runs it like any other run, shows what came of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.document.problem import Problem
from app.events.run_events import RunPaused
from app.events.run_state import RunState
from app.hindsight.replay import Replayed
from app.processes.messages import (
    GetReplayed,
    PrepareReplay,
    ReplayPrepared,
    Started,
    StartRun,
    StopRun,
)
from app.texts import text
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.replay.replay_dialog import ReplayDialog

_PACE = 100  # ms between two looks at what has happened


class ReplayDesk(QObject):
    """One replay at a time. `replayed`: something new was found, and booked."""

    replayed = Signal()

    def __init__(self, link: EngineLink, window: QWidget) -> None:
        super().__init__(window)
        self._link = link
        self._window = window
        self._awaiting = Awaiting(self)
        self._stopping = Awaiting(self)
        self._dialog: ReplayDialog | None = None
        self._prepared: ReplayPrepared | None = None
        self._run = ""
        self._state = RunState()
        self._clock = QTimer(self, interval=_PACE)
        self._clock.timeout.connect(self._look)
        link.state_changed.connect(self._on_link)

    @property
    def dialog(self) -> ReplayDialog | None:
        """The one that is open."""
        return self._dialog

    def open(self, workflow_id: str, node: str = "", run: str = "") -> None:
        """Shows what a replay would ask; `run` and `node` empty: as in PrepareReplay."""
        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        self._dialog = dialog = ReplayDialog(self._window)
        dialog.agreed.connect(self._start)
        dialog.stopped.connect(self._stop)
        dialog.destroyed.connect(self._closed)
        dialog.show()
        asked = PrepareReplay(workflow_id, text("replay.workflow"), run, node)
        self._awaiting.start(self._link.ask(asked), self._show_prepared, self._refused)

    def _show_prepared(self, prepared: ReplayPrepared) -> None:
        self._prepared = prepared
        if self._dialog is not None:
            self._dialog.show_prepared(prepared)

    def _start(self) -> None:
        made = self._prepared
        if made is None or self._run:
            return
        budget = f"{made.at_most:f}"
        asked = StartRun(made.flow, own=True, rows="samples", budget=budget, fresh=True)
        self._awaiting.start(self._link.ask(asked), self._started, self._refused)

    def _started(self, started: Started) -> None:
        self._run, self._state = started.run, RunState()
        self._clock.start()
        self._look()
        if self._dialog is None:
            self._stop()

    def _look(self) -> None:
        """What has happened meanwhile; a replay that waits for money is over."""
        batch = self._link.take(self._run)
        self._state.apply_all(batch)
        if self._dialog is not None and not self._state.is_over:
            self._dialog.show_progress(len(self._state.rows_settled), self._state.cost)
        if any(isinstance(event, RunPaused) for event in batch):
            self._stop()
        if self._state.is_over:
            self._clock.stop()
            run, self._run = self._run, ""
            if self._prepared is not None:
                asked = GetReplayed(self._prepared.run, self._prepared.node, run)
                self._awaiting.start(self._link.ask(asked), self._arrived, self._refused)

    def _arrived(self, found: Replayed) -> None:
        if self._dialog is not None:
            if any(row.strong is not None for row in found.rows):
                self._dialog.show_outcome(found)
            else:
                self._dialog.show_problems(self._state.problems or (Problem("replay.no_answers"),))
        self.replayed.emit()

    def _stop(self) -> None:
        if self._run:
            self._stopping.start(self._link.ask(StopRun(self._run)), _nothing, _nothing)

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._clock.stop()
        self._run = ""
        if self._dialog is not None:
            self._dialog.show_problems(problems)

    def _on_link(self, state: str) -> None:
        if state == "gone" and self._run:
            self._refused((Problem("engine.gone"),))

    def _closed(self, _: object = None) -> None:
        self._dialog = self._prepared = None


def _nothing(_: object) -> None:
    """The run's end tells it."""

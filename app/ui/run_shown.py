"""What the frame of the window shows of the run and the file: run bar, Run button, budget, saved or not."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, QTimer

from app.events.run_state import RunState
from app.forecast.forecast import Forecast
from app.forecast.outlook import Outlook, outlook
from app.texts import text
from app.ui.appearance import appearance
from app.ui.budget_cap import amount, cap_of
from app.ui.canvas.canvas import Canvas
from app.ui.kept_preferences import KeptPreferences
from app.ui.run_bar import RunBar
from app.ui.run_stream import RunStream
from app.ui.session import Session
from app.ui.top_bar import TopBar

_PACE = 100  # ms
_JUST_NOW = 60.0  # seconds


class RunShown(QObject):
    """Follows the session; draws at most ten times a second."""

    def __init__(
        self, session: Session, stream: RunStream, canvas: Canvas, top: TopBar, preferences: KeptPreferences
    ) -> None:
        super().__init__(top)
        self._session = session
        self._stream = stream
        self._canvas = canvas
        self._top = top
        self._preferences = preferences
        self._saved_at: datetime | None = None
        self._was_saved = True
        self._foreseen: tuple[str, Forecast | None] = ("", None)  # of which run, as it was when that began
        self.bar = RunBar()
        self._later = QTimer(self, singleShot=True, interval=_PACE)
        self._later.timeout.connect(self._draw)
        self._clock = QTimer(self, interval=_PACE)
        self._clock.timeout.connect(self._draw)
        self._minute = QTimer(self, interval=round(_JUST_NOW * 1000), singleShot=True)
        self._minute.timeout.connect(self.show_saved)
        session.ran.connect(self._soon)
        session.changed.connect(self._soon)
        stream.state_changed.connect(self._on_state)
        preferences.changed.connect(self._show_budget)
        session.foreseen.connect(self._show_budget)
        appearance().changed.connect(self._draw)
        self._draw()

    def _soon(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _on_state(self) -> None:
        if self._stream.is_running:
            self._clock.start()
        else:
            self._clock.stop()
        self._draw()

    def _draw(self) -> None:
        session, stream = self._session, self._stream
        scene = self._canvas.scene
        at_work = [node for node, state in session.run.nodes.items() if state.active and node in scene.nodes]
        titles = {node: scene.describe(scene.nodes[node].placed).title for node in at_work}
        run = RunState() if stream.is_starting else session.run
        elapsed = 0.0 if stream.is_starting else session.elapsed
        self.bar.show_run(run, elapsed, titles, under_way=stream.is_running, stopping=stream.is_stopping)
        self.bar.show_money(run.cost, amount(run.budget), self._outlook(run))
        possible = bool(session.workflow.graph.nodes)
        self._top.run.show_state(running=stream.is_running, stopping=stream.is_stopping, possible=possible)
        self._show_budget()
        self.show_saved()

    def _outlook(self, run: RunState) -> Outlook | None:
        """What the run will have cost in the end; the document may have changed since it began."""
        if run.run != self._foreseen[0]:
            self._foreseen = run.run, self._session.forecast
        made, workflow = self._foreseen[1], self._session.run_workflow
        if made is None or workflow is None or not run.run:
            return None
        return outlook(run, made, workflow.graph.nodes)

    def _show_budget(self) -> None:
        run = self._session.run
        if run.status == "none":
            made = self._session.forecast
            ahead = made.total.cost if made and made.steps else None
            cap = cap_of(self._session.workflow, self._preferences.now)
            self._top.budget.show_budget(cap, None, ahead)
        else:
            self._top.budget.show_budget(amount(run.budget), run.cost)

    def show_saved(self) -> None:
        """Says under the name whether the file holds what the document holds."""
        session, place = self._session, self._session.place
        if session.is_saved and not self._was_saved and place.path is not None:
            self._saved_at = datetime.now()  # noqa: DTZ005 - the person's own clock
            self._minute.start()
        self._was_saved = session.is_saved
        if place.path is None or not session.is_saved:
            self._saved_at = None
        self._top.state.setText(self._saved_words())

    def _saved_words(self) -> str:
        session, place = self._session, self._session.place
        facts = {
            "outside": place.trust == "new",
            "read_only": place.read_only,
            "changed": not session.is_saved,
            "no_file": place.path is None,
            "saved": self._saved_at is None,
        }
        for code, holds in facts.items():
            if holds:
                return text(f"window.saved.{code}")
        at = self._saved_at or datetime.now()  # noqa: DTZ005
        if (datetime.now() - at).total_seconds() < _JUST_NOW:  # noqa: DTZ005
            return text("window.saved.just_now")
        return text("window.saved.at", time=f"{at:%H:%M}")

"""Staleness: which results on the canvas might be others today, and which steps are pinned, as marks on the cards."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.document.stale import stale_nodes
from app.ui.canvas.canvas import Canvas
from app.ui.pinning import Pinning
from app.ui.session import Session

_PACE = 120  # ms: letters of one word are one change


class Staleness(QObject):
    """Compares the document with the workflow of the run that is shown, soon after either has changed."""

    def __init__(self, session: Session, pinning: Pinning, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session = session
        self._pinning = pinning
        self._canvas = canvas
        self._run = ""
        self._later = QTimer(self, singleShot=True, interval=_PACE)
        self._later.timeout.connect(self._mark)
        session.changed.connect(self._soon)
        session.ran.connect(self._on_ran)
        pinning.changed.connect(self._mark)
        self._mark()

    def _soon(self) -> None:
        if not self._later.isActive():
            self._later.start()

    def _on_ran(self) -> None:
        if self._session.run.run != self._run:
            self._run = self._session.run.run
            self._soon()

    def _mark(self) -> None:
        ran, now = self._session.run_workflow, self._session.workflow
        unchanged = ran is None or ran is now or self._session.run.status == "none"
        stale = frozenset[str]() if unchanged or ran is None else stale_nodes(ran, now)
        self._canvas.scene.show_marks(frozenset(self._pinning.now), stale)

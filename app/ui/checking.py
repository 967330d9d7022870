"""Checking: asks the engine what is wrong with the workflow and what a run would take, a moment after it changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.document.problem import Problem, ProblemError
from app.processes.messages import AskForecast, Check, Checked, Forecasted
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.session import Session
from app.ui.workflow_text import folder_of, text_of

_AFTER = 350  # ms without a change


class Checking(QObject):
    """The newest check wins; one of an older state of the document is thrown away."""

    def __init__(self, session: Session, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._link = link
        self._awaiting = Awaiting(self)
        self._foreseeing = Awaiting(self)
        self._later = QTimer(self, singleShot=True, interval=_AFTER)
        self._later.timeout.connect(self.check_now)
        session.changed.connect(self._wait)
        link.state_changed.connect(self.check_now)

    def _wait(self) -> None:
        self._later.start()

    def check_now(self) -> None:
        """Asks at once; nothing happens while there is no engine."""
        if self._link.state != "ready":
            return
        self._later.stop()
        self._awaiting.cancel()
        self._foreseeing.cancel()
        workflow = self._session.workflow
        try:
            words = text_of(workflow)
        except ProblemError as error:
            self._session.show_problems(error.problems)
            return

        def done(checked: Checked) -> None:
            if self._session.workflow is workflow:
                self._session.show_problems(checked.problems)
                self._foresee(words)

        def gone(_problems: tuple[Problem, ...]) -> None:
            """The next engine is asked again."""

        self._awaiting.start(self._link.ask(Check(words, folder_of(self._session.place))), done, gone)

    def _foresee(self, words: str) -> None:
        """What the next run would take; of a workflow from elsewhere nothing of this person's past is read."""
        workflow, place = self._session.workflow, self._session.place

        def done(made: Forecasted) -> None:
            if self._session.workflow is workflow:
                self._session.show_forecast(made.forecast)

        def gone(_problems: tuple[Problem, ...]) -> None:
            self._session.show_forecast(None)

        asked = AskForecast(words, folder_of(place), from_past=place.trust != "new")
        self._foreseeing.start(self._link.ask(asked), done, gone)

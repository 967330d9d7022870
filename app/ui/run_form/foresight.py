"""Foresight: says in the run form what the run would take, a moment after the form has changed."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.document.problem import Problem, ProblemError
from app.processes.messages import AskForecast, Forecasted
from app.ui.awaiting import Awaiting
from app.ui.problem_words import in_short
from app.ui.run_form.cost_words import forecast_words
from app.ui.run_form.run_form import RunForm
from app.ui.run_stream import RunStream
from app.ui.session import Session
from app.ui.workflow_text import folder_of, text_of

_AFTER = 250  # ms without a change


class Foresight(QObject):
    """Lives as long as the form. The newest question wins; what is asked of a workflow from elsewhere reads nothing
    of this person's past.
    """

    def __init__(self, form: RunForm, session: Session, stream: RunStream) -> None:
        super().__init__(form)
        self._form = form
        self._stream = stream
        self._session = session
        self._awaiting = Awaiting(self)
        self._later = QTimer(self, singleShot=True, interval=_AFTER)
        self._later.timeout.connect(self._ask)
        form.edited.connect(self._later.start)
        session.foreseen.connect(self._later.start)
        form.show_forecast("once", forecast_words(session.forecast))
        self._ask()

    def _ask(self) -> None:
        self._awaiting.cancel()
        form, mode, wish = self._form, self._form.mode_now, self._form.considered()
        session = self._session
        if wish is None or session.forecast is None:
            form.show_forecast(mode, "" if mode == "table" else forecast_words(session.forecast))
            return
        try:
            words = text_of(session.workflow)
        except ProblemError:
            return
        place = session.place
        asked = AskForecast(words, folder_of(place), wish.values, wish.rows, from_past=place.trust != "new")

        def done(made: Forecasted) -> None:
            form.show_forecast(mode, forecast_words(made.forecast))

        def refused(problems: tuple[Problem, ...]) -> None:
            form.show_forecast(mode, in_short(problems))

        self._awaiting.start(self._stream.forecast(asked), done, refused)

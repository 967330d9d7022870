"""The hindsight desk: what a person says of results is kept, and verifiers show how far they agree with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from app.document import json_codec
from app.document.frames import node_in
from app.document.operations import SetFields
from app.document.problem import Problem
from app.hindsight.experience import prompt_of
from app.hindsight.labels import LabelWord
from app.processes.messages import (
    Counted,
    CountJudgedRuns,
    GetRatings,
    GetReportCards,
    Learned,
    LearnFromRuns,
    RateResult,
    Ratings,
    ReportCards,
)
from app.texts import text
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.inspector.inspector import Inspector
from app.ui.runs.panel import RunPanel
from app.ui.session import Session

_QUIET = 500  # milliseconds without an edit before past runs are counted


class Rater(QObject):
    """Joins the thumbs of one run panel with what is kept. `rated`: a word more or less is kept."""

    rated = Signal()

    def __init__(
        self,
        session: Session,
        link: EngineLink,
        panel: RunPanel,
        refuse: Callable[[tuple[Problem, ...]], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._link = link
        self._panel = panel
        self._refuse = refuse
        self._shown = ("", "")
        self._keeping = Awaiting(self)
        self._reading = Awaiting(self)
        panel.rated.connect(self._rate)
        session.ran.connect(self._look)

    def _rate(self, scope: str, output: str, word: str) -> None:
        said: LabelWord | Literal[""] = "good" if word == "good" else "bad" if word == "bad" else ""
        asked = RateResult(self._session.run.run, scope, said, output)
        self._keeping.start(self._link.ask(asked), self._kept, self._refused)

    def _kept(self, _: Counted) -> None:
        self._read(self._session.run.run)
        self.rated.emit()

    def _refused(self, problems: tuple[Problem, ...]) -> None:
        self._refuse(problems)
        self._read(self._session.run.run)

    def _look(self, _: object = None) -> None:
        """Another run, or its end: what was said of it is shown."""
        run = self._session.run
        now = (run.run, run.status if run.is_over else "")
        if now == self._shown:
            return
        self._shown = now
        if not run.is_over:
            self._panel.show_ratings(())
        elif self._link.state == "ready":
            self._read(run.run)

    def _read(self, run: str) -> None:
        self._reading.cancel()
        self._reading.start(self._link.ask(GetRatings(run)), partial(self._read_all, run), _nothing)

    def _read_all(self, run: str, found: Ratings) -> None:
        if run == self._session.run.run:
            self._panel.show_ratings(found.ratings)


class ReportCardDesk(QObject):
    """Brings report cards to the inspector: when a step is selected that has one, and when labels or runs are new. Lets
    Smart picks learn from past runs; `told` says what was learned, `refused` why nothing was.
    """

    told = Signal(object)
    refused = Signal(object)

    def __init__(self, session: Session, link: EngineLink, inspector: Inspector) -> None:
        super().__init__(inspector)
        self._learning = Awaiting(self)
        self._counting = Awaiting(self)
        inspector.lesson_wanted.connect(self._learn)
        self._session = session
        self._link = link
        self._inspector = inspector
        self._was_over = True
        self._reading = Awaiting(self)
        self._later = QTimer(self, singleShot=True, interval=_QUIET)
        self._later.timeout.connect(self._count)
        inspector.cards_wanted.connect(self.look)
        session.ran.connect(self._on_run)

    def look(self) -> None:
        """Asks anew, where a verifier is shown."""
        if self._link.state != "ready":
            return
        if self._inspector.wants_count:
            self._later.start()
        if not self._inspector.shows_verifier:
            return
        workflow = json_codec.write(self._session.workflow).decode("utf-8", "surrogatepass")
        self._reading.cancel()
        self._reading.start(self._link.ask(GetReportCards(workflow)), self._arrived, _nothing)

    def _count(self) -> None:
        """Never twice at once: each count reads many runs."""
        page = self._inspector.step
        step = node_in(self._session.workflow, page.node_id) if page is not None and page.can_learn else None
        if step is None or self._link.state != "ready":
            return
        if self._counting.busy:
            self._later.start()
            return
        asked = CountJudgedRuns(self._session.workflow.id, prompt_of(step))
        self._counting.start(self._link.ask(asked), partial(self._counted, step.id, asked), _nothing)

    def _counted(self, node: str, asked: CountJudgedRuns, found: Counted) -> None:
        step = node_in(self._session.workflow, node)
        if step is not None and asked == CountJudgedRuns(self._session.workflow.id, prompt_of(step)):
            self._inspector.show_judged_runs(node, found.n)

    def _learn(self, node: str) -> None:
        step = node_in(self._session.workflow, node)
        if step is not None:
            asked = LearnFromRuns(self._session.workflow.id, prompt_of(step))
            self._learning.start(self._link.ask(asked), partial(self._learned, node), self.refused.emit)

    def _learned(self, node: str, found: Learned) -> None:
        if node_in(self._session.workflow, node) is None:
            return
        self._session.do(SetFields(node, {"how": "trained", "router": found.router}))
        words: Callable[[], str] = partial(text, "learn.from", n=found.examples, runs=found.runs)
        self.told.emit(words)

    def _arrived(self, found: ReportCards) -> None:
        self._inspector.show_cards({card.node: card for card in found.cards})

    def _on_run(self, _: object = None) -> None:
        was_over, self._was_over = self._was_over, self._session.run.is_over
        if self._was_over and not was_over:
            self._later.start()
            self.look()


def _nothing(_: object) -> None:
    """What was shown before stays."""

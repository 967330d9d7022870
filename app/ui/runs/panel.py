"""The run panel below the canvas: tabs over one run, its totals, and what a person has to decide."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.document.frames import node_in
from app.document.operations import Operation
from app.document.problem import Problem
from app.document.workflow import Graph, Json, Node
from app.events.run_state import RunState
from app.processes.messages import Rating
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.placed import SpecLookup
from app.ui.model_fix import fix_of
from app.ui.runs.budget_banner import BudgetBanner
from app.ui.runs.costs import Costs
from app.ui.runs.messages import Messages
from app.ui.runs.problem_list import ProblemList, failed_rows, run_problems
from app.ui.runs.questions import Questions
from app.ui.runs.results import Results
from app.ui.runs.row_pages import FetchItems
from app.ui.runs.rows import Rows
from app.ui.runs.spend_chart import SpendChart
from app.ui.runs.steps import Steps
from app.ui.runs.timeline import Timeline
from app.ui.runs.totals import Totals
from app.ui.session import Session
from app.ui.step_looks import StepLook, find_node, inner_look, step_look
from app.ui.style_sheet import vary
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel

_TABS = ("questions", "steps", "timeline", "cost", "messages", "rows", "results", "problems")
_PACE = 100  # ms between two drawings while a run goes on
_LEAST_TOTALS = 150  # pixels
_GAP = 2  # pixels between the parts of the header
_AROUND_TOTALS = 16 + 18 + 12 + 10 + 12  # pixels: margins, after the title, after the totals, and air


class RunPanel(QWidget):
    """Draws only the page that is on top, at most ten times a second.

    `chosen(node, field)` leads to a step, `wanted(reference)` asks for a whole value, `sized` asks for
    more or less room, `folded` for none; `decided` and `raised` carry what a person answered.
    """

    chosen = Signal(str, str)
    mended = Signal(object)  # an Operation that sets a problem right
    wanted = Signal(str)
    sized = Signal()
    folded = Signal()
    needed = Signal()  # the run waits for somebody who may have folded the panel away
    decided = Signal(str, str, str, object, str)
    raised = Signal(object)
    limit_raised = Signal(object, object)  # as BudgetBanner
    rated = Signal(str, str, str)  # scope, name of the result or "" for all, word

    def __init__(
        self,
        session: Session,
        specs: SpecLookup,
        items: FetchItems | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._items = items
        self._session = session
        self._specs = specs
        self._looks: dict[str, tuple[Node | None, StepLook]] = {}
        self._inner: Mapping[str, Node] = {}
        self._buttons: dict[str, QPushButton] = {}
        self._pages = QStackedWidget()
        self._title = PlainLabel(role="strong")
        self._totals = Totals()
        self._make_pages()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header())
        line = QFrame()
        vary(line, role="line")
        layout.addWidget(line)
        self._banner = QWidget()
        around = QVBoxLayout(self._banner)
        around.setContentsMargins(16, 10, 16, 0)
        around.addWidget(self.budget)
        self._banner.hide()
        layout.addWidget(self._banner)
        layout.addWidget(self._pages, 1)
        self._pages.setCurrentIndex(_TABS.index("timeline"))
        self._alone = False
        self._asked = 0
        self._failed = self._paused = False
        self._drawn = 0.0
        self._later = QTimer(self, singleShot=True)
        self._later.timeout.connect(self._draw)
        self._clock = QTimer(self, interval=_PACE)
        self._clock.timeout.connect(self._draw)
        session.ran.connect(self._on_run)
        session.checked.connect(self._draw)
        appearance().changed.connect(self._retext)
        self._retext()

    def show_inner(self, steps: Mapping[str, Node]) -> None:
        """The steps of the run's Sub-workflows, by which its own are called."""
        self._inner = steps
        self._looks.clear()

    def stand_alone(self) -> None:
        """Says nothing of itself: it is part of a page that shows one run, and begins with the steps."""
        self._alone = True
        self.rows.stand_alone()
        for part in (self._title, self._size, self._fold):
            part.hide()
        self.show_tab("steps")

    def _make_pages(self) -> None:
        self.questions = Questions(self.look)
        self.questions.decided.connect(self.decided)
        self.budget = BudgetBanner()
        self.budget.raised.connect(self.raised)
        self.budget.limit_raised.connect(self.limit_raised)
        self.steps = Steps(self.look)
        self.timeline = Timeline(self.look)
        self.spend = SpendChart()
        self.costs = Costs(self.look)
        self.messages = Messages(self.look)
        self.rows = Rows(self.look, self._specs, self._items)
        self.results = Results(self.look)
        self.problems = ProblemList(self.look, self._fix)
        first = QWidget()
        beside = QHBoxLayout(first)
        beside.setContentsMargins(0, 0, 16, 12)
        beside.setSpacing(12)
        beside.addWidget(self.timeline, 1)
        chart = QVBoxLayout()
        chart.setContentsMargins(0, 12, 0, 0)
        chart.addWidget(self.spend)
        beside.addLayout(chart)
        for page in (
            self.questions,
            self.steps,
            first,
            self.costs,
            self.messages,
            self.rows,
            self.results,
            self.problems,
        ):
            self._pages.addWidget(page)
        self.steps.chosen.connect(self._choose)
        self.timeline.chosen.connect(self._choose)
        self.rows.chosen.connect(self._choose)
        self.results.chosen.connect(self._choose)
        self.results.wanted.connect(self.wanted)
        self.results.rated.connect(partial(self.rated.emit, ""))
        self.rows.rated.connect(self._rate_row)
        self.problems.chosen.connect(self.chosen)
        self.problems.mended.connect(self.mended)
        self.costs.chosen.connect(self._choose)
        self.messages.chosen.connect(self._choose)

    def _fix(self, problem: Problem) -> Operation | None:
        if not problem.node or self._session.place.read_only:
            return None
        return fix_of(problem, node_in(self._session.workflow, problem.node))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_totals()

    def _fit_totals(self) -> None:
        parts = [self._title, *self._buttons.values(), self._size, self._fold]
        taken = sum(part.sizeHint().width() + _GAP for part in parts if not part.isHidden())
        self._totals.fit(self.width() - taken - _AROUND_TOTALS)
        if self._alone and self.width() < taken + _LEAST_TOTALS:
            self._totals.hide()  # the page says the same of the run as a whole

    def _header(self) -> QWidget:
        header = QWidget()
        header.setFixedHeight(44)
        row = QHBoxLayout(header)
        row.setContentsMargins(16, 0, 10, 0)
        row.setSpacing(_GAP)
        row.addWidget(self._title)
        row.addSpacing(18)
        group = QButtonGroup(self)
        for tab in _TABS:
            button = QPushButton()
            vary(button, kind="tab")
            button.setCheckable(True)
            button.setChecked(tab == "timeline")
            button.setObjectName(f"runs.{tab}")
            button.clicked.connect(lambda _checked=False, name=tab: self.show_tab(name))
            group.addButton(button)
            row.addWidget(button)
            self._buttons[tab] = button
        row.addStretch(1)
        row.addWidget(self._totals)
        row.addSpacing(12)
        self._size = IconButton("chevron-up", "")
        self._size.clicked.connect(self.sized)
        self._fold = IconButton("x", "")
        self._fold.clicked.connect(self.folded)
        row.addWidget(self._size)
        row.addWidget(self._fold)
        return header

    def show_tab(self, name: str) -> None:
        """Brings a tab to the top: timeline, cost, messages, rows, results or problems."""
        self._buttons[name].setChecked(True)
        self._pages.setCurrentIndex(_TABS.index(name))
        self._draw()

    def show_grown(self, grown: bool) -> None:
        """Says by the arrow whether the panel has the larger or the smaller part of the window."""
        self._size.set_icon_name("chevron-down" if grown else "chevron-up")
        self._size.set_label(text("runs.shrink" if grown else "runs.grow"))

    def show_value(self, reference: str, value: Json) -> None:
        """The whole of a value that was asked for by `wanted`."""
        self.results.show_all(reference, value)

    def _rate_row(self, row: int, word: str) -> None:
        self.rated.emit(f"#{row}", "", word)

    def show_ratings(self, ratings: Sequence[Rating]) -> None:
        """What was said of the results of the run that is shown."""
        workflow = self._session.run_workflow
        nodes = workflow.graph.nodes if workflow else dict[str, Node]()
        rows = {int(one.scope[1:]): str(one.word) for one in ratings if one.scope[1:].isdigit()}
        results = {
            str(nodes[one.node].fields.get("name")): str(one.word)
            for one in ratings
            if not one.scope and one.node in nodes
        }
        self.rows.show_ratings(rows)
        self.results.show_ratings(results)

    def _choose(self, node: str) -> None:
        if node:
            self.chosen.emit(node, "")

    def look(self, node_id: str) -> StepLook:
        """How a step of the run is shown in lists."""
        session = self._session
        # As it was when it ran; what was added since is found in the document.
        graphs = [workflow.graph for workflow in (session.run_workflow, session.workflow) if workflow]
        node = _first(graphs, node_id)
        around = None if node or "/" not in node_id else _first(graphs, node_id.partition("/")[0])
        known = self._looks.get(node_id)
        if known is None or known[0] is not (node or around):
            look = (
                inner_look(node_id, around, self._inner, self._specs)
                if around
                else step_look(node, self._specs, node_id)
            )
            known = self._looks[node_id] = (node or around, look)
        return known[1]

    def _on_run(self) -> None:
        running = self._session.run.status == "running"
        if running and not self._clock.isActive():
            self._clock.start()
        elif not running:
            self._clock.stop()
        if not self._later.isActive():
            waited = (time.monotonic() - self._drawn) * 1000
            self._later.start(max(0, round(_PACE - waited)))

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        run, elapsed, workflow = self._session.run, self._session.elapsed, self._session.run_workflow
        self._totals.show_run(run, elapsed)
        self._show_pause(run)
        if not self._show_tabs(run):
            return
        problems = [*self._session.problems, *run_problems(run)]
        self._count_problems(sum(problem.code != "workflow.empty" for problem in problems))
        self._fit_totals()
        if not self.isVisible():
            return
        match _TABS[self._pages.currentIndex()]:
            case "questions":
                self.questions.show_questions(run.questions, run.inputs_at)
            case "steps":
                self.steps.show_run(run)
            case "timeline":
                self.timeline.show_run(run, elapsed)
                self.spend.show_run(run, elapsed)
            case "cost":
                self.costs.show_run(run, workflow)
            case "messages":
                self.messages.show_run(run)
            case "rows":
                self.rows.show_run(run, workflow)
            case "results":
                self.results.show_run(run)
            case _:
                self.problems.show_problems(problems, failed_rows(run))

    def _show_pause(self, run: RunState) -> None:
        """The banner of a paused run; whatever waits for a person comes in sight."""
        paused = run.status == "paused"
        self.budget.show_budget(run.budget_reached if paused else None)
        self._banner.setVisible(paused)
        if (paused and not self._paused) or (run.questions and not self._asked):
            self.needed.emit()
        self._paused = paused

    def _show_tabs(self, run: RunState) -> bool:
        """Offers the tabs that this run has something for; False if that brought another one to the top."""
        asked, before = len(run.questions), self._asked
        self._asked = asked
        self._buttons["questions"].setVisible(asked > 0)
        self._buttons["questions"].setText(text("runs.tab.counted", name=text("runs.tab.questions"), n=asked))
        self._buttons["rows"].setVisible(run.rows is not None)
        on_top = _TABS[self._pages.currentIndex()]
        wanted = on_top
        failed, self._failed = run.status == "failed" and not self._failed, run.status == "failed"
        if asked and not before:
            wanted = "questions"  # a person is needed: nothing is more important
        elif failed and not self._alone:
            wanted = "problems"
        elif (on_top == "rows" and self._has_no_rows(run)) or (on_top == "questions" and not asked):
            wanted = "steps" if self._alone else "timeline"
        if wanted != on_top:
            self.show_tab(wanted)
        return wanted == on_top

    def _has_no_rows(self, run: RunState) -> bool:
        """Not yet of a run that has only been asked for: who retries rows looks on at them."""
        is_asked_for = run.status == "none" and self._session.run_workflow is not None
        return run.rows is None and not is_asked_for

    def _count_problems(self, n: int) -> None:
        name = text("runs.tab.problems")
        self._buttons["problems"].setText(text("runs.tab.counted", name=name, n=n) if n else name)
        vary(self._buttons["problems"], state="warning" if n else "")

    def _retext(self) -> None:
        self._looks.clear()
        for name, button in self._buttons.items():
            button.setText(text(f"runs.tab.{name}"))
        self._title.setText(text("runs.title"))
        self._fold.set_label(text("runs.fold"))
        self.show_grown(False)
        run = self._session.run
        self.problems.show_problems(
            [*self._session.problems, *run_problems(run)], failed_rows(run), anew=True
        )
        self._draw()


def _first(graphs: Sequence[Graph], node_id: str) -> Node | None:
    return next((node for graph in graphs if (node := find_node(graph, node_id))), None)

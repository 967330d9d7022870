"""The details of a run: its frozen workflow with its results, moment by moment, and what every step did."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from app.executor.journal import RunLine
from app.executor.run_request import AS_IT_WAS, Anew
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.canvas import Canvas
from app.ui.canvas.placed import SpecLookup
from app.ui.history.archive import PastRun
from app.ui.history.moment_words import moment_words
from app.ui.history.resume_banner import ResumeBanner
from app.ui.history.run_head import RunHead
from app.ui.history.run_words import hour
from app.ui.history.step_panel import StepPanel
from app.ui.history.stepper import Stepper
from app.ui.history.tape import Tape
from app.ui.inspector.reading import Reading
from app.ui.runs.panel import RunPanel
from app.ui.runs.row_pages import FetchItems
from app.ui.session import Place, Session
from app.ui.strips import Strip, StripButton, Strips
from app.ui.style_sheet import vary

_WITH_STEP = 780  # pixels of the page from which the step's own panel has room
_WITH_WORDS = 860  # and the head's buttons their words
_LEAST_CANVAS = 150
_LEAST_STEP = 280  # pixels
_LEAST_BELOW = 240  # of the tables and the step, however much the largest of their pages would like
_READABLE = 0.55  # the least zoom at which cards say something
_SHARE = 0.42  # of the height that the workflow takes until somebody moves the border


class RunDetails(QWidget):
    """`resumed(anew, retry_failed)`: the run that is shown is to go on."""

    resumed = Signal(object, bool)

    def __init__(
        self,
        session: Session,
        specs: SpecLookup,
        reading: Reading,
        items: FetchItems,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self._line: RunLine | None = None
        self._past: PastRun | None = None
        self._tape: Tape | None = None
        self._live = False
        self.head = RunHead()
        self.banner = ResumeBanner()
        self.strips = Strips(partial(text, "window.strip.close"))
        self.canvas = Canvas(specs)
        self.canvas.set_read_only(True)
        self.canvas.setMinimumHeight(_LEAST_CANVAS)
        self.canvas.keep_readable(_READABLE)
        self.stepper = Stepper()
        self.panel = RunPanel(session, specs, items)
        self.panel.stand_alone()
        self.step = StepPanel(session, specs, reading)
        self.step.setMinimumSize(_LEAST_STEP, _LEAST_BELOW)
        self._lay_out()
        self._join()

    @property
    def line(self) -> RunLine | None:
        return self._line

    @property
    def past(self) -> PastRun | None:
        return self._past

    @property
    def is_live(self) -> bool:
        """Whether the run goes on right now, in front of the person."""
        return self._live

    # --- what is shown -------------------------------------------------------------------------------------

    def show_run(self, line: RunLine, past: PastRun, tape: Tape) -> None:
        """Another run of the history, at its end."""
        if self._past is not None and self._past is not past:
            self._past.events.close()
        self._line, self._past, self._live = line, past, False
        self._tape = tape
        self.panel.show_inner(past.steps)
        self.step.show_inner(past.steps)
        self.session.open(past.workflow, Place(read_only=True))
        self.canvas.sync(past.workflow)
        self.stepper.show_length(len(self._tape.stops))
        self._show_moment(len(self._tape.stops) - 1)
        nodes = self.session.run.nodes
        worst = next((node for node, state in nodes.items() if state.status == "failed"), "")
        self.step.show_node(worst or next(iter(nodes), ""))
        self.canvas.heed(worst)
        if not self.session.run.questions:  # these are on top by themselves
            self.panel.show_tab("rows" if past.rows else "steps")
        self.canvas.fit()
        self.retranslate()

    def show_line(self, line: RunLine) -> None:
        """The same run as it stands in the list now."""
        self._line = line
        self.retranslate()

    def show_live(self, live: bool) -> None:
        """Whether the run goes on right now: then its moments are still being made."""
        if live and not self._live:
            self._tape = None
            self.panel.questions.show_past(False)
        self._live = live
        self.retranslate()

    def clear(self) -> None:
        """Shows no run any more."""
        self._line = self._past = self._tape = None

    def grown(self) -> bool:
        """Whether the canvas has the whole page."""
        return self._below.isHidden()

    def turn_canvas(self) -> None:
        """Gives the canvas the whole page, or takes it back."""
        grow = not self.grown()
        for part in (self._below, self.head, self._around):
            part.setVisible(not grow)
        if grow and self._line is not None:
            back = StripButton(partial(text, "history.strip.back"), self.turn_canvas)
            words = partial(text, "history.strip", time=hour(self._line))
            self.strips.show_strip("past", Strip("history", "quiet", words, (back,), stays=True))
        else:
            self.strips.drop("past")
        self.canvas.setFocus()
        self.canvas.fit()

    def retranslate(self) -> None:
        self.strips.retext()
        if self._line is None or self._past is None:
            return
        self.head.show_run(self._line, self._past, live=self._live)
        self.banner.show_line(None if self._live else self._line, self.session.run)
        self.stepper.setVisible(self._tape is not None and len(self._tape.stops) > 1)
        self._say_moment(self.stepper.slider.value())

    def _show_moment(self, stop: int) -> None:
        if self._tape is None:
            return
        self.panel.questions.show_past(stop < len(self._tape.stops) - 1)
        self.session.show_run(self._tape.at(stop))
        self._say_moment(stop)

    def _say_moment(self, stop: int) -> None:
        event = self._tape.event(stop) if self._tape is not None else None
        self.stepper.say(moment_words(event, self._title_of) if event else "")

    def _title_of(self, node: str) -> str:
        return self.panel.look(node).title

    def _on_ran(self, nodes: frozenset[str]) -> None:
        self.canvas.show_run(self.session.run, nodes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where little room is left, the table keeps it; what a step gave stands on the other tabs too.
        self.step.setVisible(self.width() >= _WITH_STEP)
        self.head.set_brief(self.width() < _WITH_WORDS)
        self._share_out()

    def _share_out(self) -> None:
        if not self._shared:
            return
        height = self._down.height()
        upper = max(_LEAST_CANVAS, round(height * _SHARE))
        self._down.setSizes([upper, max(1, height - upper)])

    def _keep_shares(self) -> None:
        """The person has moved the border."""
        self._shared = False

    # --- parts ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._around = QWidget()
        around = QVBoxLayout(self._around)
        around.setContentsMargins(24, 0, 20, 12)
        around.addWidget(self.banner)
        for part in (self.panel, self.step, self.stepper):
            part.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            vary(part, role="panel")
        self._below = QSplitter(Qt.Orientation.Horizontal)
        self._below.addWidget(self.panel)
        self._below.addWidget(self.step)
        self._below.setStretchFactor(0, 1)
        self._below.setSizes([10_000, 340])
        self._shared = True
        self._down = QSplitter(Qt.Orientation.Vertical)
        self._down.addWidget(self._upper())
        self._down.addWidget(self._below)
        self._down.setStretchFactor(1, 1)
        self._down.splitterMoved.connect(self._keep_shares)
        for splitter in (self._below, self._down):
            splitter.setHandleWidth(1)
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self._around)
        layout.addWidget(self._down, 1)

    def _upper(self) -> QWidget:
        upper = QWidget()
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self.strips)
        above.addWidget(_line())
        above.addWidget(self.canvas, 1)
        above.addWidget(_line())
        above.addWidget(self.stepper)
        return upper

    def _join(self) -> None:
        self.session.ran.connect(self._on_ran)
        self.stepper.moved.connect(self._show_moment)
        self.banner.resumed.connect(self._resume)
        self.head.retried.connect(self._retry)
        self.head.grown.connect(self.turn_canvas)
        self.panel.chosen.connect(self._choose)
        self.canvas.selection_changed.connect(self._picked)
        appearance().changed.connect(self.retranslate)

    def _resume(self, anew: Anew) -> None:
        self.resumed.emit(anew, False)

    def _retry(self) -> None:
        self.resumed.emit(AS_IT_WAS, True)

    def _choose(self, node: str, _field: str = "") -> None:
        self.step.show_node(node)
        self.canvas.show_node(node)

    def _picked(self) -> None:
        picked: Sequence[str] = tuple(self.canvas.selection.nodes)
        if len(picked) == 1 and picked[0] != self.step.node:
            self.step.show_node(picked[0])
            self.panel.steps.pick(picked[0])


def _line() -> QFrame:
    line = QFrame()
    vary(line, role="line")
    return line

"""The inspector: the right panel, showing one step, several, or the workflow itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.adapters.shelf import UNREAD_SHELF, Shelf
from app.document.change import Change
from app.document.frames import by_frame
from app.document.operations import Operation
from app.document.problem import ProblemError
from app.events.run_state import InstanceState
from app.hindsight.report_card import ReportCard
from app.ui.appearance import appearance
from app.ui.canvas.placed import SpecLookup
from app.ui.inspector.editors.editor import column
from app.ui.inspector.reading import Reading
from app.ui.inspector.selection_page import SelectionPage
from app.ui.inspector.step_page import StepPage
from app.ui.inspector.workflow_page import WorkflowPage
from app.ui.session import Session

WIDTH = 328


class Inspector(QWidget):
    """Listens to the session itself; the window tells it what is selected and what models there are.

    `refused` carries the Problems of an edit that could not be made; `preferences_asked` names the
    page of Preferences that a person wants to see; `cards_wanted`: a verifier or Smart pick is shown, of which past
    runs may tell something new.
    """

    refused = Signal(object)
    preferences_asked = Signal(str)
    models_wanted = Signal()
    server_taken = Signal(object)  # a FoundLine
    price_wanted = Signal(object)  # a ModelLine
    entered = Signal(str, str)  # as StepPage
    cards_wanted = Signal()
    replay_wanted = Signal(str)  # a step
    lesson_wanted = Signal(str)

    def __init__(
        self,
        session: Session,
        specs: SpecLookup,
        actions: Callable[[str], QAction],
        reading: Reading | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._specs = specs
        self._reading = reading or Reading()
        self._actions = actions
        self._shelf: Shelf = UNREAD_SHELF
        self._nodes: tuple[str, ...] = ()
        self._step: StepPage | None = None
        self._cards: Mapping[str, ReportCard] = {}
        self._workflow = WorkflowPage(session)
        self._selection = SelectionPage(session, actions)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._workflow)
        self._stack.addWidget(self._selection)
        self.setProperty("role", "panel")
        self.setMinimumWidth(260)
        column(self, 0).addWidget(self._stack)
        self._workflow.asked.connect(self._do)
        session.changed.connect(self._on_change)
        session.ran.connect(self._on_run)
        session.checked.connect(self._on_checked)
        session.foreseen.connect(self._on_foreseen)
        session.moved.connect(self._on_moved)
        appearance().changed.connect(self.retranslate)

    @property
    def step(self) -> StepPage | None:
        """The page of the one step that is selected."""
        return self._step

    def looked_at(self, node: str) -> InstanceState | None:
        """The one of a step's many instances whose data is shown now; None where none is."""
        page = self._step
        return page.data.instance if page is not None and page.node_id == node and page.shows_data else None

    def select(self, nodes: Collection[str]) -> None:
        """Shows one step, several, or (for none) the workflow."""
        workflow = self._session.workflow
        known = tuple(sorted(node for ids in by_frame(workflow, nodes).values() for node in ids))
        if known == self._nodes and (self._step is not None or len(known) != 1):
            return
        self._nodes = known
        self._show()

    def show_shelf(self, shelf: Shelf) -> None:
        """Models, roles or connections have changed."""
        self._shelf = shelf
        if self._step is not None:
            self._step.show_shelf(shelf)

    @property
    def shows_verifier(self) -> bool:
        """Whether the step that is selected gives a verdict."""
        return self._step is not None and self._step.gives_verdict

    @property
    def wants_count(self) -> bool:
        """Whether a Smart pick is selected of which it isn't known from how many past runs it could learn."""
        return self._step is not None and self._step.wants_count

    def show_judged_runs(self, node: str, n: int) -> None:
        """From how many past runs a Smart pick could learn."""
        if self._step is not None and self._step.node_id == node:
            self._step.show_judged_runs(n)

    def show_cards(self, cards: Mapping[str, ReportCard]) -> None:
        """How far verifiers agree with people, by step."""
        self._cards = cards
        if self._step is not None:
            self._step.show_card(cards.get(self._step.node_id))

    def point_at(self, node: str, field: str | None) -> None:
        """Jumps to a setting, as the list of problems asks."""
        self.select((node,))
        if self._step is not None and field:
            self._step.point_at(field)

    def retranslate(self) -> None:
        """The language or the theme has changed."""
        self._workflow.retranslate()
        self._selection.retranslate()
        if self._step is not None:
            self._step.retranslate()
            self._step.show_problems(self._session.problems)

    def _show(self) -> None:
        old, self._step = self._step, None
        if len(self._nodes) == 1:
            self._step = self._page_for(self._nodes[0])
            self._stack.addWidget(self._step)
            self._stack.setCurrentWidget(self._step)
            if self._step.gives_verdict or self._step.can_learn:
                self.cards_wanted.emit()
        elif self._nodes:
            self._selection.show_nodes(self._nodes)
            self._stack.setCurrentWidget(self._selection)
        else:
            self._stack.setCurrentWidget(self._workflow)
        if old is not None:
            # Its open field hands over its last letter when the focus leaves, so only then it goes.
            self._stack.removeWidget(old)
            old.deleteLater()

    def _page_for(self, node: str) -> StepPage:
        page = StepPage(
            node, self._session, self._specs, self._reading, self._shelf, self._actions, self._stack
        )
        page.asked.connect(self._do)
        page.preferences_asked.connect(self.preferences_asked)
        page.models_wanted.connect(self.models_wanted)
        page.server_taken.connect(self.server_taken)
        page.price_wanted.connect(self.price_wanted)
        page.entered.connect(self.entered)
        page.lesson_wanted.connect(partial(self.lesson_wanted.emit, node))
        page.replay_wanted.connect(partial(self.replay_wanted.emit, node))
        page.show_problems(self._session.problems)
        page.show_card(self._cards.get(node))
        page.set_read_only(self._session.place.read_only)
        return page

    def _do(self, operation: Operation, goes_on: bool) -> None:
        try:
            self._session.do(operation, continues=goes_on)
        except ProblemError as error:
            self.refused.emit(error.problems)

    def _on_change(self, change: Change) -> None:
        there = {node for ids in by_frame(self._session.workflow, self._nodes).values() for node in ids}
        still = tuple(node for node in self._nodes if node in there)
        if change.all or still != self._nodes:
            self._nodes = () if change.all else still
            self._show()
        if change.about or change.all or change.layout:
            self._workflow.show_workflow()
        if self._step is not None and self._step.node_id in change.nodes:
            self._step.show_node()
            if self._step.gives_verdict or self._step.wants_count:
                self.cards_wanted.emit()
        if self._step is not None and (change.edges or change.nodes - {self._step.node_id}):
            self._step.refresh()

    def _on_run(self, nodes: Collection[str]) -> None:
        if self._step is not None and (self._step.node_id in nodes or not nodes):
            self._step.show_run()
        if self._stack.currentWidget() is self._workflow:
            self._workflow.show_run()
        elif self._stack.currentWidget() is self._selection:
            self._selection.show_run()

    def _on_foreseen(self) -> None:
        if self._step is not None:
            self._step.show_figures()

    def _on_moved(self) -> None:
        read_only = self._session.place.read_only
        self._workflow.form.setEnabled(not read_only)
        if self._step is not None:
            self._step.set_read_only(read_only)

    def _on_checked(self) -> None:
        if self._step is not None:
            self._step.show_problems(self._session.problems)

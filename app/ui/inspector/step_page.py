"""The step page: one selected step with its tabs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QStackedWidget, QTabBar, QWidget

from app.adapters.shelf import Shelf
from app.adapters.workflow_files import read_file
from app.document.frames import TOP, frame_of, graph_at, node_in
from app.document.operations import REMOVED, FieldChange, Operation, SetFields, SetNode
from app.document.picking import input_for, pick
from app.document.problem import Problem, ProblemError
from app.document.workflow import Graph, Node, PortRef
from app.events.run_events import Scope
from app.hindsight.experience import PICK, prompt_of
from app.hindsight.report_card import ReportCard
from app.hindsight.wiring import wiring_of
from app.registry import node_texts
from app.registry.part_fields import part_fields
from app.sdk.ports import ERROR_PORT, Ports
from app.texts import text
from app.ui.canvas.placed import SpecLookup, ports_of
from app.ui.inspector.data_tab import DataTab
from app.ui.inspector.editors.editor import column
from app.ui.inspector.editors.wanted import Wanted
from app.ui.inspector.fault_line import FaultLine
from app.ui.inspector.figures_card import FiguresCard
from app.ui.inspector.form import FIELD_GAP, Form
from app.ui.inspector.header import Header
from app.ui.inspector.help_page import HelpPage
from app.ui.inspector.node_around import NodeAround
from app.ui.inspector.path_card import PathCard
from app.ui.inspector.reading import Reading
from app.ui.inspector.report_card_view import ReportCardView
from app.ui.inspector.scrolling import PADDING, make_scroll, scrolled
from app.ui.inspector.step_actions import StepActions
from app.ui.inspector.step_data import StepData, step_data
from app.ui.inspector.step_facts import facts_of, figures_of, forecast_of, told_of
from app.ui.inspector.trouble_form import TroubleForm
from app.ui.session import Session
from app.ui.step_looks import step_look
from app.ui.widgets.plain_label import PlainLabel

_TABS = ("settings", "data", "help")


class StepPage(QWidget):
    """Emits `asked(Operation, goes_on)` for each edit; bound to one node for its whole life."""

    asked = Signal(object, bool)
    preferences_asked = Signal(str)
    models_wanted = Signal()
    server_taken = Signal(object)  # a FoundLine
    price_wanted = Signal(object)  # a ModelLine
    entered = Signal(str, str)  # a step inside this frame is to be looked at, in a scope
    replay_wanted = Signal()
    lesson_wanted = Signal()

    def __init__(
        self,
        node: str,
        session: Session,
        specs: SpecLookup,
        reading: Reading,
        shelf: Shelf,
        actions: Callable[[str], QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.node_id = node
        self._session = session
        self._specs = specs
        found = node_in(session.workflow, node)
        self._spec = specs(found.type) if found is not None else None
        self._around = NodeAround(
            session,
            specs,
            node,
            self.preferences_asked.emit,
            self.models_wanted.emit,
            self.server_taken.emit,
            self.price_wanted.emit,
        )
        self._around.show_shelf(shelf)
        self._run_shown = ""
        self._report: ReportCard | None = None
        self._reading = reading
        self._top = QWidget(self)
        self.header = Header(self._top)
        self.tabs = QTabBar(self._top)
        self._stack = QStackedWidget(self)
        self._scroll = QScrollArea(self._stack)
        self._settings = QWidget(self._scroll)
        self.form: Form | None = None
        if self._spec is not None:
            texts = node_texts.field_texts(self._spec)
            self.form = Form(self._spec.fields, texts, self._around, self._settings)
        self.trouble = TroubleForm(self._settings, self._spec)
        self._pages = (QWidget(self._stack), QWidget(self._stack))
        self._data: DataTab | None = None  # made, as the help page, when somebody turns to it
        self._help: HelpPage | None = None
        self._figures = FiguresCard(self._settings)
        self._path = PathCard(self._settings)
        self.replay = QPushButton(self._settings)
        self.replay.clicked.connect(self.replay_wanted)
        self.learn = QPushButton(self._settings)
        self.learn.clicked.connect(self.lesson_wanted)
        self.can_learn = found is not None and found.type == PICK
        self.learn.setVisible(self.can_learn)
        self._judged: int | None = None  # runs that it could learn from, once that is known
        self._prompt = ""  # on which they are judged
        self.card = ReportCardView(self._settings)
        self.card.setVisible(self.gives_verdict)
        self.run_actions = StepActions(actions, self._settings)
        self._problems = FaultLine(parent=self._settings)
        self._unknown = PlainLabel(role="muted", wrap=True, parent=self._settings)
        self._lay_out()
        self._listen()
        self.show_node()
        self.refresh()
        self.retranslate()

    # --- what is shown -------------------------------------------------------------------------------------

    def show_node(self) -> None:
        """The node has changed in the document."""
        node = self._node()
        if node is None:
            return
        if self.form is not None:
            self.form.show_fields(node.fields)
        self.trouble.show_node(node, self._error_goes_to())
        self.header.show_facts(facts_of(node, self._spec, self._session.run))
        self._show_data(anew=False)
        if self.can_learn and prompt_of(node) != self._prompt:
            self._prompt, self._judged = prompt_of(node), None
            self._name_learning()

    def refresh(self) -> None:
        """Other nodes or the links between them have changed."""
        node = self._node()
        if node is not None:
            if self.form is not None:
                self.form.refresh()
            self.trouble.show_node(node, self._error_goes_to())
            self._offer_replay()

    def _offer_replay(self) -> None:
        """Where a cheap model answers first and a strong one only where that won't do."""
        can = wiring_of(self._session.workflow, self.node_id, self._specs) is not None
        self.replay.setVisible(can)

    def show_run(self) -> None:
        """The run has moved on."""
        node = self._node()
        if node is None:
            return
        self.header.show_facts(facts_of(node, self._spec, self._session.run))
        state = self._session.run.nodes.get(self.node_id)
        self.show_figures()
        self._path.show_state(state)
        self._show_data(anew=self._session.run.run != self._run_shown)
        self._run_shown = self._session.run.run

    @property
    def wants_count(self) -> bool:
        """Whether it could learn, and it isn't known from how many past runs."""
        return self.can_learn and self._judged is None

    def show_judged_runs(self, n: int) -> None:
        """From how many past runs it could learn."""
        self._judged = n
        self._name_learning()

    def _name_learning(self) -> None:
        n = self._judged
        code = "learn.button" if n is None else "learn.button.judged" if n else "learn.button.none"
        self.learn.setText(text(code, n=n))
        self.learn.setEnabled(n != 0 and not self._session.place.read_only)
        self.learn.setToolTip(text("problem.learn.nothing.fix") if n == 0 else "")

    def show_figures(self) -> None:
        """What the step took; before its first run what it will take."""
        taken = figures_of(self._session.run.nodes.get(self.node_id))
        if taken and (told := told_of(self.node_id, self._session.run)):
            taken = replace(taken, note="\n".join(filter(None, (taken.note, told))))
        made = self._session.forecast
        ahead = None if taken or made is None else forecast_of(made.steps.get(self.node_id))
        title = "inspector.figures.forecast" if ahead else "inspector.figures.title"
        self._figures.show_figures(text(title), taken or ahead)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Problems of this node: at their field, or above the form where they belong to none."""
        mine = [problem for problem in problems if problem.node == self.node_id]
        if self.form is not None:
            self.form.show_problems(mine)
        self._problems.show_problems([p for p in mine if p.field is None or not self._has_field(p.field)])

    def show_shelf(self, shelf: Shelf) -> None:
        self._around.show_shelf(shelf)
        if self.form is not None:
            self.form.refresh()

    @property
    def gives_verdict(self) -> bool:
        """Whether it says that something is good enough."""
        return any(port.type == "verdict" for port in self._ports().outputs)

    def show_card(self, card: ReportCard | None) -> None:
        """How far it agrees with people; None: nobody has said anything yet."""
        self._report = card
        self.card.show_card(card)

    def set_read_only(self, read_only: bool) -> None:
        """Whether settings can only be looked at."""
        for part in (self.form, self.trouble, self.header.title):
            if part is not None:
                part.setEnabled(not read_only)

    def point_at(self, field: str) -> None:
        """Brings a setting into view and puts the cursor there."""
        self._pick_tab(0)
        row = (self.form.point_at(field) if self.form else None) or self.trouble.point_at(field)
        if row is not None:
            self._scroll.ensureWidgetVisible(row, 0, 40)

    def show_tab(self, name: str) -> None:
        """Shows "settings", "data" or "help"."""
        self._pick_tab(_TABS.index(name))

    def retranslate(self) -> None:
        for at, name in enumerate(_TABS):
            self.tabs.setTabText(at, text(f"inspector.tab.{name}"))
        if self.form is not None:
            self.form.retranslate()
        self.trouble.retranslate()
        if self._data is not None:
            self._data.retranslate()
        self._unknown.setText(text("inspector.unknown"))
        self.replay.setText(text("replay.button"))
        self._name_learning()
        self.card.show_card(self._report)
        self._show_help()
        self.show_run()

    # --- what is asked -------------------------------------------------------------------------------------

    def _listen(self) -> None:
        self.header.renamed.connect(self._rename)
        self.trouble.edited.connect(self._set_attributes)
        if self.form is not None:
            self.form.edited.connect(self._set_field)
            self.form.wanted.connect(self._refer)
        self.tabs.currentChanged.connect(self._pick_tab)

    def _ask(self, operation: Operation, goes_on: bool) -> None:
        # A page may outlive its node for a moment: the last letter comes when the focus leaves.
        if self._node() is not None:
            self.asked.emit(operation, goes_on)

    def _rename(self, title: str, goes_on: bool) -> None:
        self._ask(SetNode(self.node_id, {"title": title}), goes_on)

    def _set_attributes(self, attributes: dict[str, object], goes_on: bool) -> None:
        self._ask(SetNode(self.node_id, attributes), goes_on)

    def _set_field(self, name: str, change: FieldChange, goes_on: bool) -> None:
        changes = {name: change, **self._of_file(name, change)}
        self._ask(SetFields(self.node_id, changes), goes_on)

    def _of_file(self, name: str, change: FieldChange) -> Mapping[str, FieldChange]:
        """Choosing the file of a Sub-workflow says all else that there is to say of it, in the same step."""
        if self._spec is None or self._spec.type.frame != "workflow" or name != "file":
            return {}
        own = self._session.place.path
        folder = own.parent if own else Path.home()
        with contextlib.suppress(ProblemError):
            return part_fields(read_file(folder / str(change)).workflow, self._specs)
        return dict.fromkeys(("name", "workflow", "digest", "inputs", "results"), REMOVED)

    def _refer(self, field: str, wish: Wanted) -> None:
        """A text wants a value that no link brings: one step adds the link and the reference."""
        source = PortRef(wish.source.node, wish.source.port)
        taken = [port.name for port in self._ports().inputs]
        name = input_for(self._session.workflow, self.node_id, source, taken)
        reference = "{{" + ".".join((name, *wish.source.path)) + "}}"
        value = wish.value_with(reference)
        self._ask(pick(self._session.workflow, self.node_id, field, value, source, name), False)

    # --- parts ---------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        # A value dragged out of the data tab reaches the settings by resting on their tab.
        self.tabs.setChangeCurrentOnDrag(True)
        for _ in _TABS:
            self.tabs.addTab("")
        head = column(self._top, 12)
        head.setContentsMargins(PADDING, 18, PADDING, 0)
        head.addWidget(self.header)
        head.addWidget(self.tabs)
        settings = column(self._settings, FIELD_GAP)
        settings.setContentsMargins(PADDING, 18, PADDING, PADDING)
        self._unknown.setVisible(self.form is None)
        for part in (
            self._problems,
            self.form,
            self._unknown,
            self.trouble,
            self._figures,
            self._path,
            self.replay,
            self.learn,
            self.card,
            self.run_actions,
        ):
            if part is not None:
                settings.addWidget(part)
        settings.addStretch()
        make_scroll(self._scroll, self._settings)
        self._stack.addWidget(self._scroll)
        for page in self._pages:
            page.setContentsMargins(PADDING, 14, PADDING, 14)
            self._stack.addWidget(page)
        rule = QFrame(self)
        rule.setProperty("role", "line")
        layout = column(self, 0)
        layout.addWidget(self._top)
        layout.addWidget(rule)
        layout.addWidget(self._stack, 1)

    @property
    def data(self) -> DataTab:
        """What came in and went out."""
        if self._data is None:
            self._data = DataTab(self._reading, self._pages[0])
            self._data.opened.connect(self._enter)
            # It scrolls where the panel is low, or its height would be taken from the run's panel below.
            column(self._pages[0], 0).addWidget(scrolled(self._data))
        return self._data

    @property
    def shows_data(self) -> bool:
        """Whether what came in and went out is on top."""
        return self._stack.currentIndex() == _TABS.index("data")

    @property
    def help(self) -> HelpPage:
        """The type's own page."""
        if self._help is None:
            self._help = HelpPage(self._pages[1])
            column(self._pages[1], 0).addWidget(self._help)
            self._show_help()
        return self._help

    def _enter(self, scope: Scope) -> None:
        """Into an element or turn of this frame, by its first step."""
        node = self._node()
        inner = next(iter(node.body.nodes), "") if node and node.body else ""
        if inner:
            self.entered.emit(inner, scope)

    def _show_help(self) -> None:
        node = self._node()
        if node is not None and self._help is not None:
            self._help.show_type(self._spec, self._ports(), node.type)

    def _pick_tab(self, at: int) -> None:
        self.tabs.setCurrentIndex(at)
        self._stack.setCurrentIndex(at)
        if at == 1:
            self._show_data(anew=False)
        elif at == 2:
            self.help.setFocus()

    def _show_data(self, *, anew: bool) -> None:
        if anew and self._data is not None:
            self._data.show_data(StepData(), anew=True)
        if self._stack.currentIndex() == 1 and self._node() is not None:
            sources = self._around.incoming()
            data = step_data(self.node_id, self._session, self._specs, self._ports(), sources)
            self.data.show_data(data, anew=False)

    def _node(self) -> Node | None:
        return node_in(self._session.workflow, self.node_id)

    def _ports(self) -> Ports:
        node = self._node()
        return ports_of(node, self._specs) if node is not None else Ports()

    def _has_field(self, field: str) -> bool:
        name = field.partition("[")[0].partition(".")[0]
        return self._spec is not None and self._spec.field(name) is not None

    def _error_goes_to(self) -> str:
        workflow = self._session.workflow
        graph = graph_at(workflow, frame_of(workflow, self.node_id) or TOP) or Graph()
        mine = PortRef(self.node_id, ERROR_PORT)
        target = next((edge.target.node for edge in graph.edges if edge.source == mine), None)
        return step_look(graph.nodes.get(target), self._specs, target).title if target else ""

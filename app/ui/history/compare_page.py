"""The Compare page: two runs are picked, and stand side by side, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app import figures
from app.document.workflow import Node, Workflow
from app.events.comparison import NodePair, compare
from app.events.run_state import RunState
from app.executor.journal import RunLine
from app.registry import node_texts
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.placed import SpecLookup, ports_of
from app.ui.history.archive import Archive, PastRun
from app.ui.history.comparison_table import ComparisonTable
from app.ui.history.run_words import day_words, hour, said_of, when
from app.ui.history.step_answers import StepAnswers
from app.ui.inspector.editors.inputs import Choices
from app.ui.step_looks import StepLook, find_node, inner_look, step_look
from app.ui.strips import Strips
from app.ui.style_sheet import vary
from app.ui.widgets.empty_note import EmptyNote
from app.ui.widgets.icon_button import IconButton
from app.ui.widgets.plain_label import PlainLabel


class ComparePage(QWidget):
    """Emits `wanted(left, right)`: these two runs are to be compared."""

    wanted = Signal(str, str)

    def __init__(self, specs: SpecLookup, archive: Archive) -> None:
        super().__init__()
        self.setObjectName("compare")
        vary(self, role="panel")
        self._specs = specs
        self._lines: Sequence[RunLine] = ()
        self._workflows: tuple[Workflow, ...] = ()
        self._steps: Mapping[str, Node] = {}
        self._runs: tuple[RunState, RunState] | None = None
        self._names = ("", "")
        self._pairs: Sequence[NodePair] = ()
        self._node = ""
        self.strips = Strips(partial(text, "window.strip.close"))
        self._title = PlainLabel(role="display")
        self._sums = PlainLabel(role="label", wrap=True)
        self.pickers = (Choices(), Choices())
        for picker, name in zip(self.pickers, ("left", "right"), strict=True):
            picker.setObjectName(f"compare.{name}")
            picker.activated.connect(self._ask)
        self.swap = IconButton("git-compare", "")
        self.swap.clicked.connect(self._swap)
        self.only = QCheckBox()
        self.only.setObjectName("compare.only")
        self.only.toggled.connect(self._show)
        self.empty = EmptyNote(self)
        self.table = ComparisonTable()
        self.answers = StepAnswers(archive)
        self.table.chosen.connect(self._choose)
        self._lay_out()
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def _lay_out(self) -> None:
        self._pick = QHBoxLayout()
        self._pick.setSpacing(8)
        self._pick.addWidget(self.pickers[0], 1)
        self._pick.addWidget(self.swap)
        self._pick.addWidget(self.pickers[1], 1)
        self._pick.addSpacing(12)
        self._pick.addWidget(self.only)
        above = QVBoxLayout()
        above.setContentsMargins(24, 16, 24, 12)
        above.setSpacing(10)
        for part in (self._title, self._pick, self._sums):
            if isinstance(part, QWidget):
                above.addWidget(part)
            else:
                above.addLayout(part)
        self._both = QSplitter(Qt.Orientation.Vertical)
        self._both.addWidget(self.table)
        self._both.addWidget(self.answers)
        self._both.setHandleWidth(1)
        self._both.setChildrenCollapsible(False)
        self._both.setSizes([460, 300])
        self.answers.setMinimumHeight(170)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.strips)
        layout.addLayout(above)
        layout.addWidget(self._both, 1)
        layout.addWidget(self.empty, 1)

    @property
    def picked(self) -> tuple[str, str]:
        """The runs that the two pickers name; empty where there is none."""
        left, right = (str(picker.currentData() or "") for picker in self.pickers)
        return left, right

    def show_lines(self, lines: Sequence[RunLine], left: str, right: str) -> None:
        """The runs that can be picked, and the two that are."""
        self._lines = lines
        for picker, run in zip(self.pickers, (left, right), strict=True):
            picker.clear()
            for line in lines:
                picker.addItem(_words(line), line.run)
            picker.setCurrentIndex(picker.findData(run))
        self._show()

    def show_runs(self, left: PastRun, right: PastRun) -> None:
        """The two runs with everything that happened in them."""
        mine, theirs = RunState(), RunState()
        mine.apply_all(left.events)
        theirs.apply_all(right.events)
        self._runs, self._workflows = (mine, theirs), (left.workflow, right.workflow)
        self._steps = {**right.steps, **left.steps}
        self._names = self._named(left.run, right.run)
        self._pairs = compare(mine, theirs)
        first = next((pair for pair in self._pairs if pair.parted), None)
        first = first or next((pair for pair in self._pairs if pair.differs), None)
        if all(pair.node != self._node for pair in self._pairs):
            self._node = first.node if first else self._pairs[0].node if self._pairs else ""
        self._show()

    def forget(self) -> None:
        """Shows no runs any more."""
        self._runs, self._pairs, self._node = None, (), ""

    def retranslate(self) -> None:
        self.strips.retext()
        self._title.setText(text("history.compare.title"))
        self.only.setText(text("history.compare.only"))
        self.swap.set_label(text("history.compare.swap"))
        self.pickers[0].setAccessibleName(text("history.compare.first"))
        self.pickers[1].setAccessibleName(text("history.compare.second"))
        self.empty.show_words(text("history.compare.too_few"), text("history.run"))
        if self._lines:
            self.show_lines(self._lines, *self.picked)
        self._show()

    def look(self, node: str) -> StepLook:
        """How a step of one of the two runs is shown."""
        outermost = node.partition("/")[0]
        found = next((placed for w in self._workflows if (placed := find_node(w.graph, outermost))), None)
        if found is not None and "/" in node:
            return inner_look(node, found, self._steps, self._specs)
        return step_look(found, self._specs, node)

    def _show(self) -> None:
        enough = len(self._lines) > 1
        self.empty.setVisible(not enough)
        self._both.setVisible(enough and self._runs is not None)
        for part in (*self.pickers, self.swap, self.only):
            part.setVisible(enough)
        self._sums.setVisible(enough and self._runs is not None)
        if self._runs is None:
            return
        shown = [pair for pair in self._pairs if pair.differs or not self.only.isChecked()]
        left, right = self._names
        n, steps = sum(pair.differs for pair in self._pairs), len(self._pairs)
        self._sums.setText(text("history.compare.sums", n=n, steps=steps, left=left, right=right))
        self.table.show_pairs(shown, self._runs, self._names, self.look)
        if shown and all(pair.node != self._node for pair in shown):
            self._node = shown[0].node
        self.table.pick(self._node)
        self._choose(self._node)

    def _choose(self, node: str) -> None:
        pair = next((pair for pair in self._pairs if pair.node == node), None)
        if pair is not None and self._runs is not None:
            self._node = node
            way = partial(self._port_title, node)
            self.answers.show_pair(pair, self.look(node).title, self._runs, self._names, way)

    def _port_title(self, node: str, port: str) -> str:
        """What people read at an output of a step."""
        placed = next((found for w in self._workflows if (found := find_node(w.graph, node))), None)
        spec = self._specs(placed.type) if placed else None
        if placed is None or spec is None:
            return port
        known = next((one for one in ports_of(placed, self._specs).outputs if one.name == port), None)
        return node_texts.port_label(spec, known, "out") if known else port

    def _named(self, left: str, right: str) -> tuple[str, str]:
        """By their hour, where that tells them apart."""
        hours = {line.run: hour(line) for line in self._lines}
        names = hours.get(left, left), hours.get(right, right)
        return (f"{names[0]} (1)", f"{names[1]} (2)") if names[0] == names[1] else names

    def _ask(self, _: int = 0) -> None:
        left, right = self.picked
        if left and right:
            self.wanted.emit(left, right)

    def _swap(self) -> None:
        left, right = self.picked
        for picker, run in zip(self.pickers, (right, left), strict=True):
            picker.setCurrentIndex(picker.findData(run))
        self._ask()


def _words(line: RunLine) -> str:
    """A run in one line of a picker."""
    rows = (
        ""
        if line.rows is None
        else text("history.compare.of_rows", n=line.rows, shown=figures.count(line.rows))
    )
    cost = figures.cost(line.summary.cost) if line.summary.calls else ""
    day = day_words(when(line).date())
    return " · ".join(filter(None, (hour(line), said_of(line).words, rows, cost, day)))

"""The comparison: two runs side by side, node by node, with what differs marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.events.comparison import NodePair, Side, compare
from app.events.run_state import RunState
from app.texts import text
from app.ui.appearance import appearance
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.step_looks import StepLook
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class ComparisonView(QWidget):
    """Emits `closed` when the person goes back to the one run."""

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunState, RunState] | None = None
        self._names = ("", "")
        self._look: Callable[[str], StepLook] = lambda node: StepLook(node, "unknown", "puzzle")
        self._all: Sequence[NodePair] = ()
        self._pairs: Sequence[NodePair] = ()
        self._title = PlainLabel(role="display")
        self._sums = PlainLabel(role="label", wrap=True)
        self.only = QCheckBox()
        self.only.setObjectName("history.compare.only")
        self.only.toggled.connect(self._show)
        self._back = QPushButton()
        self._back.setObjectName("history.compare.back")
        self._back.clicked.connect(self.closed)
        vary(self._back, kind="small")
        self.table = FactTable(self)
        self.table.verticalHeader().setDefaultSectionSize(34)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.only)
        head.addSpacing(12)
        head.addWidget(self._back)
        above = QVBoxLayout()
        above.setContentsMargins(24, 18, 24, 12)
        above.setSpacing(6)
        above.addLayout(head)
        above.addWidget(self._sums)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addWidget(self.table, 1)
        appearance().changed.connect(self.retranslate)
        self.retranslate()

    def show_runs(
        self, left: RunState, right: RunState, names: tuple[str, str], look: Callable[[str], StepLook]
    ) -> None:
        """Two runs; `names` are how the person knows them."""
        self._runs, self._names, self._look = (left, right), names, look
        self._all = compare(left, right)
        self._show()

    def retranslate(self) -> None:
        self._title.setText(text("history.compare.title"))
        self.only.setText(text("history.compare.only"))
        self._back.setText(text("history.compare.back"))
        self.table.setAccessibleName(text("history.compare.title"))
        self._show()

    def _show(self) -> None:
        if self._runs is None:
            return
        self._pairs = [pair for pair in self._all if pair.differs or not self.only.isChecked()]
        left, right = self._names
        self._sums.setText(
            text(
                "history.compare.sums",
                n=sum(pair.differs for pair in self._all),
                steps=len(self._all),
                left=left,
                right=right,
            )
        )
        columns = (
            Column(text("runs.cost.step"), 170),
            Column(text("history.compare.result", run=left)),
            Column(text("history.compare.result", run=right)),
            Column(text("history.compare.tokens", run=left), 104, figures=True),
            Column(right, 84, figures=True),
            Column(text("history.compare.cost", run=left), 104, figures=True),
            Column(right, 84, figures=True),
            Column(text("history.compare.time", run=left), 104, figures=True),
            Column(right, 84, figures=True),
        )
        self.table.show_facts(columns, len(self._pairs) + 1, self._cells)

    def _cells(self, at: int) -> Sequence[Cell]:
        if at >= len(self._pairs):
            return self._totals()
        pair = self._pairs[at]
        look = self._look(pair.node)
        tone = "warning" if pair.differs else ""
        mark = "equal-not" if pair.differs else ""
        left, right = pair.left, pair.right
        same_tokens = left is not None and right is not None and left.tokens == right.tokens
        tokens_tone = "" if same_tokens else "warning"
        same_cost = left is not None and right is not None and left.cost == right.cost
        cost_tone = "" if same_cost else "warning"
        return (
            Cell(look.title, tone, strong=True, kind=look.kind, mark=mark),
            _answer(left, pair, tone),
            _answer(right, pair, tone),
            _figure(left, lambda side: figures.count(side.tokens) if side.tokens else "", tokens_tone),
            _figure(right, lambda side: figures.count(side.tokens) if side.tokens else "", tokens_tone),
            _figure(left, lambda side: figures.cost(side.cost), cost_tone),
            _figure(right, lambda side: figures.cost(side.cost), cost_tone),
            _figure(left, lambda side: figures.seconds(side.seconds), "muted"),
            _figure(right, lambda side: figures.seconds(side.seconds), "muted"),
        )

    def _totals(self) -> Sequence[Cell]:
        if self._runs is None:
            return ()
        cells = [Cell(text("runs.cost.total"), strong=True), Cell(), Cell()]
        shown = [
            [figures.count(run.usage.total) for run in self._runs],
            [figures.cost(run.cost) for run in self._runs],
            [figures.seconds(run.elapsed) for run in self._runs],
        ]
        return [*cells, *(Cell(figure, strong=True) for both in shown for figure in both)]


def _answer(side: Side | None, pair: NodePair, tone: str) -> Cell:
    if side is None:
        return Cell(text("history.compare.not_there"), "muted")
    if pair.compared > 1:
        words = text("history.compare.rows", n=pair.other_answers, of=figures.count(pair.compared))
        return Cell(words, tone or "muted")
    said = side.answer or text(
        f"canvas.state.{side.status}" if side.status != "idle" else "canvas.fact.not_run"
    )
    return Cell(
        said, tone, tip=text("history.compare.model", model=side.model, answer=said) if side.model else ""
    )


def _figure(side: Side | None, show: Callable[[Side], str], tone: str) -> Cell:
    shown = show(side) if side else ""
    return Cell(shown or text("figure.none"), tone if shown else "muted")

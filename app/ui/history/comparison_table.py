"""The comparison table: two runs node by node: what came of each step, what it took, and where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import figures
from app.events.comparison import NodePair, Side
from app.events.run_state import RunState
from app.texts import text
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.step_looks import StepLook

_ROW = 36


class ComparisonTable(QWidget):
    """Emits `chosen(node)` for the step whose answers are to be seen."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunState, RunState] | None = None
        self._names = ("", "")
        self._look: Callable[[str], StepLook] = lambda node: StepLook(node, "unknown", "puzzle")
        self._pairs: Sequence[NodePair] = ()
        self.table = FactTable(self, name="comparison")
        self.table.verticalHeader().setDefaultSectionSize(_ROW)
        self.table.selectionModel().currentRowChanged.connect(self._pick)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)

    def show_pairs(
        self,
        pairs: Sequence[NodePair],
        runs: tuple[RunState, RunState],
        names: tuple[str, str],
        look: Callable[[str], StepLook],
    ) -> None:
        """The steps that are to be seen; `names` are how the person knows the runs."""
        self._pairs, self._runs, self._names, self._look = pairs, runs, names, look
        self.table.setAccessibleName(text("history.compare.title"))
        self.table.show_facts(self._columns(), len(pairs) + 1, self._cells)

    def pick(self, node: str) -> None:
        """Marks a step."""
        at = next((at for at, pair in enumerate(self._pairs) if pair.node == node), -1)
        if at >= 0 and at != self.table.currentIndex().row():
            self.table.selectRow(at)

    def _pick(self, now: QModelIndex, _before: QModelIndex) -> None:
        if 0 <= now.row() < len(self._pairs):
            self.chosen.emit(self._pairs[now.row()].node)

    def _columns(self) -> Sequence[Column]:
        left, right = self._names
        return (
            Column(text("runs.cost.step"), 176),
            Column(text("history.compare.result", run=left)),
            Column(text("history.compare.result", run=right)),
            Column(text("history.compare.answers"), 128),
            Column(text("history.compare.tokens", run=left), 112, figures=True),
            Column(right, 92, figures=True),
            Column(text("history.compare.cost", run=left), 108, figures=True),
            Column(right, 92, figures=True),
            Column(text("history.compare.time", run=left), 104, figures=True),
            Column(right, 84, figures=True),
        )

    def _cells(self, at: int) -> Sequence[Cell]:
        if at >= len(self._pairs):
            return self._totals()
        pair = self._pairs[at]
        look, left, right = self._look(pair.node), pair.left, pair.right
        mark = "equal-not" if pair.differs else ""
        both = left is not None and right is not None
        tokens = "" if both and left.tokens == right.tokens else "warning"  # type: ignore[union-attr]
        cost = "" if both and left.cost == right.cost else "warning"  # type: ignore[union-attr]
        return (
            Cell(look.title, strong=True, kind=look.kind, mark=mark),
            _came(left, pair),
            _came(right, pair),
            _answers(pair),
            _figure(left, _tokens, tokens),
            _figure(right, _tokens, tokens),
            _figure(left, lambda side: figures.cost(side.cost), cost),
            _figure(right, lambda side: figures.cost(side.cost), cost),
            _figure(left, lambda side: figures.seconds(side.seconds), "muted"),
            _figure(right, lambda side: figures.seconds(side.seconds), "muted"),
        )

    def _totals(self) -> Sequence[Cell]:
        if self._runs is None:
            return ()
        shown = [
            [figures.count(run.usage.total) for run in self._runs],
            [figures.cost(run.cost) for run in self._runs],
            [figures.seconds(run.elapsed) for run in self._runs],
        ]
        figured = (Cell(figure, strong=True) for both in shown for figure in both)
        return [Cell(text("runs.cost.total"), strong=True), Cell(), Cell(), Cell(), *figured]


def _came(side: Side | None, pair: NodePair) -> Cell:
    """What came of a step in one run: its answer, of several how many went well."""
    if side is None:
        return Cell(text("history.compare.not_there"), "muted")
    if max(pair.compared, side.ok + side.failed) > 1:
        counts = ((side.ok, "done"), (side.failed, "failed"))
        parts = tuple(text(f"history.of.{word}", n=n, shown=figures.count(n)) for n, word in counts if n)
        words = text("history.of", parts=parts) if parts else text("figure.none")
        return Cell(words, "error" if side.failed else "")
    said = side.answer or text(
        f"canvas.state.{side.status}" if side.status != "idle" else "canvas.fact.not_run"
    )
    tip = text("history.compare.model", model=side.model, answer=said) if side.model else ""
    return Cell(said, "" if side.answer else "muted", tip=tip)


def _answers(pair: NodePair) -> Cell:
    if not pair.compared:
        return Cell(text("figure.none"), "muted")
    if not pair.parted:
        return Cell(text("history.compare.same"), "done" if not pair.differs else "warning")
    n = len(pair.parted)
    words = text("history.compare.rows", n=n, of=figures.count(pair.compared))
    return Cell(text("history.compare.other") if pair.compared == 1 else words, "warning")


def _tokens(side: Side) -> str:
    return figures.count(side.tokens) if side.tokens else ""


def _figure(side: Side | None, show: Callable[[Side], str], tone: str) -> Cell:
    shown = show(side) if side else ""
    return Cell(shown or text("figure.none"), tone if shown else "muted")

"""The replay dialog: first what a replay asks and costs, then how far it is, then both ways side by side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.costs.break_even import ReplayedRow, agreed, is_same
from app.costs.cost import Cost
from app.document.problem import Problem
from app.guide.order import REPLAY
from app.hindsight.replay import Replayed
from app.processes.messages import ReplayPrepared
from app.texts import text
from app.ui.help.subject import lead_to_help
from app.ui.inspector.fault_line import FaultLine
from app.ui.plain import one_line
from app.ui.replay.break_even_bar import BreakEvenBar
from app.ui.runs.fact_table import Cell, Column, FactTable
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel


class ReplayDialog(QDialog):
    """Emits `agreed`: it shall be asked; `stopped`: no more of it. Nothing is asked before."""

    agreed = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        lead_to_help(self, REPLAY)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("replay")
        self.resize(720, 230)
        self.is_going = False
        self._prepared: ReplayPrepared | None = None
        self._rows: Sequence[ReplayedRow] = ()
        self._title = PlainLabel(text("replay.title"), "title", wrap=True)
        self._what = PlainLabel(text("replay.looking"), "label", wrap=True)
        self._price = PlainLabel(role="strong", wrap=True)
        self._fault = FaultLine()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self._ways = (PlainLabel(role="title"), PlainLabel(role="small", wrap=True))
        self._strong = (PlainLabel(role="title"), PlainLabel(role="small", wrap=True))
        self._outcome = QWidget()
        self._agreed = PlainLabel(role="label", wrap=True)
        self._met = PlainLabel(role="strong", wrap=True)
        self.bar = BreakEvenBar()
        self.table = FactTable(name="replay")
        self.go, self.stop, self.shut = QPushButton(), QPushButton(), QPushButton()
        self.go.setObjectName("replay.go")
        vary(self.go, kind="primary")
        self.go.clicked.connect(self.agreed)
        self.stop.clicked.connect(self.stopped)
        self.shut.clicked.connect(self.close)
        self._lay_out()
        self._offer(())

    @property
    def words(self) -> str:
        """What is said now, line by line."""
        labels = (self._title, self._what, self._price, *self._ways, *self._strong, self._agreed, self._met)
        return "\n".join(label.text() for label in labels if not label.isHidden() and label.text())

    def show_prepared(self, prepared: ReplayPrepared) -> None:
        """What would be asked, and for how much."""
        self._prepared = prepared
        model, most = one_line(prepared.model), figures.money(prepared.at_most)
        self._what.setText(text("replay.what", n=prepared.rows, model=model))
        likely = prepared.likely
        if not prepared.known:
            words = text("replay.price.unknown", model=model, most=most)
        elif not prepared.at_most:
            words = text("replay.price.free")
        elif likely is None:
            words = text("replay.price.most", most=most)
        else:
            low, high = figures.money(likely.low), figures.money(likely.high)
            words = text("replay.price.likely", low=low, high=high, most=most)
        self._price.setText(words)
        self.go.setText(text("replay.go", n=prepared.rows))
        self._offer((self.go, self.shut))

    def show_progress(self, done: int, cost: Cost) -> None:
        """How many rows are through, and what they have cost."""
        self.is_going = True
        rows = self._prepared.rows if self._prepared else 0
        self.progress.setRange(0, rows)
        self.progress.setValue(done)
        self._price.setText(text("replay.going", done=done, n=rows, cost=figures.cost(cost)))
        self._offer((self.stop,))

    def show_outcome(self, found: Replayed) -> None:
        """Cost and agreement side by side, and whether it pays."""
        self.is_going = False
        told, self._rows = found.told, found.rows
        strong = text("figure.free") if told.strong == 0 else figures.known_money(told.strong)
        self._ways[0].setText(figures.known_money(told.cascade))
        self._ways[1].setText(text("replay.cascade"))
        self._strong[0].setText(strong)
        self._strong[1].setText(text("replay.strong", model=one_line(found.model)))
        asked = sum(row.strong is not None for row in found.rows)
        code = "replay.asked" if found.known else "replay.asked.unknown"
        self._what.setText(text(code, n=asked, cost=figures.money(found.cost)))
        self._agreed.setText(text("cli.replay.agreed", same=agreed(found.rows), n=asked))
        self._met.setText(figures.break_even_words(told))
        self.bar.show_shares(told.escalated, told.most_escalated)
        self._price.setText("")
        columns = [
            Column(text("runs.rows.row"), 60, figures=True),
            Column(text("replay.column.asked"), 116, figures=True),
            Column(text("replay.cascade.short"), 0),
            Column(one_line(found.model), 0),
            Column(text("replay.column.same"), 116),
        ]
        self.table.show_facts(columns, len(self._rows), self._cells)
        self._offer((self.shut,), outcome=True)
        self.resize(860, 620)

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """It could not be asked, or not to the end."""
        self.is_going = False
        self._fault.show_problems(problems)
        self._offer((self.shut,))

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.is_going:
            self.stopped.emit()
        super().closeEvent(event)

    def _cells(self, index: int) -> Sequence[Cell]:
        row = self._rows[index]
        same = is_same(row)
        word = text("figure.none") if row.strong is None else text(f"replay.same.{'yes' if same else 'no'}")
        return (
            Cell(figures.count(row.number + 1), "muted"),
            Cell(text("replay.tier", n=row.tier), "muted"),
            Cell(one_line(row.cascade)),
            Cell(text("figure.none") if row.strong is None else one_line(row.strong)),
            Cell(word, "done" if same else "warning", "check" if same else "minus"),
        )

    def _offer(self, buttons: Sequence[QPushButton], *, outcome: bool = False) -> None:
        for button in (self.go, self.stop, self.shut):
            button.setVisible(button in buttons)
        self.stop.setText(text("replay.stop"))
        self.shut.setText(text("replay.close"))
        self.progress.setVisible(self.stop in buttons)
        self._outcome.setVisible(outcome)
        self._price.setVisible(not outcome)

    def _lay_out(self) -> None:
        two = QHBoxLayout()
        for pair in (self._ways, self._strong):
            side = QVBoxLayout()
            side.setSpacing(2)
            for label in pair:
                side.addWidget(label)
            two.addLayout(side, 1)
        inner = QVBoxLayout(self._outcome)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(10)
        inner.addLayout(two)
        for part in (self._met, self.bar, self._agreed):
            inner.addWidget(part)
        inner.addWidget(self.table, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.stop, self.shut, self.go):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(12)
        for part in (self._title, self._what, self._price, self.progress, self._fault):
            layout.addWidget(part)
        layout.addWidget(self._outcome, 1)
        layout.addStretch(0)
        layout.addLayout(buttons)

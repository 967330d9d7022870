"""The run bar: floats over the canvas while a run is under way and says what it is at and what it costs, with Stop
beside it.
"""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app import figures
from app.costs.cost import Cost
from app.events.run_state import RunState
from app.forecast.outlook import Outlook
from app.texts import text
from app.ui.appearance import appearance
from app.ui.budget_bar import BudgetBar, Standing
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon


class RunBar(QFrame):
    """Emits `stop`. Hidden while nothing runs."""

    stop = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="pill")
        self.setObjectName("run.bar")
        self._icon = StateIcon("loader", "running", 16)
        self._words = PlainLabel(role="strong")
        self._time = PlainLabel(role="muted")
        self._budget = BudgetBar()
        self._money = PlainLabel(role="muted")
        self._stop = QPushButton()
        self._stop.setObjectName("run.bar.stop")
        vary(self._stop, kind="danger-small")
        self._stop.clicked.connect(self.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 5, 6, 5)
        row.setSpacing(10)
        for part in (self._icon, self._words, self._time, self._budget, self._money, self._stop):
            row.addWidget(part)
        self.hide()
        appearance().changed.connect(self._retext)
        self._retext()

    def _retext(self) -> None:
        self._stop.setText(text("window.run.stop"))

    def show_run(
        self, run: RunState, elapsed: float, titles: dict[str, str], *, under_way: bool, stopping: bool
    ) -> None:
        """`titles` are those of the steps at work; an empty RunState: the run is about to begin."""
        self.setVisible(under_way)
        if not under_way:
            return
        icon, tone, words = _said(run, titles, stopping)
        self._icon.show_state(icon, tone)
        self._words.setText(words)
        self._time.setText(figures.seconds(elapsed))
        self._stop.setText(text("window.run.stop_now" if stopping else "window.run.stop"))
        self.adjustSize()

    def show_money(self, spent: Cost, cap: Decimal | None, ahead: Outlook | None) -> None:
        """What the run has spent of its cap, and what it will have cost in the end, where that is known."""
        expected = ahead.expected if ahead else spent.known
        known = bool(expected or spent.known)
        costs = known or spent.state == "unknown"
        self._budget.setVisible(known)
        self._money.setVisible(costs)
        if costs:
            words = _money(spent, cap, ahead)
            self._money.setText(words)
            self._budget.show_standing(Standing(spent.known, expected, cap), words)
        self.adjustSize()


def _money(spent: Cost, cap: Decimal | None, ahead: Outlook | None) -> str:
    code = "window.bar.spent" if cap is None else "window.bar.spent_of"
    if spent.state == "unknown" and not spent.known:
        code = "window.bar.spent_unknown"
    words = [text(code, spent=figures.cost(spent), cap="" if cap is None else figures.limit(cap))]
    if ahead is not None:
        expected = figures.about(ahead.expected)
        expected = expected if ahead.is_whole else text("figure.and_unknown", amount=expected)
        words.append(text("window.bar.ahead", expected=expected))
    return " · ".join(words)


def _said(run: RunState, titles: dict[str, str], stopping: bool) -> tuple[str, str, str]:
    if stopping:
        return "square", "waiting", text("window.bar.stopping")
    if run.status == "waiting":
        return "user-check", "warning", text("window.bar.waiting", n=len(run.questions))
    if run.status == "paused":
        return "pause", "warning", text("window.bar.paused")
    return "loader", "running", _progress(run, titles)


def _progress(run: RunState, titles: dict[str, str]) -> str:
    if run.status == "none":
        return text("window.bar.starting")
    if run.rows is not None:
        done = figures.count(run.rows_done + run.rows_failed + run.rows_cancelled)
        code = "window.bar.rows_so_far" if run.rows < 0 else "window.bar.rows"
        return text(code, done=done, n=figures.count(run.rows))
    settled = sum(1 for node in run.nodes.values() if node.settled)
    at_work = [titles.get(node.node, node.node) for node in run.nodes.values() if node.active]
    step, n = min(settled + 1, len(run.nodes)), len(run.nodes)
    if not at_work:
        return text("window.bar.step_none", step=step, n=n)
    return text("window.bar.step", step=step, n=n, title=tuple(at_work[:2]))

"""The resume banner: why a run stopped before its work was done, and the button with which it goes on."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app import figures
from app.events.run_state import RunState
from app.executor.journal import RunLine
from app.texts import text
from app.ui.appearance import appearance
from app.ui.history.run_words import said_of
from app.ui.problem_words import in_short
from app.ui.runs.problem_list import run_problems
from app.ui.style_sheet import vary
from app.ui.widgets.banner import AmountField, Banner
from app.ui.widgets.plain_label import PlainLabel

_CENT = Decimal("0.01")
_KINDS = ("waiting", "paused", "running", "cancelled", "failed")  # states that can go on


class ResumeBanner(Banner):
    """Emits `resumed(budget)`: a Decimal in US dollars, or None where the limit stays as it was."""

    resumed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._line: RunLine | None = None
        self._run = RunState()
        self._label = PlainLabel(role="label")
        self.limit = AmountField("history.limit")
        self.limit.textChanged.connect(self._judge)
        self.limit.returnPressed.connect(self._resume)
        self.button = QPushButton()
        self.button.setObjectName("history.resume")
        vary(self.button, kind="primary")
        self.button.clicked.connect(self._resume)
        self.add(self._label, self.limit, self.button)
        appearance().changed.connect(self.retranslate)
        self.hide()

    def show_line(self, line: RunLine | None, run: RunState) -> None:
        """The run that may go on, with its state; None: nothing is to be said."""
        self._line, self._run = line, run
        status = line.summary.status if line else "done"
        possible = line is not None and not line.alive and status in _KINDS
        elsewhere = line is not None and line.alive
        self.setVisible(possible or elsewhere)
        for part in (self._label, self.limit):
            part.setVisible(possible and status == "paused")
        self.button.setVisible(possible)
        if status == "paused":
            self.limit.setText(str(self._proposed()))
        self.retranslate()

    def retranslate(self) -> None:
        line = self._line
        if line is None:
            return
        said = said_of(line)
        self.show_state(said.icon, said.tone)
        kind = "alive" if line.alive else line.summary.status
        spent = figures.cost(line.summary.cost)
        what = text(f"history.banner.{kind}", spent=spent, cap=self._cap_words())
        self.say(what, self._why() or text(f"history.banner.{kind}.more"))
        self._label.setText(text("runs.budget.limit"))
        self.limit.setAccessibleName(text("runs.budget.limit"))
        self.button.setText(text(f"history.resume.{line.summary.status}"))
        self._judge()

    def _why(self) -> str:
        line = self._line
        if line is None or line.summary.status != "failed":
            return ""
        return in_short(tuple(run_problems(self._run)[:2]))

    def _cap_words(self) -> str:
        return figures.limit(Decimal(self._run.budget)) if self._run.budget else text("figure.none")

    def _proposed(self) -> Decimal:
        """As much again as was allowed, and at least a cent more than is spent."""
        spent = self._line.summary.cost.known if self._line else Decimal(0)
        cap = Decimal(self._run.budget) if self._run.budget else Decimal(0)
        reached = self._run.budget_reached
        needed = Decimal(reached.spent) + Decimal(reached.needed) if reached else spent
        return (max(needed, spent, cap * 2) + _CENT).quantize(_CENT)

    def _judge(self) -> None:
        line = self._line
        if line is None or line.summary.status != "paused":
            self.button.setEnabled(True)
            return
        amount = self.limit.amount()
        self.button.setEnabled(amount is not None and amount > line.summary.cost.known)

    def _resume(self) -> None:
        if self.button.isEnabled() and self._line is not None:
            self.resumed.emit(self.limit.amount() if self._line.summary.status == "paused" else None)

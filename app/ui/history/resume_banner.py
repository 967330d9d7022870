"""The resume banner: why a run stopped before its work was done, and the button with which it goes on."""

from __future__ import annotations

import math
from decimal import Decimal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app import figures
from app.events.run_state import RunState
from app.executor.journal import RunLine, RunSummary
from app.executor.run_request import Anew
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
    """Emits `resumed(anew)`: an Anew with the limit that the person gives, of money or of time."""

    resumed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._line: RunLine | None = None
        self._run = RunState()
        self._label = PlainLabel(role="label")
        self.limit = AmountField("history.limit")  # in US dollars
        self.time = AmountField("history.time")  # in seconds
        for field in (self.limit, self.time):
            field.textChanged.connect(self._judge)
            field.returnPressed.connect(self._resume)
        self.button = QPushButton()
        self.button.setObjectName("history.resume")
        vary(self.button, kind="primary")
        self.button.clicked.connect(self._resume)
        self.add(self._label, self.limit, self.time, self.button)
        appearance().changed.connect(self.retranslate)
        self.hide()

    def show_line(self, line: RunLine | None, run: RunState) -> None:
        """The run that may go on, with its state; None: nothing is to be said."""
        self._line, self._run = line, run
        status = line.summary.status if line else "done"
        elsewhere = line is not None and line.goes_on
        possible = not elsewhere and status in _KINDS
        self.setVisible(possible or elsewhere)
        self.limit.setVisible(possible and self._wants_money)
        self.time.setVisible(possible and self._wants_time)
        self._label.setVisible(possible and (self._wants_money or self._wants_time))
        self.button.setVisible(possible)
        if self._wants_money:
            self.limit.setText(str(self._proposed()))
        if self._wants_time and line is not None:
            self.time.setText(str(_twice(line.summary)))
        self.retranslate()

    def retranslate(self) -> None:
        line = self._line
        if line is None:
            return
        said = said_of(line)
        self.show_state(said.icon, said.tone)
        kind = "alive" if line.goes_on else line.summary.status
        spent = figures.cost(line.summary.cost)
        what = text(f"history.banner.{kind}", spent=spent, cap=self._cap_words())
        self.say(what, self._why() or text(f"history.banner.{kind}.more"))
        self._label.setText(text("history.limit.time" if self._wants_time else "runs.budget.limit"))
        self.limit.setAccessibleName(text("runs.budget.limit"))
        self.time.setAccessibleName(text("history.limit.time"))
        button = "waiting" if line.summary.is_in_doubt else line.summary.status
        self.button.setText(text(f"history.resume.{button}"))
        self._judge()

    @property
    def _wants_money(self) -> bool:
        return self._line is not None and self._line.summary.status == "paused"

    @property
    def _wants_time(self) -> bool:
        return self._line is not None and self._line.summary.is_out_of_time

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
        self.button.setEnabled(self._anew() is not None)

    def _anew(self) -> Anew | None:
        """What the person says; None where that is no limit under which the run could go on."""
        line = self._line
        if line is None:
            return None
        if self._wants_money:
            amount = self.limit.amount()
            return Anew(budget=amount) if amount is not None and amount > line.summary.cost.known else None
        if self._wants_time:
            seconds = self.time.amount()
            return (
                Anew(time_limit=float(seconds))
                if seconds is not None and seconds > line.summary.timed
                else None
            )
        return Anew()

    def _resume(self) -> None:
        anew = self._anew()
        if anew is not None and self.button.isEnabled():
            self.resumed.emit(anew)


def _twice(summary: RunSummary) -> int:
    """As much time again as was used up, in whole seconds."""
    return math.ceil(summary.timed * 2)

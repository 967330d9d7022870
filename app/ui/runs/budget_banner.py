"""The budget banner: why a run waits for money, a new limit, and the button that lets it go on."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from app import figures
from app.events.run_events import BudgetReached
from app.texts import text
from app.ui.appearance import appearance
from app.ui.style_sheet import vary
from app.ui.widgets.banner import AmountField, Banner
from app.ui.widgets.plain_label import PlainLabel

_CENT = Decimal("0.01")


class BudgetBanner(Banner):
    """Emits `raised(Decimal)`: the run's new cap in US dollars; `limit_raised(reached, Decimal)` where it was a limit
    of a day or month.
    """

    raised = Signal(object)
    limit_raised = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._reached: BudgetReached | None = None
        self._label = PlainLabel(role="label")
        self._limit = AmountField("budget.limit")
        self._limit.textChanged.connect(self._judge)
        self._limit.returnPressed.connect(self._raise)
        self._resume = QPushButton()
        self._resume.setObjectName("budget.resume")
        vary(self._resume, kind="primary")
        self._resume.clicked.connect(self._raise)
        self.add(self._label, self._limit, self._resume)
        self.hide()
        appearance().changed.connect(self._retext)

    def show_budget(self, reached: BudgetReached | None) -> None:
        """Why the run waits; None: it doesn't."""
        self.setVisible(reached is not None)
        if reached is None or reached == self._reached:
            return
        self._reached = reached
        self._limit.setText(str(_proposed(reached)))
        self._retext()

    def _retext(self) -> None:
        reached = self._reached
        if reached is None:
            return
        spent, cap, needed = (_money(amount) for amount in (reached.spent, reached.cap, reached.needed))
        if reached.limit:
            left = _money(str(max(Decimal(reached.cap) - Decimal(reached.spent), Decimal(0))))
            args = {"connection": reached.connection, "left": left, "renews": reached.renews}
            code = f"runs.budget.{reached.limit}{'_at' if reached.connection else ''}"
            self.say(
                text(code, spent=spent, cap=cap, needed=needed, **args), text("runs.budget.renews", **args)
            )
        else:
            self.say(text("runs.budget.what", spent=spent, cap=cap, needed=needed), text("runs.budget.more"))
        self._label.setText(text("runs.budget.limit"))
        self._limit.setAccessibleName(text("runs.budget.limit"))
        self._resume.setText(text("runs.budget.resume"))

    def _judge(self) -> None:
        self._resume.setEnabled(self._amount() is not None)

    def _amount(self) -> Decimal | None:
        """The limit typed, if it lets the run go on."""
        amount, reached = self._limit.amount(), self._reached
        if amount is None or reached is None:
            return None
        return amount if amount >= Decimal(reached.spent) + Decimal(reached.needed) else None

    def _raise(self) -> None:
        if (amount := self._amount()) is None:
            return
        if self._reached is not None and self._reached.limit:
            self.limit_raised.emit(self._reached, amount)
        else:
            self.raised.emit(amount)


def _money(amount: str) -> str:
    try:
        return figures.money(Decimal(amount))
    except InvalidOperation:
        return text("figure.unknown")


def _proposed(reached: BudgetReached) -> Decimal:
    """Enough for this call and as much again as was allowed."""
    needed = Decimal(reached.spent) + Decimal(reached.needed)
    return max(needed, Decimal(reached.cap) * 2).quantize(_CENT) + (
        _CENT if needed > Decimal(reached.cap) * 2 else 0
    )

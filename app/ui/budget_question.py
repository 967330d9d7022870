"""The budget question: lets a person set the cap of this workflow's runs, at the chip that shows it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from app import figures
from app.costs.limits import Standing
from app.document.operations import SetWorkflow
from app.texts import text
from app.ui.budget_chip import BudgetChip
from app.ui.kept_preferences import KeptPreferences
from app.ui.session import Session
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_WIDTH = 300


class BudgetQuestion(QFrame):
    """A popup under the chip; empty means that the workflow sets no cap of its own. `costs_wanted`: the person wants
    to see what everything has cost.
    """

    costs_wanted = Signal()

    def __init__(self, session: Session, preferences: KeptPreferences, chip: BudgetChip) -> None:
        super().__init__(chip, Qt.WindowType.Popup)
        vary(self, role="popup")
        self.setObjectName("budget.question")
        self.setFixedWidth(_WIDTH)
        self._session = session
        self._preferences = preferences
        self._chip = chip
        self._title = PlainLabel(role="strong")
        self._label = PlainLabel(role="label")
        self._own = PlainLabel(role="muted", wrap=True)
        self._amount = QLineEdit()
        self._amount.setValidator(QDoubleValidator(0.0, 1_000_000.0, 6, self))
        self._amount.returnPressed.connect(self._set)
        self._button = QPushButton()
        vary(self._button, kind="primary")
        self._button.clicked.connect(self._set)
        self._costs = QPushButton()
        vary(self._costs, kind="link")
        self._costs.clicked.connect(self.close)
        self._costs.clicked.connect(self.costs_wanted)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(PlainLabel("$"))
        row.addWidget(self._amount, 1)
        row.addWidget(self._button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        self._standings: tuple[Standing, ...] = ()
        self._others = PlainLabel(role="muted", wrap=True)
        for part in (self._title, self._label):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addWidget(self._own)
        layout.addWidget(self._others)
        layout.addWidget(self._costs, 0, Qt.AlignmentFlag.AlignLeft)
        chip.clicked.connect(self.ask)

    def ask(self) -> None:
        """Opens under the chip."""
        self._title.setText(text("window.budget.title"))
        self._label.setText(text("window.budget.workflow"))
        self._amount.setAccessibleName(text("window.budget.workflow"))
        self._amount.setPlaceholderText(text("window.budget.empty"))
        self._amount.setText(self._session.workflow.settings.budget_usd or "")
        self._amount.setEnabled(not self._session.place.read_only)
        self._button.setText(text("window.budget.set"))
        self._costs.setText(text("window.budget.costs"))
        self._button.setEnabled(not self._session.place.read_only)
        own = self._preferences.now.budget_usd
        known = text("window.budget.own", amount=_shown(own)) if own else text("window.budget.own_none")
        self._own.setText(known)
        others = self._other_limits()
        self._others.setText(others)
        self._others.setVisible(bool(others))
        self.adjustSize()
        corner = self._chip.mapToGlobal(QPoint(self._chip.width() - _WIDTH, self._chip.height() + 6))
        self.move(corner)
        self.show()
        self._amount.setFocus(Qt.FocusReason.PopupFocusReason)
        self._amount.selectAll()

    def show_standings(self, standings: tuple[Standing, ...]) -> None:
        """How the limits of day and month stand, which hold as well."""
        self._standings = standings

    def _other_limits(self) -> str:
        return "\n".join(
            text(
                f"window.budget.{one.span}{'_at' if one.connection else ''}",
                spent=figures.money(one.spent),
                cap=figures.limit(one.cap),
                connection=one.connection,
            )
            for one in self._standings
            if one.cap is not None
        )

    def _set(self) -> None:
        words = self._amount.text().strip().replace(",", ".")
        try:
            wanted = str(Decimal(words)) if words else None
        except InvalidOperation:
            return
        settings = self._session.workflow.settings
        if wanted != settings.budget_usd:
            self._session.do(SetWorkflow({"settings": replace(settings, budget_usd=wanted)}))
        self.close()


def _shown(amount: str) -> str:
    try:
        return figures.limit(Decimal(amount))
    except InvalidOperation:
        return amount

"""The cost limit: the money that a run of this workflow may cost; it has to be a number."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.texts import text
from app.ui.inspector.editors.inputs import LineInput
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel

_PRESET = "1.00"
_MOST = Decimal(10_000)


class CostLimit(QWidget):
    """`amount` is None while what stands there is no amount."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = LineInput()
        self.field.setText(_PRESET)
        self.field.setFixedWidth(96)
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setAccessibleName(text("trust.cost.title"))
        self.field.textEdited.connect(self._typed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(PlainLabel("$", "muted"))
        layout.addWidget(self.field)

    @property
    def amount(self) -> Decimal | None:
        try:
            amount = Decimal(self.field.text().strip().replace(",", "."))
        except InvalidOperation:
            return None
        return amount if amount.is_finite() and 0 <= amount <= _MOST else None

    def _typed(self) -> None:
        vary(self.field, error="true" if self.amount is None else "false")
        self.changed.emit()

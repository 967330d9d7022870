"""Banner: a framed line that says why something waits, with what lets it go on at its end."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon

_ICON = 22


class Banner(QFrame):
    """An icon, what is the matter, more of it in a second line; parts that are added stand at the right."""

    def __init__(self, icon: str = "pause", tone: str = "warning", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        vary(self, role="banner")
        self._icon = StateIcon(icon, tone, _ICON)
        self._what = PlainLabel(role="strong", wrap=True)
        self._more = PlainLabel(role="label", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._more)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 10, 14, 10)
        self._row.setSpacing(12)
        self._row.addWidget(self._icon)
        self._row.addLayout(words, 1)

    def add(self, *parts: QWidget) -> None:
        """What the person can do, from left to right."""
        for part in parts:
            self._row.addWidget(part)

    def say(self, what: str, more: str) -> None:
        self._what.setText(what)
        self._more.setText(more)
        self._more.setVisible(bool(more))

    def show_state(self, icon: str, tone: str) -> None:
        """Another state than that of the beginning; an error has a ground of its own."""
        self._icon.show_state(icon, tone)
        vary(self, role="banner-error" if tone == "error" else "banner")


class AmountField(QLineEdit):
    """A limit in US dollars, as people type it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFixedWidth(96)
        self.setValidator(QDoubleValidator(0.0, 1_000_000.0, 6, self))

    def amount(self) -> Decimal | None:
        """What stands there; None where that is no amount."""
        try:
            return Decimal(self.text().replace(",", "."))
        except InvalidOperation:
            return None

"""The budget bar: how much of its limit a run has spent, and how much it is thought to spend in the end."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.appearance import appearance
from app.ui.canvas.ink import fill_rounded

_WIDTH, _HEIGHT, _THICK = 96, 16, 6
_NEAR = 0.8  # of the limit
_AHEAD = 90  # of 255: how strong the part is that is still to come


@dataclass(frozen=True, slots=True)
class Standing:
    """US dollars. `cap` None: there is no limit, and the bar fills up to what is expected."""

    spent: Decimal
    expected: Decimal
    cap: Decimal | None

    @property
    def tone(self) -> str:
        """How close the run comes to its limit; the colour of the bar."""
        if self.cap is None:
            return "done"
        if self.spent >= self.cap:
            return "error"
        return "warning" if max(self.expected, self.spent) > self.cap * Decimal(_NEAR) else "done"

    def share(self, amount: Decimal) -> float:
        """Of the whole length."""
        whole = self.cap or max(self.expected, self.spent)
        return min(1.0, float(amount / whole)) if whole else 0.0


class BudgetBar(QWidget):
    """Solid for what is spent, faint for what is still to come."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._standing: Standing | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        appearance().changed.connect(self.update)

    def show_standing(self, standing: Standing, words: str) -> None:
        """`words` say the same to who can't see it."""
        self.setAccessibleName(words)
        self.setToolTip(words)
        if standing != self._standing:
            self._standing = standing
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._standing is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, standing = appearance().theme, self._standing
        track = QRectF(0, (self.height() - _THICK) / 2, self.width(), _THICK)
        fill_rounded(painter, track, _THICK / 2, look.input)
        line = look.state(standing.tone).line
        faint = QColor(line)
        faint.setAlpha(_AHEAD)
        for amount, colour in ((standing.expected, faint), (standing.spent, line)):
            share = standing.share(amount)
            if share > 0:
                filled = QRectF(track)
                filled.setWidth(max(float(_THICK), track.width() * share))
                fill_rounded(painter, filled, _THICK / 2, colour)

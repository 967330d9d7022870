"""StateIcon: a small round badge with a state's icon in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.theme import tint


class StateIcon(QWidget):
    """`tone` is a state's name; the icon is decoration, words beside it say the same."""

    def __init__(self, icon: str, tone: str, size: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon, self._tone = icon, tone
        self.setFixedSize(size, size)
        appearance().changed.connect(self.update)

    def show_state(self, icon: str, tone: str) -> None:
        """Shows another state."""
        self._icon, self._tone = icon, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tint(look.state(self._tone).line, look.badge_tint))
        painter.drawEllipse(self.rect())
        inset = self.width() * 0.22
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        paint_icon(painter, self._icon, look.state(self._tone).text, area)

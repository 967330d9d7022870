"""Chip and Badge: a short fact on a rounded ground; a state as icon and word in its colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.icons import paint_icon
from app.ui.plain import one_line
from app.ui.theme import Theme, tint

_HEIGHT = 22
_ICON = 13


class Chip(QWidget):
    """Text, and an icon if named, on the input colour. `tone` is "", "muted" or a state's name."""

    def __init__(self, text: str = "", tone: str = "", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._text, self._tone, self._icon = one_line(text), tone, icon
        self.setAccessibleName(self._text)
        appearance().changed.connect(self._restyled)

    def show_fact(self, text: str, tone: str = "", icon: str = "") -> None:
        """Shows another fact."""
        self._text, self._tone, self._icon = one_line(text), tone, icon
        self.setAccessibleName(self._text)
        self._restyled()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        width = fonts.metrics(fonts.CHIP_STRONG, appearance().language).horizontalAdvance(self._text)
        icon = _ICON + (5 if self._text else 0) if self._icon else 0
        return QSize(round(width + icon + 18), _HEIGHT)

    def colour(self, look: Theme) -> QColor:
        """The colour of text and icon."""
        if self._tone == "":
            return look.text2
        return look.muted if self._tone == "muted" else look.state(self._tone).text

    def ground(self, look: Theme) -> QColor:
        """The colour behind them."""
        return look.input

    def _restyled(self) -> None:
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.ground(look))
        area = QRectF(0, (self.height() - _HEIGHT) / 2, self.width(), _HEIGHT)
        painter.drawRoundedRect(area, _HEIGHT / 2, _HEIGHT / 2)
        x = 9.0
        if self._icon:
            paint_icon(
                painter, self._icon, self.colour(look), QRectF(x, area.center().y() - _ICON / 2, _ICON, _ICON)
            )
            x += _ICON + 5
        painter.setPen(self.colour(look))
        painter.setFont(fonts.font(fonts.CHIP_STRONG, appearance().language))
        painter.drawText(area.adjusted(x, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)


class Badge(Chip):
    """A state: its icon and word in its colour on a tint of it."""

    def ground(self, look: Theme) -> QColor:
        return tint(look.state(self._tone).line, look.badge_tint)

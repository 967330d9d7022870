"""The break-even bar: how many rows went on, against how many may until the strong model alone is cheaper."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import figures
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.ink import fill_rounded


class BreakEvenBar(QWidget):
    """Hidden where nobody can say how many may."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._most = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(300, 22)

    def show_shares(self, now: float, most: float | None) -> None:
        self.setVisible(most is not None)
        self._now, self._most = now, min(1.0, max(0.0, most or 0.0))
        words = text("replay.bar", now=figures.percent(now), most=figures.percent(self._most))
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, width = appearance().theme, float(self.width())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill_rounded(painter, QRectF(0, 7, width, 8), 4, look.input)
        tone = "done" if self._now < self._most else "error"
        if self._now > 0:
            filled = QRectF(0, 7, max(8.0, width * min(1.0, self._now)), 8)
            fill_rounded(painter, filled, 4, look.state(tone).line)
        at = min(max(1.0, width * self._most), width - 1)
        fill_rounded(painter, QRectF(at - 1, 1, 2, 20), 1, look.text2)

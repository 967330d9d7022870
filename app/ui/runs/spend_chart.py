"""The spend chart: money spent so far over time, with the limit as a dashed line."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app import figures
from app.events.run_state import RunState, SpendPoint
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.theme import Theme, tint

_RIGHT = Qt.AlignmentFlag.AlignRight
_MOST_POINTS = 400  # more can't be told apart at this width


class SpendChart(QWidget):
    """A card of 284 pixels: title, limit, and the curve; says in words what has no curve."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: list[SpendPoint] = []
        self._elapsed = 0.0
        self._cap: Decimal | None = None
        self._spent = ""
        self._unknown = False
        self._live = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        appearance().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(284, 140)

    def show_run(self, run: RunState, elapsed: float) -> None:
        """Draws a run as it stands after `elapsed` seconds."""
        step = max(1, len(run.spend) // _MOST_POINTS)
        self._points = [*run.spend[::step], *run.spend[-1:]]
        self._elapsed = elapsed
        self._cap = Decimal(run.budget) if run.budget else None
        self._spent = figures.cost(run.cost) if run.calls else ""
        self._unknown = run.cost.state == "unknown"
        self._live = run.status == "running"
        self.setAccessibleName(f"{text('runs.spend.title')}: {self._spent or text('figure.none')}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        card = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        ground = look.card if look.dark else look.input
        fill_rounded(painter, card, 12, ground, QPen(look.border, 1))
        head = QRectF(14, 8, card.width() - 28, 22)
        draw_text(painter, head, text("runs.spend.title"), fonts.CHIP_STRONG, look.text, language)
        if self._cap is not None:
            limit = text("runs.spend.limit", amount=figures.limit(self._cap))
            draw_text(painter, head, limit, fonts.SMALL, look.muted, language, _RIGHT)
        area = QRectF(14, 40, card.width() - 28, card.height() - 58)
        if self._points:
            self._paint_curve(painter, look, area)
        else:
            words = text("runs.spend.unknown" if self._unknown else "runs.spend.nothing")
            draw_text(painter, area, words, fonts.SMALL, look.muted, language, Qt.AlignmentFlag.AlignHCenter)

    def _paint_curve(self, painter: QPainter, look: Theme, area: QRectF) -> None:
        spent = self._points[-1].usd
        # The limit is drawn where it is near; a curve squeezed flat under a far limit says nothing.
        top = spent * Decimal("1.25")
        near = self._cap is not None and self._cap <= spent * 6
        if near and self._cap is not None:
            top = max(top, self._cap * Decimal("1.08"))
        span = max(self._elapsed * (1.12 if self._live else 1.0), self._points[-1].t, 0.001)

        def place(t: float, usd: Decimal) -> QPointF:
            return QPointF(
                area.left() + t / span * area.width(), area.bottom() - float(usd / top) * area.height()
            )

        painter.setPen(QPen(look.border, 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if near and self._cap is not None:
            y = place(0, self._cap).y()
            painter.setPen(QPen(look.state("error").line, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        now = place(self._elapsed, spent)
        curve = QPainterPath(place(0, Decimal(0)))
        for point in self._points:
            curve.lineTo(place(point.t, point.usd))
        curve.lineTo(now)
        colour = look.state("running").line
        self._fill_below(painter, curve, area, now)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 2))
        painter.drawPath(curve)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(now, 4, 4)
        words = QRectF(area.left(), now.y() - 22, max(60.0, now.x() - area.left() - 6), 18)
        on_limit = near and self._cap is not None and abs(words.center().y() - place(0, self._cap).y()) < 12
        if words.top() < 30 or on_limit:
            words.moveTop(now.y() + 6)
        draw_text(painter, words, self._spent, fonts.CHIP_STRONG, look.text, appearance().language, _RIGHT)

    def _fill_below(self, painter: QPainter, curve: QPainterPath, area: QRectF, end: QPointF) -> None:
        colour = appearance().theme.state("running").line
        below = QPainterPath(curve)
        below.lineTo(QPointF(end.x(), area.bottom()))
        below.lineTo(area.bottomLeft())
        below.closeSubpath()
        shade = QLinearGradient(area.topLeft(), area.bottomLeft())
        shade.setColorAt(0, tint(colour, 34))
        shade.setColorAt(1, tint(colour, 4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade)
        painter.drawPath(below)

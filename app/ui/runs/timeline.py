"""The timeline: one row a step in the order in which they began, one bar from its beginning to its end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QPushButton, QWidget

from app.events.run_state import RunState
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.plain import one_line
from app.ui.runs.axis import tick_text, time_step, time_ticks
from app.ui.runs.bars import Bar, bars
from app.ui.step_looks import StepLook
from app.ui.style_sheet import vary
from app.ui.theme import Theme, mix, tint

_LEFT = 200  # where the scale begins
_TOP = 24  # the ticks' row
_ROW = 29
_BAR = 18
_TICK_WIDTH = 110  # pixels that a tick needs at least
_NEAR_NOW = 22
_RIGHT = Qt.AlignmentFlag.AlignRight


class Timeline(QAbstractScrollArea):
    """Emits `chosen(node)` when a person picks a row."""

    chosen = Signal(str)

    def __init__(self, step_look: Callable[[str], StepLook], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step_look = step_look
        self._bars: list[Bar] = []
        self._elapsed = 0.0
        self._live = False
        self._current = -1
        self._ran_before = False
        self.earlier = QPushButton(self.viewport())
        self.earlier.setObjectName("timeline.earlier")
        vary(self.earlier, kind="link")
        self.earlier.hide()
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        appearance().changed.connect(self._retext)

    def show_earlier(self, ran: bool) -> None:
        """Whether the workflow has run before this window knew of it; then `earlier` leads there."""
        self._ran_before = ran
        self._retext()

    def _retext(self) -> None:
        self.earlier.setText(text("runs.timeline.earlier_show"))
        self.earlier.adjustSize()
        self._fit()
        self.viewport().update()

    def show_run(self, run: RunState, elapsed: float) -> None:
        """Draws a run as it stands after `elapsed` seconds."""
        follow = self.verticalScrollBar().value() == self.verticalScrollBar().maximum()
        self._bars = [bar for bar in bars(run, elapsed) if not self._step_look(bar.node).aside]
        self._elapsed = elapsed
        self._live = run.status == "running"
        self._fit()
        if follow:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())
        if QAccessible.isActive():
            lines = (f"{self._step_look(bar.node).title}: {bar.words}" for bar in self._bars)
            self.setAccessibleDescription("\n".join(lines))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        room = self.viewport().height() - _TOP
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, len(self._bars) * _ROW - room))
        bar.setPageStep(room)
        bar.setSingleStep(_ROW)
        self.earlier.setVisible(self._ran_before and not self._bars)
        left = (self.viewport().width() - self.earlier.width()) // 2
        self.earlier.move(left, self.viewport().height() // 2 + 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.viewport().rect(), look.panel)
        if not self._bars:
            self._paint_empty(painter, look)
            return
        scale = self._paint_scale(painter, look)
        painter.save()
        painter.setClipRect(QRectF(0, _TOP, self.viewport().width(), self.viewport().height() - _TOP))
        for index, bar in enumerate(self._bars):
            self._paint_row(painter, look, index, bar, scale)
        painter.restore()
        if self._live:
            self._paint_now(painter, look, scale)

    def _paint_empty(self, painter: QPainter, look: Theme) -> None:
        area = QRectF(self.viewport().rect()).adjusted(16, 0, -16, 0)
        language = appearance().language
        middle = Qt.AlignmentFlag.AlignHCenter
        words = text("runs.timeline.earlier" if self._ran_before else "runs.timeline.empty")
        draw_text(painter, area, words, fonts.BODY, look.muted, language, middle)

    def _paint_scale(self, painter: QPainter, look: Theme) -> float:
        """Draws ticks and hairlines; gives pixels per second."""
        width = max(60.0, self.viewport().width() - _LEFT - 40.0)
        # Some air to the right of now, so that what is next to a bar can be read.
        span = max(0.5, self._elapsed * (1.28 if self._live else 1.12))
        most = max(1, int(width / _TICK_WIDTH))
        step = time_step(span, most)
        scale = width / span
        painter.setPen(QPen(look.border, 1))
        for tick in time_ticks(span, most):
            x = _LEFT + tick * scale
            painter.setPen(QPen(look.border, 1))
            painter.drawLine(QPointF(x, _TOP), QPointF(x, self.viewport().height()))
            words = tick_text(tick, step, span)
            if self._live and abs(tick - self._elapsed) * scale < _NEAR_NOW:
                continue  # the dot of now would lie on it
            area = QRectF(x, 2, _TICK_WIDTH, _TOP - 4)
            draw_text(painter, area, words, fonts.MICRO, look.muted, appearance().language)
        return scale

    def _paint_row(self, painter: QPainter, look: Theme, index: int, bar: Bar, scale: float) -> None:
        top = _TOP + index * _ROW - self.verticalScrollBar().value()
        if top + _ROW < _TOP or top > self.viewport().height():
            return
        language = appearance().language
        row = QRectF(0, top, self.viewport().width(), _ROW)
        if index == self._current:
            fill_rounded(painter, row.adjusted(8, 1, -8, -1), 7, look.hover)
        step = self._step_look(bar.node)
        fill_rounded(painter, QRectF(16, row.center().y() - 5, 10, 10), 3, look.kind(step.kind))
        label = QRectF(36, top, _LEFT - 48, _ROW)
        draw_text(painter, label, one_line(step.title), fonts.LABEL, look.text2, language)
        area = QRectF(
            _LEFT + bar.start * scale,
            row.center().y() - _BAR / 2,
            max(3.0, (bar.end - bar.start) * scale),
            _BAR,
        )
        self._paint_bar(painter, look, bar, area, scale)

    def _paint_bar(self, painter: QPainter, look: Theme, bar: Bar, area: QRectF, scale: float) -> None:
        state = look.state("running" if bar.tone == "person" else bar.tone)
        line = look.kind("strong") if bar.tone == "person" else state.line
        if bar.live:
            self._paint_live(painter, look, bar, area, line)
            return
        fill_rounded(painter, area, 3, tint(line, 30))
        painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), line)
        ink = state.text if bar.tone in ("warning", "error") else look.text2
        language = appearance().language
        needed = fonts.metrics(fonts.CHIP, language).horizontalAdvance(bar.words) + 20
        room = _LEFT + self._elapsed * scale - area.right()
        if self._live and room < needed < area.width():
            place = area.adjusted(10, 0, -8, 0)  # beside the bar, the line of now would run through it
        else:
            place = QRectF(area.right() + 8, area.top(), self.viewport().width() - area.right() - 12, _BAR)
        draw_text(painter, place, bar.words, fonts.CHIP, ink, language)

    def _paint_live(self, painter: QPainter, look: Theme, bar: Bar, area: QRectF, line: QColor) -> None:
        language = appearance().language
        fill_rounded(painter, area, 4, line)
        on_bar = look.app if look.dark else look.on_accent
        inside = area.adjusted(10, 0, -8, 0)
        needed = fonts.metrics(fonts.CHIP_STRONG, language).horizontalAdvance(bar.words + bar.cost) + 24
        if needed <= inside.width():
            draw_text(painter, inside, bar.words, fonts.CHIP_STRONG, on_bar, language)
            draw_text(painter, inside, bar.cost, fonts.CHIP_STRONG, on_bar, language, _RIGHT)
        else:
            words = " · ".join(part for part in (bar.words, bar.cost) if part)
            beside = QRectF(area.right() + 10, area.top(), 400, area.height())
            draw_text(painter, beside, words, fonts.CHIP_STRONG, mix(line, look.text, 70), language)

    def _paint_now(self, painter: QPainter, look: Theme, scale: float) -> None:
        x = _LEFT + self._elapsed * scale
        colour = look.state("running").line
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x, 16), QPointF(x, self.viewport().height()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x, 14), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = int((event.position().y() - _TOP + self.verticalScrollBar().value()) // _ROW)
        if event.position().y() >= _TOP:
            self._choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._choose(min(max(0, self._current + step), len(self._bars) - 1))
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._bars):
            self._current = index
            self.viewport().update()
            self.chosen.emit(self._bars[index].node)

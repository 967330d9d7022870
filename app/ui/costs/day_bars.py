"""The days of a month as stacked bars by model, with the limit of a day; below, a strip of the free calls, if any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal, TypeAlias

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.costs.bill import Bill, Line, Model
from app.costs.shares import CENT, FINE, parts_of
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.costs.amounts import dollars
from app.ui.costs.model_colours import ModelColours
from app.ui.costs.month import Month, day_in_month
from app.ui.plain import one_line
from app.ui.theme import Theme, tint

Measure: TypeAlias = Literal["money", "calls", "tokens"]

_LEAST_LEFT, _RIGHT_ROOM = 48, 6
_SCALE_GAP = 10  # pixels between the figures of the scale and its lines
_TOP, _AXIS = 16, 26
_STRIP_HEAD, _STRIP = 34, 44
_STEPS = (1, 2, 5)
_MIDDLE = Qt.AlignmentFlag.AlignHCenter
_FAR_RIGHT = Qt.AlignmentFlag.AlignRight

_MEASURES: Mapping[Measure, Callable[[Line], float]] = {
    "money": lambda line: float(line.cost.known),
    "calls": lambda line: float(line.calls),
    "tokens": lambda line: float(line.usage.total),
}


class DayBars(QWidget):
    """Emits `chosen(day)`: an ISO day, or "" where the chosen one was taken back. Arrow keys walk the days."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bill: Bill | None = None
        self._month = Month(2026, 1)
        self._colours = ModelColours()
        self._measure: Measure = "money"
        self._limit: Decimal | None = None
        self._today = ""
        self._chosen = ""
        self._at = 0  # the day under the mouse or the keys; 0: none
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        appearance().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(640, 260)

    def minimumSizeHint(self) -> QSize:
        return QSize(420, 220)

    def show_bill(
        self, bill: Bill, month: Month, colours: ModelColours, limit: Decimal | None, today: str, chosen: str
    ) -> None:
        self._bill, self._month, self._colours = bill, month, colours
        self._limit, self._today, self._chosen = limit, today, chosen
        self.setAccessibleName(text("costs.days", month=month.name))
        self.setAccessibleDescription(
            "\n".join(self._words(number) for number in range(1, month.length + 1) if self._models(number))
        )
        self.update()

    def show_measure(self, measure: Measure) -> None:
        self._measure = measure
        self.update()

    # --- what there is ------------------------------------------------------------------------------------

    def _models(self, number: int) -> Mapping[Model, Line]:
        if self._bill is None or not 1 <= number <= self._month.length:
            return {}
        return self._bill.by_day.get(self._month.day(number), {})

    def _value(self, number: int) -> float:
        return sum(map(_MEASURES[self._measure], self._models(number).values()))

    def _free(self, number: int) -> int:
        return sum(line.free_calls for line in self._models(number).values())

    def _has_free(self) -> bool:
        """Without free calls there is no strip of them: the bars take its room."""
        return any(map(self._free, range(1, self._month.length + 1)))

    def _words(self, number: int) -> str:
        """The day with what every model took, in amounts that add up."""
        day, models = self._month.day(number), self._models(number)
        words = [day_in_month(day)]
        if not models:
            return f"{words[0]}: {text('costs.day.nothing')}"
        unit, shown = self._bill.unit if self._bill else CENT, self._shown(number)
        lines = sorted(models.values(), key=lambda line: -line.cost.known)
        known = [line.cost.known for line in lines]
        whole = figures.part_of_bill(shown, sum(known, Decimal(0)))
        if any(line.unknown for line in lines):
            whole = text("figure.and_unknown", amount=whole) if any(known) else text("figure.unknown")
        words[0] += f": {whole}"
        parts = parts_of(known, shown, unit)
        for line, amount in zip(lines, parts, strict=True):
            cost = text("figure.free") if line.free else figures.part_of_bill(amount, line.cost.known)
            cost = text("figure.unknown") if line.unknown == line.calls else cost
            name, calls = one_line(short_name(line.name)), figures.count(line.calls)
            words.append(text("costs.day.model", model=name, cost=cost, calls=calls))
        return "\n".join(words)

    def _shown(self, number: int) -> Decimal:
        """A day's amount as it stands in the bill, so that the days add up to the month."""
        day, days = self._month.day(number), self._bill.days if self._bill else ()
        return next((line.shown for line in days if line.key == day), Decimal(0))

    # --- drawing ------------------------------------------------------------------------------------------

    def _area(self) -> QRectF:
        strip = _STRIP_HEAD + _STRIP if self._has_free() else 0
        height = self.height() - _TOP - _AXIS - strip
        left = self._left()
        return QRectF(left, _TOP, self.width() - left - _RIGHT_ROOM, max(40.0, height))

    def _left(self) -> float:
        """Room for the longest figure of the scale."""
        step, top, _ = self._scale()
        metrics = fonts.metrics(fonts.CHIP, appearance().language)
        return max(_LEAST_LEFT, metrics.horizontalAdvance(self._tick(top, step)) + _SCALE_GAP + 2)

    def _scale(self) -> tuple[float, float, float | None]:
        """The distance of its lines, its highest one, and the limit of a day where it lies below that."""
        highest = max((self._value(number) for number in range(1, self._month.length + 1)), default=0.0)
        limit = float(self._limit) if self._limit is not None and self._measure == "money" else None
        if limit is not None and limit <= highest * 4:
            highest = max(highest, limit)
        step = _step(highest)
        top = max(step * -(-highest // step), step)
        return step, top, limit if limit is not None and limit <= top else None

    def _slot(self) -> float:
        return self._area().width() / self._month.length

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = self._area()
        step, top, limit = self._scale()
        self._paint_scale(painter, look, area, step, top)
        for number in range(1, self._month.length + 1):
            self._paint_day(painter, look, area, number, self._value(number), top)
        if limit is not None:
            self._paint_limit(painter, look, area, area.bottom() - limit / top * area.height())
        if self._has_free():
            self._paint_strip(painter, look, area)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(look.accent2, 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def _paint_scale(self, painter: QPainter, look: Theme, area: QRectF, step: float, top: float) -> None:
        language = appearance().language
        for index in range(round(top / step) + 1):
            y = area.bottom() - index * step / top * area.height()
            painter.setPen(QPen(look.border_strong if not index else look.border, 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            label = QRectF(0, y - 8, area.left() - _SCALE_GAP, 16)
            draw_text(
                painter, label, self._tick(index * step, step), fonts.CHIP, look.text2, language, _FAR_RIGHT
            )

    def _tick(self, value: float, step: float) -> str:
        if self._measure == "money":
            return dollars(Decimal(value).quantize(CENT if step >= float(CENT) else FINE))
        return figures.tokens(round(value))

    def _paint_day(
        self, painter: QPainter, look: Theme, area: QRectF, number: int, value: float, top: float
    ) -> None:
        slot, language = self._slot(), appearance().language
        left, day = area.left() + (number - 1) * slot, self._month.day(number)
        if number == self._at or day == self._chosen:
            shade = look.hover if day != self._chosen else tint(look.accent, 16)
            fill_rounded(painter, QRectF(left, area.top(), slot, area.height() + _AXIS), 4, shade)
        width = min(22.0, slot * 0.62)
        x, y = left + (slot - width) / 2, area.bottom()
        models = sorted(self._models(number).items(), key=lambda one: -one[1].cost.known)
        faded = self._chosen not in ("", day)
        for model, line in models:
            height = _MEASURES[self._measure](line) / top * area.height()
            if height <= 0:
                continue
            colour = self._colours.of(model, look)
            bar = QRectF(x, y - height, width, max(1.0, height - 1))
            fill_rounded(painter, bar, min(3.0, height / 3), tint(colour, 35) if faded else colour)
            y -= height
        is_today = day == self._today
        if is_today and value:
            shown = self._shown(number) if self._measure == "money" else None
            words = figures.tokens(round(value)) if shown is None else dollars(shown)
            room = fonts.metrics(fonts.CHIP_STRONG, language).horizontalAdvance(words) + 4
            start = min(
                max(0.0, left + (slot - room) / 2), self.width() - room
            )  # within sight on the first and last day
            above = QRectF(start, y - 17, room, 14)
            draw_text(painter, above, words, fonts.CHIP_STRONG, look.text, language, _MIDDLE)
        style = fonts.CHIP_STRONG if is_today else fonts.CHIP
        if slot >= 16 or number % 5 == 0 or number == 1 or is_today:
            below = QRectF(left - 6, area.bottom() + 4, slot + 12, 16)
            ink = look.text if is_today else look.text2
            draw_text(painter, below, str(number), style, ink, language, _MIDDLE)

    def _paint_limit(self, painter: QPainter, look: Theme, area: QRectF, y: float) -> None:
        painter.setPen(QPen(look.state("error").line, 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        words, language = text("costs.days.limit"), appearance().language
        width = fonts.metrics(fonts.SMALL_MEDIUM, language).horizontalAdvance(words) + 8
        plate = QRectF(area.right() - width, y - 17, width, 15)
        fill_rounded(painter, plate, 4, tint(look.card, 85))  # a low limit lies in the midst of the bars
        ink = look.state("error").text
        draw_text(painter, plate.adjusted(0, 0, -4, 0), words, fonts.SMALL_MEDIUM, ink, language, _FAR_RIGHT)

    def _paint_strip(self, painter: QPainter, look: Theme, area: QRectF) -> None:
        language, top = appearance().language, area.bottom() + _AXIS
        free = [self._free(number) for number in range(1, self._month.length + 1)]
        painter.setPen(QPen(look.border, 1))
        painter.drawLine(QPointF(0, top + 2), QPointF(self.width(), top + 2))
        head = QRectF(0, top + 8, self.width() - _RIGHT_ROOM, 18)
        draw_text(painter, head, text("costs.free"), fonts.CHIP_STRONG, look.text2, language)
        words = text("costs.free.counts", calls=figures.count(sum(free)), most=figures.count(max(free)))
        draw_text(painter, head, words, fonts.CHIP, look.text2, language, _FAR_RIGHT)
        bottom = top + _STRIP_HEAD + _STRIP - 6
        slot, highest = self._slot(), max(free)
        width = min(22.0, slot * 0.62)
        for number, calls in enumerate(free, 1):
            if calls:
                height = max(2.0, calls / highest * (_STRIP - 8))
                x = area.left() + (number - 1) * slot + (slot - width) / 2
                fill_rounded(
                    painter, QRectF(x, bottom - height, width, height), 3, tint(look.state("done").line, 70)
                )
        painter.setPen(QPen(look.border, 1))
        painter.drawLine(QPointF(area.left(), bottom), QPointF(area.right(), bottom))

    # --- mouse and keys -----------------------------------------------------------------------------------

    def _number_at(self, x: float) -> int:
        area = self._area()
        number = int((x - area.left()) // self._slot()) + 1
        return number if area.left() <= x and number <= self._month.length else 0

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        number = self._number_at(event.position().x())
        if number != self._at:
            self._at = number
            self.update()
            if number:
                QToolTip.showText(event.globalPosition().toPoint(), self._words(number), self)
            else:
                QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:
        self._at = 0
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._choose(self._number_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if step:
            self._at = min(max(1, (self._at or 1 - step) + step), self._month.length)
            slot, area = self._slot(), self._area()
            spot = QPointF(area.left() + (self._at - 0.5) * slot, area.top()).toPoint()
            QToolTip.showText(self.mapToGlobal(spot), self._words(self._at), self)
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._at:
            self._choose(self._at)
        elif event.key() == Qt.Key.Key_Escape and self._chosen:
            self.chosen.emit("")
        else:
            super().keyPressEvent(event)

    def _choose(self, number: int) -> None:
        if number:
            day = self._month.day(number)
            self.chosen.emit("" if day == self._chosen or not self._models(number) else day)


def _step(highest: float) -> float:
    """A round distance of lines, so that three to six of them reach the highest value."""
    if highest <= 0:
        return 0.5
    size = 1e-6
    while True:
        for part in _STEPS:
            if highest / (part * size) <= 5:
                return part * size
        size *= 10

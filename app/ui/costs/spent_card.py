"""What the month has cost so far, against its limit, with the figures of today beside it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app import figures
from app.costs.bill import Bill
from app.costs.projection import Projection, projected
from app.costs.shares import rounded, unit_for
from app.costs.spending import Spending
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.ink import fill_rounded
from app.ui.costs.amounts import dollars, line_cost
from app.ui.costs.card import CostsCard
from app.ui.costs.month import Month, day_in_month
from app.ui.widgets.plain_label import PlainLabel

_CENT = Decimal("0.01")
_RIGHT = Qt.AlignmentFlag.AlignRight


class SpentCard(CostsCard):
    """The bar is the share of the month's limit; without a limit there is none, and that is said."""

    def __init__(self) -> None:
        super().__init__()
        self._amount = PlainLabel(role="display")
        self._of = PlainLabel(role="muted")
        self._bar = _Bar()
        self._used = PlainLabel(role="label")
        self._passed = PlainLabel(role="label")
        self._facts = [(PlainLabel(role="title"), PlainLabel(role="small")) for _ in range(4)]
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._amount)
        first.addWidget(self._of, 0, Qt.AlignmentFlag.AlignBottom)
        left = QVBoxLayout()
        left.addWidget(self.title)
        left.addLayout(first)
        grid = QGridLayout()
        grid.setHorizontalSpacing(28)
        grid.setVerticalSpacing(2)
        for column, (value, words) in enumerate(self._facts):
            grid.addWidget(value, 0, column, _RIGHT)
            grid.addWidget(words, 1, column, _RIGHT)
        row = QHBoxLayout()
        row.addLayout(left)
        row.addStretch(1)
        row.addLayout(grid)
        under = QHBoxLayout()
        under.addWidget(self._used)
        under.addStretch(1)
        under.addWidget(self._passed)
        self._likely = PlainLabel(role="label")
        under.addSpacing(16)
        under.addWidget(self._likely)
        self.content.removeItem(self.head)
        self.content.addLayout(row)
        self.content.addWidget(self._bar)
        self.content.addLayout(under)

    def show_month(self, spending: Spending, month: Month) -> None:
        bill, day, whole = spending.bill(), spending.standing("day"), spending.standing("month")
        is_now = bool(spending.today) and Month.of(spending.today) == month
        self.title.setText(text("costs.spent.now") if is_now else text("costs.spent", month=month.name))
        self._amount.setText(dollars(bill.total.shown) if bill.total.free else line_cost(bill.total))
        cap = whole.cap if whole and is_now else None
        limit = text("costs.spent.of", cap=figures.limit(cap)) if cap is not None else ""
        self._of.setText(limit or (text("costs.spent.no_limit") if is_now else ""))
        counted = whole.spent if whole and is_now else bill.total.cost.known
        share = float(counted / cap) if cap else 0.0
        self._bar.show_share(share, int(spending.today[8:]) / month.length if is_now else None)
        ahead = likely_end(spending, month) if is_now else None
        self._bar.show_ahead(ahead, cap)
        self._show_ahead(ahead, month, bill)
        self._bar.setVisible(bool(cap))
        self._used.setText(text("costs.spent.used", percent=figures.percent(share)) if cap else "")
        days = {"n": int(spending.today[8:]), "of": month.length} if is_now and cap else {}  # below its bar
        self._passed.setText(text("costs.spent.passed", **days) if days else "")
        calls, free = bill.total.calls, bill.total.free_calls
        facts: list[tuple[str, str]] = []
        if whole and cap is not None:
            left = max(cap - whole.spent - whole.held, Decimal(0))
            held = figures.limit(whole.held)
            words = text("costs.spent.left_held", held=held) if whole.held else text("costs.spent.left")
            facts.append((figures.limit(left.quantize(_CENT)), words))
        if day and is_now:
            of = text("costs.spent.today_of", cap=figures.limit(day.cap)) if day.cap is not None else ""
            unit = max(bill.unit, unit_for(day.spent))
            spent = figures.part_of_bill(rounded(day.spent, unit), day.spent)
            if any(one.unknown for one in spending.sums if one.key[0] == spending.today):
                spent = text("figure.about", amount=spent)  # as limits count it
            facts.append((spent, of or text("costs.spent.today")))
        facts.append((figures.count(calls), text("costs.spent.calls", n=calls)))
        facts.append((figures.percent(free / calls) if calls else "–", text("costs.spent.free")))
        for at, (value, words) in enumerate(self._facts):
            shown = facts[at] if at < len(facts) else ("", "")
            value.setText(shown[0])
            words.setText(shown[1])
            for part in (value, words):
                part.setVisible(at < len(facts))

    def _show_ahead(self, ahead: Projection | None, month: Month, bill: Bill) -> None:
        """Named an estimate; nothing where too few days are over."""
        self._likely.setVisible(ahead is not None)
        if ahead is not None:
            low, high = (dollars(rounded(end, bill.unit)) for end in (ahead.low, ahead.high))
            self._likely.setVisible(low != high)  # on the month's last day there is nothing to guess
            day = day_in_month(month.day(month.length))
            code = "costs.spent.likely.counted" if bill.total.unknown else "costs.spent.likely"
            self._likely.setText(text(code, day=day, low=low, high=high))


def likely_end(spending: Spending, month: Month) -> Projection | None:
    """From what each day so far has cost; calls of unknown price are in it as limits count them."""
    by_day: defaultdict[str, Decimal] = defaultdict(Decimal)
    for one in spending.sums:
        by_day[one.key[0]] += one.counted if one.unknown else one.cost.known
    today = int(spending.today[8:])
    past = [by_day[month.day(number)] for number in range(1, today)]
    return projected(past, by_day[spending.today], month.length - today)


class _Bar(QWidget):
    """A track with a filled part, a tick where the month stands, and where it is likely to end."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self._tick: float | None = None
        self._ends: tuple[float, float, float] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(300, 18)

    def show_share(self, share: float, tick: float | None) -> None:
        self._share, self._tick = share, tick
        self.setAccessibleName(text("costs.spent.used", percent=figures.percent(share)))
        self.update()

    def show_ahead(self, ahead: Projection | None, cap: Decimal | None) -> None:
        """The end of the month as shares of the limit."""
        self._ends = None
        if ahead is not None and cap:
            low, likely, high = (
                float(min(end / cap, Decimal(1))) for end in (ahead.low, ahead.likely, ahead.high)
            )
            self._ends = low, likely, high
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF(0, 5, self.width(), 8)
        fill_rounded(painter, track, 4, look.input)
        tone = "error" if self._share >= 1 else "warning" if self._share > 0.8 else "done"
        if self._share > 0:
            filled = QRectF(track)
            filled.setWidth(max(8.0, track.width() * min(1.0, self._share)))
            fill_rounded(painter, filled, 4, look.state(tone).line)
        if self._ends is not None:
            low, likely, high = (track.width() * end for end in self._ends)
            painter.setOpacity(0.35)
            fill_rounded(painter, QRectF(low, 6, max(4.0, high - low), 6), 3, look.state(tone).line)
            painter.setOpacity(1.0)
            fill_rounded(
                painter, QRectF(min(likely, track.width() - 4) - 4, 5, 8, 8), 4, look.state(tone).line
            )
        if self._tick is not None:
            at = track.width() * self._tick
            fill_rounded(painter, QRectF(at - 1, 1, 2, 16), 1, look.text2)

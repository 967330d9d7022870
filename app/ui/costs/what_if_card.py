"""What a month would have cost, had one model answered every call: an estimate, with how it was computed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app import figures
from app.adapters.model_names import short_name
from app.adapters.shelf import ModelLine, Shelf
from app.costs.bill import Line
from app.costs.ledger import Sum
from app.costs.one_model import OnOneModel, on_one_model
from app.costs.shares import parts_of, rounded, unit_for
from app.costs.spending import Spending
from app.texts import text
from app.ui import fonts
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_text, fill_rounded
from app.ui.costs.amounts import about, dollars, line_cost
from app.ui.costs.card import CostsCard
from app.ui.costs.month import Month
from app.ui.model_words import day_words
from app.ui.model_words import dollars as price_dollars
from app.ui.plain import one_line
from app.ui.widgets.plain_label import PlainLabel

_OTHERS = 3  # models beside the chosen one
_AMOUNT = 92.0  # room for an amount, if it needs no more


class WhatIfCard(CostsCard):
    """Only models of known price are offered; it says nothing about quality, which a replay shows (`replay_wanted`)."""

    replay_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("fact")
        self._lines: list[ModelLine] = []
        self._sums: Sequence[Sum] = ()
        self._paid = Line("", "")
        self._month = Month(2026, 1)
        self._date = ""
        self._estimate = PlainLabel(role="small")
        self.head.addWidget(self._estimate)
        self._label = PlainLabel(role="label")
        self.models = QComboBox()
        self.models.currentIndexChanged.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self._label)
        row.addWidget(self.models, 1)
        self._bars = _Bars()
        self._computed = PlainLabel(role="section")
        self._words = PlainLabel(role="label", wrap=True)
        self._quality = PlainLabel(role="muted", wrap=True)
        self.content.addLayout(row)
        self.replay = QPushButton()
        self.replay.clicked.connect(self.replay_wanted)
        for part in (self._bars, self._computed, self._words, self._quality):
            self.content.addWidget(part)
        self.content.addWidget(self.replay, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addStretch(1)

    def show_month(self, spending: Spending, month: Month, shelf: Shelf) -> None:
        """The month that is asked about, and the models that could have answered."""
        self._sums, self._paid, self._month = spending.lengths, spending.bill().total, month
        self._date = shelf.prices_of
        known = [line for line in shelf.models if line.price is not None or line.price_state == "free"]
        self._lines = sorted(
            (line for line in known if not line.problem), key=lambda line: self._would(line).amount
        )
        chosen = self.models.currentData()
        self.models.blockSignals(True)
        self.models.clear()
        for line in self._lines:
            self.models.addItem(
                text("costs.what_if.every", model=one_line(short_name(line.name))),
                (line.connection, line.model),
            )
        at = self.models.findData(chosen)
        first = next((i for i, line in enumerate(self._lines) if line.price_state == "priced"), 0)
        self.models.setCurrentIndex(at if at >= 0 else first if self._lines else -1)
        self.models.blockSignals(False)
        self.title.setText(text("costs.what_if", month=month.name))
        self._estimate.setText(text("costs.estimate"))
        self._label.setText(text("costs.what_if.model"))
        self.models.setAccessibleName(text("costs.what_if.model"))
        self._computed.setText(text("costs.how_computed"))
        self.replay.setText(text("costs.replay"))
        self._choose()

    def _choose(self) -> None:
        at = self.models.currentIndex()
        has = 0 <= at < len(self._lines) and self._paid.usage.total > 0
        for part in (self._bars, self._computed, self._quality):
            part.setVisible(has)
        if not has:
            code = "costs.what_if.no_calls" if self._lines else "costs.what_if.no_models"
            self._words.setText(text(code, month=self._month.name))
            return
        chosen = self._lines[at]
        others = [line for line in self._lines if line is not chosen][-_OTHERS:]
        rows = [
            (
                text("costs.what_if.was", month=self._month.words),
                line_cost(self._paid),
                float(self._paid.cost.known),
                False,
            )
        ]
        for line in (chosen, *others):
            cost = self._would(line).amount
            amount = text("figure.free") if line.price_state == "free" else about(cost)
            rows.append((one_line(line.name), amount, float(cost), line is chosen))
        self._bars.show_rows(rows)
        self._words.setText(self._how(chosen))
        self._quality.setText(text("costs.what_if.quality"))

    def _how(self, line: ModelLine) -> str:
        if line.input_price is None or line.output_price is None:
            return text("costs.what_if.free")
        would = self._would(line)
        unit = unit_for(would.amount)
        whole = rounded(would.amount, unit)
        own, first, second = map(dollars, parts_of([would.own, would.input, would.output], whole, unit))
        if not would.calls:
            return text("costs.what_if.own", calls=figures.count(would.own_calls), whole=dollars(whole))
        words = text(
            "costs.what_if.how_own" if would.own_calls else "costs.what_if.how",
            tokens_in=figures.count(would.usage.input),
            tokens_out=figures.count(would.usage.output),
            price_in=price_dollars(line.input_price),
            price_out=price_dollars(line.output_price),
            date=day_words(self._date),
            calls=figures.count(would.own_calls),
            own=own,
            first=first,
            second=second,
            whole=dollars(whole),
        )
        return words if would.is_plain else f"{words}\n{text('costs.what_if.special')}"

    def _would(self, line: ModelLine) -> OnOneModel:
        if line.price is None:  # free
            return OnOneModel()
        return on_one_model(self._sums, (line.connection, line.model), line.price)


class _Bars(QWidget):
    """Rows of name, bar and amount; the chosen one is strong."""

    _ROW = 26

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[str, str, float, bool]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: list[tuple[str, str, float, bool]]) -> None:
        self._rows = rows
        self.setAccessibleName("; ".join(f"{name}: {amount}" for name, amount, _, _ in rows))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self._ROW * len(self._rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, language = appearance().theme, appearance().language
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((value for _, _, value, _ in self._rows), default=0) or 1
        metrics = fonts.metrics(fonts.LABEL_STRONG, language)
        amounts = max([_AMOUNT, *(metrics.horizontalAdvance(amount) + 8 for _, amount, _, _ in self._rows)])
        for at, (name, amount, value, chosen) in enumerate(self._rows):
            row = QRectF(0, at * self._ROW, self.width(), self._ROW)
            style = fonts.LABEL_STRONG if chosen else fonts.LABEL
            names = row.width() * 0.32
            ink = look.text if chosen else look.text2
            draw_text(painter, QRectF(0, row.top(), names - 8, self._ROW), name, style, ink, language)
            right = Qt.AlignmentFlag.AlignRight
            words = QRectF(row.right() - amounts, row.top(), amounts, self._ROW)
            draw_text(
                painter,
                words,
                amount,
                fonts.TextStyle(12, style.weight, tabular=True),
                look.text,
                language,
                right,
            )
            track = QRectF(names, row.center().y() - 3.5, row.width() - names - amounts - 10, 7)
            fill_rounded(painter, track, 3.5, look.input)
            track.setWidth(max(3.0, track.width() * value / most) if value else 0)
            if value:
                fill_rounded(painter, track, 3.5, look.accent if chosen else look.muted)

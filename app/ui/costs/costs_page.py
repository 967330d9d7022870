"""The Costs page: the month with its limit, its days, its causes; at the right what is unknown, saved, and what if."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.adapters.shelf import NO_SHELF, Shelf
from app.costs.bill import Model
from app.costs.ledger import CONNECTION_TESTS
from app.costs.savings import CASCADE
from app.costs.spending import Spending
from app.document.problem import Problem
from app.hindsight.replay import REPLAY, Replayed
from app.texts import text
from app.ui.appearance import appearance
from app.ui.costs.card import CostsCard
from app.ui.costs.cost_tree import CostTree, Split, Title
from app.ui.costs.day_bars import DayBars, Measure
from app.ui.costs.legend import Legend
from app.ui.costs.model_colours import ModelColours
from app.ui.costs.month import Month, day_in_month
from app.ui.costs.side_cards import SavedCard, UnknownCard
from app.ui.costs.spent_card import SpentCard
from app.ui.costs.what_if_card import WhatIfCard
from app.ui.icons import icon
from app.ui.problem_words import in_short
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.segmented import Segmented

_SIDE = 540
_NARROW = 1500  # below, the right column goes under the left one
_SPLITS = ("workflow", "model", "connection", "day")
_MEASURES = ("money", "calls", "tokens")


class CostsPage(QScrollArea):
    """Emits `month_wanted(Month)`, `limits_wanted`, `export_wanted`, `replay_wanted(workflow, step)`,
    `price_wanted(models)` and `calls_wanted(day, model, unknown)`. It shows what it is given and asks nothing.
    """

    month_wanted = Signal(object)
    limits_wanted = Signal()
    export_wanted = Signal()
    replay_wanted = Signal(str, str)
    price_wanted = Signal(object)
    calls_wanted = Signal(str, object, bool)

    def __init__(self, title: Title, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("costs")
        self._replays: Sequence[Replayed] = ()
        self._spending = Spending()
        self._before = Spending()
        self._shelf: Shelf = NO_SHELF
        self._month = Month(2026, 1)
        self._colours = ModelColours()
        self._day = ""
        self._model: Model | None = None
        self._make_parts(title)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._lay_out()
        appearance().changed.connect(self._show)

    def show_month(
        self,
        month: Month,
        spending: Spending,
        before: Spending,
        shelf: Shelf,
        replays: Sequence[Replayed] = (),
    ) -> None:
        """A month, the one before it for the question what another model would have cost, the models there are, and
        what replays have found.
        """
        self._replays = replays
        if month != self._month:
            self._day, self._model = "", None
        self._month, self._spending, self._before, self._shelf = month, spending, before, shelf
        self._fault.setText("")
        self._show()

    def show_problems(self, problems: tuple[Problem, ...]) -> None:
        """What was shown before stays."""
        self._fault.setText(in_short(problems))
        self._fault.setVisible(True)

    def _make_parts(self, title: Title) -> None:
        self._name = PlainLabel(role="display")
        self._back, self._on = QToolButton(), QToolButton()
        self._back.clicked.connect(lambda: self.month_wanted.emit(self._month.moved(-1)))
        self._on.clicked.connect(lambda: self.month_wanted.emit(self._month.moved(1)))
        self._month_name = PlainLabel(role="strong")
        self._month_name.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._month_name.setMinimumWidth(132)
        self._span = PlainLabel(role="muted")
        self._limits, self._export = QPushButton(), QPushButton()
        self._limits.clicked.connect(self.limits_wanted)
        self._export.clicked.connect(self.export_wanted)
        self._fault = PlainLabel(role="error", wrap=True)
        self._fault.hide()
        self._spent = SpentCard()
        self._days = CostsCard()
        self.measure = Segmented([(one, one) for one in _MEASURES])
        self._legend = Legend()
        self.bars = DayBars()
        self._days.head.addWidget(self.measure)
        self._days.content.addWidget(self._legend)
        self._days.content.addWidget(self.bars, 1)
        self.measure.chosen.connect(self._measured)
        self._causes = CostsCard()
        self.split = Segmented([(one, one) for one in _SPLITS])
        self.tree = CostTree(title)
        self._filter = QPushButton()
        vary(self._filter, kind="link")
        self._filter.clicked.connect(self._unfilter)
        self._calls = QPushButton()
        vary(self._calls, kind="link")
        self._calls.clicked.connect(self._show_calls)
        self._causes.head.addWidget(self._filter)
        self._causes.head.addWidget(self._calls)
        self._causes.head.addWidget(self.split)
        self._causes.content.addWidget(self.tree)
        self.split.chosen.connect(self._show_causes)
        self._unknown, self._saved, self.what_if = UnknownCard(), SavedCard(), WhatIfCard()
        self._unknown.price_wanted.connect(self.price_wanted)
        self._unknown.calls_wanted.connect(partial(self.calls_wanted.emit, "", None, True))
        for card in (self._saved, self.what_if):
            card.replay_wanted.connect(self._replay)
        self._nothing = PlainLabel(role="muted", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setMinimumHeight(160)
        self.bars.chosen.connect(self._choose_day)
        self.tree.day_chosen.connect(self._choose_day)
        self._legend.chosen.connect(self._choose_model)
        self.tree.model_chosen.connect(self._choose_model)
        self.tree.itemExpanded.connect(self._fit_tree)
        self.tree.itemCollapsed.connect(self._fit_tree)

    def _lay_out(self) -> None:
        page = QWidget()
        vary(page, role="app")
        head = QHBoxLayout()
        head.setSpacing(10)
        for part in (self._name, self._back, self._month_name, self._on, self._span):
            head.addWidget(part)
        head.addStretch(1)
        head.addWidget(self._limits)
        head.addWidget(self._export)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(16)
        for part in (self._spent, self._days, self._causes, self._nothing):
            left.addWidget(part)
        left.addStretch(1)
        for part in (self._unknown, self._saved, self.what_if):
            right.addWidget(part)
        right.addStretch(1)
        self._side = QWidget()
        right.setContentsMargins(0, 0, 0, 0)
        self._side.setLayout(right)
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._columns.setSpacing(16)
        self._columns.addLayout(left, 1)
        self._columns.addWidget(self._side)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 18, 24, 20)
        column.setSpacing(16)
        column.addLayout(head)
        column.addWidget(self._fault)
        column.addLayout(self._columns)
        column.addStretch(1)
        self.setWidget(page)
        self._arrange()

    def _show(self) -> None:
        self._retext()
        spending, month = self._spending, self._month
        has = bool(spending.sums)
        self._colours = ModelColours(spending.bill())
        for part in (self._days, self._causes, self._saved):
            part.setVisible(has)
        self._nothing.setVisible(not has)
        self._spent.show_month(spending, month)
        self._unknown.show_spending(spending)
        self._saved.show_spending(spending, self._replays)
        self.what_if.setVisible(bool(self._before.bill().total.calls))
        self.what_if.show_month(self._before, month.moved(-1), self._shelf)
        side = (self._unknown, self._saved, self.what_if)
        self._side.setVisible(any(part.isVisibleTo(self._side) for part in side))
        self._show_days()
        self._show_causes()

    def _show_calls(self) -> None:
        """Those of the day and model that were picked."""
        self.calls_wanted.emit(self._day, self._model, False)

    def _replay(self) -> None:
        """Of the cascade with most calls, else of the dearest workflow in which there is something to replay."""
        found = self._spending if self._spending.sums else self._before
        workflows = [line for line in found.bill().workflows if line.key not in (REPLAY, CONNECTION_TESTS)]
        steps = [(line.key, step) for line in workflows for step in line.inner if step.type == CASCADE]
        top = max(steps, key=lambda one: one[1].calls, default=None)
        if top is not None:
            self.replay_wanted.emit(top[0], top[1].key)
        elif workflows:
            self.replay_wanted.emit(workflows[0].key, "")

    def _show_days(self) -> None:
        spending, day = self._spending, self._spending.standing("day")
        chart = spending.bill(model=self._model)
        self._legend.show_models(spending.bill(self._day).models, self._colours, self._model)
        limit = day.cap if day else None
        self.bars.show_bill(chart, self._month, self._colours, limit, spending.today, self._day)

    def _show_causes(self) -> None:
        words = " · ".join(
            filter(
                None, (day_in_month(self._day) if self._day else "", self._model[1] if self._model else "")
            )
        )
        self._filter.setVisible(bool(words))
        self._filter.setText(text("costs.only", what=words))
        bill = self._spending.bill(self._day, self._model)
        self._calls.setVisible(bool(words) and bill.total.calls > 0)
        self._calls.setText(text("costs.calls.show", n=bill.total.calls))
        split: Split = self.split.value()  # type: ignore[assignment]
        self._causes.title.setText(text(f"costs.causes.{split}"))
        self.tree.show_bill(bill, split, self._colours)
        self._fit_tree()

    def _fit_tree(self, _: object = None) -> None:
        self.tree.setFixedHeight(self.tree.content_height() + 8)

    def _measured(self, measure: str) -> None:
        chosen: Measure = measure  # type: ignore[assignment]
        self.bars.show_measure(chosen)

    def _choose_day(self, day: str) -> None:
        self._day = day
        self._show_days()
        self._show_causes()

    def _choose_model(self, model: Model | None) -> None:
        self._model = model
        self._show_days()
        self._show_causes()

    def _unfilter(self) -> None:
        self._day, self._model = "", None
        self._show_days()
        self._show_causes()

    def _retext(self) -> None:
        month, today = self._month, self._spending.today
        look = appearance().theme
        self._name.setText(text("costs.title"))
        self._month_name.setText(month.name)
        now = Month.of(today) if today else month
        self._on.setEnabled(month < now)
        self._span.setText(text("costs.today", day=day_in_month(today)) if today and month == now else "")
        for button, glyph, code in (
            (self._back, "chevron-left", "costs.month.back"),
            (self._on, "chevron-right", "costs.month.on"),
        ):
            button.setIcon(icon(glyph, look.text2, look.border_strong, 16))
            button.setToolTip(text(code))
            button.setAccessibleName(text(code))
        for button, glyph, code in (
            (self._limits, "wallet", "costs.limits"),
            (self._export, "download", "costs.export"),
        ):
            button.setIcon(icon(glyph, look.text2, look.muted, 16))
            button.setText(f" {text(code)}")
        self._export.setEnabled(bool(self._spending.sums))
        self._days.title.setText(text("costs.by_day"))
        self.measure.set_options([(one, text(f"costs.measure.{one}")) for one in _MEASURES])
        self.split.set_options([(one, text(f"costs.split.{one}")) for one in _SPLITS])
        self._nothing.setText(text("costs.nothing", month=month.name))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < _NARROW
        self._columns.setDirection(
            QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        )
        self._side.setMinimumWidth(0 if narrow else _SIDE)
        self._side.setMaximumWidth(16777215 if narrow else _SIDE)
        self._span.setVisible(self.width() >= 1000)

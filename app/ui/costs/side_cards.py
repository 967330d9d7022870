"""The right column of the Costs page: calls of unknown cost, and what was saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import figures
from app.costs.bill import Model
from app.costs.break_even import agreed
from app.costs.ledger import NOTHING
from app.costs.savings import Saving
from app.costs.shares import rounded, unit_for
from app.costs.spending import Spending
from app.hindsight.replay import Replayed
from app.texts import listed, text
from app.ui.costs.amounts import about, dollars
from app.ui.costs.card import CostsCard
from app.ui.model_words import day_words
from app.ui.plain import one_line
from app.ui.style_sheet import vary
from app.ui.widgets.plain_label import PlainLabel
from app.ui.widgets.state_icon import StateIcon

_CENT = Decimal("0.01")
_FINE = Decimal("0.0001")


class UnknownCard(CostsCard):
    """Says how many calls are not in the totals and what limits count for them: those without a price, with their
    models, and those that were under way when a run broke off. `price_wanted` carries those models, as pairs of
    connection and model; `calls_wanted`: the calls are to be seen.
    """

    price_wanted = Signal(object)
    calls_wanted = Signal()

    def __init__(self) -> None:
        super().__init__("banner")
        self._words = PlainLabel(role="label", wrap=True)
        self._more = PlainLabel(role="muted", wrap=True)
        self.head.insertWidget(0, StateIcon("triangle-alert", "warning", 20))
        self.content.addWidget(self._words)
        self._broken_off = PlainLabel(role="muted", wrap=True)
        self.content.addWidget(self._more)
        self.content.addWidget(self._broken_off)
        self._unpriced: list[Model] = []
        self.give, self.calls = QPushButton(), QPushButton()
        self.give.clicked.connect(self._give)
        self.calls.clicked.connect(self.calls_wanted)
        row = QHBoxLayout()
        row.setSpacing(16)
        for button in (self.give, self.calls):
            vary(button, kind="link")
            row.addWidget(button)
        row.addStretch(1)
        self.content.addLayout(row)

    def _give(self) -> None:
        self.price_wanted.emit(tuple(self._unpriced))

    def show_spending(self, spending: Spending) -> None:
        whole = spending.whole or NOTHING
        n = whole.unknown - whole.broken_off
        unpriced, counted = spending.unpriced, spending.counted_unpriced
        models = sorted({" · ".join(filter(None, (one.key[4], one.key[3]))) for one in unpriced})
        self.setVisible(bool(whole.unknown))
        self.title.setText(
            text("costs.unknown", n=n) if n else text("costs.broken_off.title", n=whole.broken_off)
        )
        self._unpriced = sorted({(one.key[3], one.key[4]) for one in unpriced})
        self.give.setText(text("costs.price.give"))
        self.calls.setText(text("costs.calls.show", n=whole.unknown))
        self._words.setText(listed(models))
        self._more.setText(text("costs.unknown.more", n=n, amount=figures.limit(counted)))
        for part in (self._words, self._more, self.give):
            part.setVisible(bool(n))
        self._broken_off.setText(figures.broken_off_words(whole))
        self._broken_off.setVisible(bool(whole.broken_off))


class SavedCard(CostsCard):
    """Each saving with how it was computed, and whether that is exact. `replay_wanted`: it shall be measured."""

    replay_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._total = PlainLabel(role="title")
        self.head.addWidget(self._total)
        self._lines = {by: _SavedLine() for by in ("cache", "cascade", "provider")}
        for line in self._lines.values():
            self.content.addWidget(line)
        self._measured = PlainLabel(role="label", wrap=True)
        self.replay = QPushButton()
        vary(self.replay, kind="link")
        self.replay.clicked.connect(self.replay_wanted)
        self.content.insertWidget(3, self._measured)
        self.content.insertWidget(4, self.replay, 0, Qt.AlignmentFlag.AlignLeft)
        self.content.addStretch(1)

    def show_spending(self, spending: Spending, replays: Sequence[Replayed] = ()) -> None:
        savings = spending.savings
        mine = {one.key[0] for one in spending.sums if one.key} | {one.key[0] for one in spending.workflows}
        found = next((one for one in replays if one.workflow_id in mine), None)
        self._measured.setText(_measured_words(found) if found else "")
        self._measured.setVisible(found is not None)
        self.replay.setText(text("costs.replay.again" if found else "costs.replay"))
        self.title.setText(text("costs.saved"))
        self._total.setText(_total(savings))
        for saving in savings:
            self._lines[saving.by].show_saving(saving)


def _total(savings: Sequence[Saving]) -> str:
    counted = [one for one in savings if one.counts_any]
    if any(one.unknown for one in savings) and not counted:
        return text("figure.unknown")
    total = sum((one.amount for one in savings), Decimal(0))
    shown = _amount(total) if all(one.how == "exact" for one in counted) else about(total)
    return text("figure.and_unknown", amount=shown) if any(one.unknown for one in savings) else shown


def _measured_words(found: Replayed) -> str:
    asked = sum(row.strong is not None for row in found.rows)
    return text(
        "costs.replay.found",
        n=asked,
        workflow=one_line(found.workflow),
        model=one_line(found.model),
        same=agreed(found.rows),
        paid=figures.known_money(found.told.cascade),
        strong=figures.known_money(found.told.strong if found.known else None),
        day=day_words(dt.datetime.fromtimestamp(found.at).astimezone().date().isoformat()),
    )


class _SavedLine(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._name = PlainLabel(role="strong")
        self._how = PlainLabel(role="small")
        self._amount = PlainLabel(role="done")
        self._computed = PlainLabel(role="section")
        self._words = PlainLabel(role="label", wrap=True)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._name)
        first.addWidget(self._how)
        first.addStretch(1)
        first.addWidget(self._amount, 0, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 4)
        column.setSpacing(2)
        column.addLayout(first)
        column.addWidget(self._computed)
        column.addWidget(self._words)

    def show_saving(self, saving: Saving) -> None:
        self._name.setText(text(f"costs.saved.{saving.by}"))
        self._how.setText(text(f"costs.how.{saving.how}"))
        self._how.setVisible(saving.counts_any)
        self._amount.setText(_saved_words(saving) or "–")
        vary(self._amount, role="done" if saving.amount > 0 else "strong")  # green is for what was saved
        self._computed.setText(text("costs.how_computed"))
        self._words.setText("\n".join(_sentences(saving)))


def _sentences(saving: Saving) -> Iterator[str]:
    code = f"costs.saved.{saving.by}"
    if saving.counts_any:
        yield text(
            f"{code}.how_written" if saving.written else f"{code}.how",
            answers=figures.count(saving.answers),
            tokens=figures.count(saving.tokens),
            written=figures.count(saving.written),
            otherwise=_amount(saving.otherwise),
            paid=_amount(saving.paid),
        )
    if saving.unknown:
        yield text(f"{code}.unknown", unknown=figures.count(saving.unknown))
    if saving.free:
        yield text(f"{code}.free", tokens=figures.count(saving.free))
    if not (saving.counts_any or saving.unknown or saving.free):
        yield text(f"{code}.none")


def _saved_words(saving: Saving) -> str:
    """The amount, as far as anybody can say; empty where there is none."""
    if saving.unknown and not saving.counts_any:
        return text("figure.unknown")
    shown = (_amount if saving.how == "exact" else about)(saving.amount) if saving.amount else ""
    if not saving.unknown:
        return shown
    return text("figure.and_unknown", amount=shown or dollars(saving.amount))


def _amount(amount: Decimal) -> str:
    """In cents, or finer where cents would say nothing."""
    unit = _CENT if abs(amount) >= _CENT or not amount else min(_FINE, unit_for(abs(amount)))
    return dollars(rounded(amount, unit))

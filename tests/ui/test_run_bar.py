"""The run bar: what a run has spent of its limit, and what it will have cost in the end."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pytestqt.qtbot import QtBot

from app.costs.cost import FREE, UNKNOWN, Cost
from app.events.run_events import RunStarted
from app.events.run_state import RunState
from app.forecast.outlook import Outlook
from app.texts import set_language
from app.ui.budget_bar import BudgetBar, Standing
from app.ui.run_bar import RunBar
from app.ui.widgets.plain_label import PlainLabel

CAP = Decimal("1.00")


@pytest.fixture
def bar(qtbot: QtBot) -> RunBar:
    set_language("en")
    made, run = RunBar(), RunState()
    qtbot.addWidget(made)
    run.apply(RunStarted("r", "w", "W", "d", "now", ("a",), 100))
    made.show_run(run, 3.0, {}, under_way=True, stopping=False)
    return made


def spent(usd: str) -> Cost:
    return Cost(Decimal(usd), "priced")


def money(bar: RunBar) -> str:
    """The words on the bar that speak of money."""
    shown = [label.text() for label in bar.findChildren(PlainLabel) if label.isVisibleTo(bar)]
    return next((words for words in shown if "$" in words or "price" in words), "")


def has_bar(bar: RunBar) -> bool:
    found = bar.findChild(BudgetBar)
    return found is not None and found.isVisibleTo(bar)


def test_it_says_what_is_spent_and_what_it_will_be_in_the_end(bar: RunBar) -> None:
    bar.show_money(spent("0.0312"), CAP, Outlook(Decimal("0.12"), is_whole=True))
    assert money(bar) == "$0.0312 of $1.00 · ≈ $0.1200 in the end"
    bar.show_money(spent("0.0312"), None, Outlook(Decimal("0.12"), is_whole=True))
    assert money(bar) == "$0.0312 spent · ≈ $0.1200 in the end"
    bar.show_money(spent("0.0312"), CAP, None)
    assert money(bar) == "$0.0312 of $1.00"
    assert has_bar(bar)


def test_a_run_that_costs_nothing_has_no_bar(bar: RunBar) -> None:
    bar.show_money(FREE, CAP, Outlook(Decimal(0), is_whole=True))
    assert money(bar) == ""
    assert not has_bar(bar)


def test_what_nobody_can_price_is_never_nothing(bar: RunBar) -> None:
    bar.show_money(UNKNOWN, CAP, Outlook(Decimal(0), is_whole=False))
    assert money(bar).startswith("price unknown · ")
    assert not has_bar(bar)
    bar.show_money(spent("0.01"), CAP, Outlook(Decimal("0.02"), is_whole=False))
    assert money(bar) == "$0.0100 of $1.00 · ≈ $0.0200 + unknown in the end"


@pytest.mark.parametrize(
    ("so_far", "expected", "tone"),
    [
        ("0.10", "0.20", "done"),
        ("0.10", "0.90", "warning"),
        ("0.10", "1.50", "warning"),
        ("1.00", "1.00", "error"),
    ],
)
def test_its_colour_says_how_close_the_limit_is(so_far: str, expected: str, tone: str) -> None:
    standing = Standing(Decimal(so_far), Decimal(expected), CAP)
    assert standing.tone == tone
    assert standing.share(Decimal("0.25")) == 0.25
    assert standing.share(Decimal(7)) == 1.0


def test_without_a_limit_it_fills_up_to_what_is_expected() -> None:
    standing = Standing(Decimal("0.10"), Decimal("0.40"), None)
    assert (standing.share(Decimal("0.10")), standing.tone) == (0.25, "done")
    assert Standing(Decimal(0), Decimal(0), None).share(Decimal(0)) == 0.0

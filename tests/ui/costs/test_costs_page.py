"""The Costs page: what it shows adds up, and a day or a model that is picked is all that it shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTreeWidgetItem

from app import texts
from app.adapters.shelf import ModelLine, Shelf
from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.ledger import BROKEN_OFF, CONNECTION_TESTS, Entry, Origin
from app.costs.limits import Cap, Caps, standings
from app.costs.memory_ledger import MemoryLedger
from app.costs.price import Price, cached_saving, cost_of
from app.costs.spending import Spending, spending_of
from app.costs.usage import Usage
from app.processes.messages import CallLine, CallList
from app.ui.appearance import appearance
from app.ui.costs.calls_dialog import CallsDialog
from app.ui.costs.costs_page import CostsPage
from app.ui.costs.month import Month
from app.ui.costs.price_dialog import PriceDialog
from app.ui.costs.spent_card import likely_end
from app.ui.widgets.column_widths import column_widths

MONTH = Month(2026, 11)
PRICE = Price(Decimal("0.000003"), Decimal("0.000015"), Decimal("0.0000003"), written=Decimal("0.00000375"))
OPUS = Price(Decimal("0.000005"), Decimal("0.000025"))
SHELF = Shelf(
    models=(
        ModelLine("Work", "openai", "opus", "cloud", "", "", "priced", Decimal(5), Decimal(25), price=OPUS),
        ModelLine("Work", "openai", "odd", "cloud"),
    ),
    prices_of="2026-11-18",
)


def booked() -> MemoryLedger:
    ledger = MemoryLedger()
    third = Decimal(1) / 3
    for number in range(40):
        model, local = ("small", True) if number % 4 == 0 else ("opus" if number % 4 == 1 else "haiku", False)
        origin = Origin(
            "r",
            f"w{number % 3}",
            f"Flow {number % 3}",
            f"n{number % 4}",
            f"Step {number % 4}",
            "model.text",
            "" if local else "Work",
            model,
            free=local,
        )
        cost = FREE if local else Cost(third * (number + 1) / 7, "priced")
        ledger.book(
            Entry(
                origin,
                float(number),
                f"2026-11-{number % 20 + 1:02}",
                f"#{number}",
                "call",
                Usage(1000, 100),
                cost,
                cost.known,
                1.0,
            )
        )
    odd = Origin("r", "w1", "Flow 1", "n9", "Odd", "model.text", "Work", "odd")
    ledger.book(Entry(odd, 99.0, "2026-11-17", usage=Usage(9, 9), cost=UNKNOWN, counted=Decimal("0.04")))
    return ledger


def spent(ledger: MemoryLedger, month: Month = MONTH, cap: int | None = 30) -> Spending:
    caps = Caps(Cap(Decimal(2), None if cap is None else Decimal(cap)))
    limits = standings(
        caps, "2026-11-20", {("2026-11-20", "Work"): Decimal("1.31")}, {"Work": Decimal("0.04")}
    )
    return asyncio.run(spending_of(ledger, month.days, "2026-11-20", limits))


@pytest.fixture
def page(qapp: QApplication) -> Iterator[CostsPage]:
    made = CostsPage(lambda line: line.type)
    made.resize(1600, 1100)
    ledger = booked()
    made.show_month(MONTH, spent(ledger), spent(ledger), SHELF)
    made.show()
    QApplication.processEvents()
    yield made
    made.deleteLater()
    texts.set_language("en")


def cells(page: CostsPage, column: int) -> list[list[str]]:
    """The tree's texts: each line with those inside it."""
    found: list[list[str]] = []
    for at in range(page.tree.topLevelItemCount()):
        item = page.tree.topLevelItem(at)
        assert isinstance(item, QTreeWidgetItem)
        inner = [item.child(i) for i in range(item.childCount())]
        found.append([item.text(column), *(one.text(column) for one in inner if one)])
    return found


def cents(words: str) -> Decimal:
    found = re.search(r"[\d,]+\.\d+", words)
    return Decimal(found[0].replace(",", "")) if found else Decimal(0)


def said(page: CostsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel) if label.isVisibleTo(page))


def test_tests_of_connections_have_a_line_of_their_own(page: CostsPage) -> None:
    ledger = booked()
    origin = Origin("", CONNECTION_TESTS, "", "Work", "Work", CONNECTION_TESTS, "Work", "opus")
    cost = Cost(Decimal("0.5"), "priced")
    ledger.book(Entry(origin, 99.0, "2026-11-18", usage=Usage(12, 5), cost=cost, counted=cost.known))
    page.show_month(MONTH, spent(ledger), spent(ledger), SHELF)
    QApplication.processEvents()
    lines = [line for line in cells(page, 0) if line[0] == "Tests of connections"]
    assert lines == [["Tests of connections", "Work"]]
    at = [line[0] for line in cells(page, 0)].index("Tests of connections")
    assert (cells(page, 2)[at][0], cells(page, 5)[at]) == ("", ["$0.50", "$0.50"]), "they are no rows"


@pytest.mark.parametrize("split", ["workflow", "model", "connection", "day"])
def test_every_split_adds_up_to_the_same_total(page: CostsPage, split: str) -> None:
    page.split.set_value(split)
    page.split.chosen.emit(split)
    *lines, (total,) = cells(page, 5)
    assert sum(cents(line[0]) for line in lines) == cents(total)
    for line in lines:
        if len(line) > 1:
            assert sum(map(cents, line[1:])) == cents(line[0])
    *shares, (whole,) = cells(page, 6)
    assert whole == "100.0%"
    assert sum(cents(share[0]) for share in shares) == 100
    assert f"${cents(total)}" in said(page), "and it is the figure at the top"


def test_the_same_model_of_two_accounts_is_told_apart(page: CostsPage) -> None:
    ledger = booked()
    origin = Origin("r", "w1", "Flow 1", "n1", "Step 1", "model.text", "Hers", "opus")
    cost = Cost(Decimal("0.5"), "priced")
    ledger.book(Entry(origin, 99.0, "2026-11-18", usage=Usage(12, 5), cost=cost, counted=cost.known))
    page.show_month(MONTH, spent(ledger), spent(ledger), SHELF)
    page.split.set_value("model")
    page.split.chosen.emit("model")
    entries = [entry for entry in page.findChildren(QAbstractButton) if entry.isVisibleTo(page)]
    names = [entry.accessibleName().partition(",")[0] for entry in entries]
    assert {"opus · Hers", "opus · Work", "haiku"} <= set(names)
    assert "opus" not in names, "it would not say which"
    assert page.tree.headerItem().text(1) == "Connection"
    assert "By model" in said(page)


def test_a_dragged_column_of_the_bill_stays_so(page: CostsPage) -> None:
    page.resize(1600, 900)
    QApplication.processEvents()
    header, view = page.tree.header(), page.tree.header().viewport()
    whole = sum(header.sectionSize(at) for at in range(header.count()))
    assert whole == page.tree.viewport().width()
    width, line = header.sectionSize(1), header.sectionViewportPosition(1) + header.sectionSize(1) - 1
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(line, 8))
    QTest.mouseMove(view, QPoint(line - 20, 8))
    QTest.mouseMove(view, QPoint(line - 40, 8))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(line - 40, 8))
    assert header.sectionSize(1) == width - 40
    page.resize(1500, 900)
    QApplication.processEvents()
    assert header.sectionSize(1) == width - 40
    assert sum(header.sectionSize(at) for at in range(header.count())) == page.tree.viewport().width()
    column_widths().load({})


def test_a_day_that_is_picked_is_all_that_is_shown(page: CostsPage) -> None:
    before = cells(page, 3)[-1]
    QTest.keyClick(page.bars, Qt.Key.Key_Right)
    QTest.keyClick(page.bars, Qt.Key.Key_Right)
    QTest.keyClick(page.bars, Qt.Key.Key_Return)
    assert before == ["41"]
    assert cells(page, 3)[-1] == ["2"]
    QTest.keyClick(page.bars, Qt.Key.Key_Escape)
    assert cells(page, 3)[-1] == before
    area = page.bars._area()
    slot = page.bars._slot()
    spot = QPoint(round(area.left() + 16.5 * slot), round(area.center().y()))
    QTest.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=spot)
    assert cells(page, 3)[-1] == ["3"], "the 17th, with the call of unknown price"


def test_a_model_that_is_picked_is_all_that_is_shown(page: CostsPage) -> None:
    page.split.set_value("model")
    page.split.chosen.emit("model")
    item = page.tree.topLevelItem(0)
    assert item is not None
    name = item.text(0)
    page.tree.itemActivated.emit(item, 0)
    assert [line[0] for line in cells(page, 0)] == [name, "Total"]


def test_what_is_unknown_is_said_and_never_a_zero(page: CostsPage) -> None:
    words = said(page)
    assert "Unknown prices: 1 call" in words
    assert "$0.04" in words
    odd = next(line for line in cells(page, 0) if "Odd" in line)
    at = cells(page, 0).index(odd), odd.index("Odd")
    assert cells(page, 5)[at[0]][at[1]] == "unknown"


def test_what_was_under_way_when_a_run_broke_off_needs_no_price(page: CostsPage) -> None:
    ledger = booked()
    origin = Origin("r", "w1", "Flow 1", "n1", "Step 1", "model.text", "Work", "opus")
    for number in range(2):
        entry = Entry(origin, 100.0, "2026-11-17", f"#{number}", cost=UNKNOWN, counted=Decimal("0.25"))
        ledger.book(replace(entry, outcome=BROKEN_OFF))
    page.show_month(MONTH, spent(ledger), spent(MemoryLedger()), SHELF)
    words = said(page)
    assert "Unknown prices: 1 call" in words
    assert "2 calls were under way when a run broke off" in words
    assert "limits count $0.50" in words
    assert "$0.04" in words, "what limits count for the call without a price stands by itself"
    assert page._unknown.calls.text() == "Show the 3 calls"
    wanted: list[object] = []
    page.price_wanted.connect(wanted.append)
    page._unknown.give.click()
    assert wanted == [(("Work", "odd"),)]
    alone = MemoryLedger()
    alone.book(replace(entry, outcome=BROKEN_OFF))
    page.show_month(MONTH, spent(alone), spent(MemoryLedger()), SHELF)
    assert "Unknown costs: 1 call" in said(page)
    assert not page._unknown.give.isVisibleTo(page)


def test_a_month_of_which_nothing_is_known_is_unknown_and_not_nothing(page: CostsPage) -> None:
    ledger = MemoryLedger()
    origin = Origin("r", "w1", "Flow 1", "n9", "Odd", "model.text", "Work", "odd")
    ledger.book(Entry(origin, 99.0, "2026-11-17", usage=Usage(9, 9), cost=UNKNOWN, counted=Decimal("0.04")))
    page.show_month(MONTH, spent(ledger), spent(MemoryLedger()), SHELF)
    assert page._spent._amount.text() == "unknown"
    assert [line[-1] for line in cells(page, 5)] == ["unknown", "unknown"]
    assert "17 November: unknown" in page.bars.accessibleDescription()
    assert "unknown" in page.what_if._bars.accessibleName(), "as it was"


def test_what_cost_a_little_beside_much_is_no_zero(page: CostsPage) -> None:
    ledger = booked()
    origin = Origin("r", "w9", "Tiny", "n1", "Step", "model.text", "Work", "haiku")
    cost = Cost(Decimal("0.0004"), "priced")
    ledger.book(Entry(origin, 99.0, "2026-11-21", usage=Usage(9, 9), cost=cost, counted=cost.known))
    page.show_month(MONTH, spent(ledger), spent(MemoryLedger()), SHELF)
    (at,) = [at for at, line in enumerate(cells(page, 0)) if line[0] == "Tiny"]
    assert cells(page, 5)[at][0] == "< $0.01"
    assert cells(page, 6)[at][0] == "< 0.1%"
    assert "21 November: < $0.01" in page.bars.accessibleDescription()


def test_another_model_for_a_month_is_an_estimate_with_its_sum(page: CostsPage) -> None:
    """Ten calls it has answered itself, ten were free, and one has no price."""
    assert [page.what_if.models.itemData(i)[1] for i in range(page.what_if.models.count())] == ["opus"]
    words = said(page)
    own = sum((Decimal(number + 1) / 21 for number in range(1, 40, 4)), Decimal(0))
    into, out = 30 * 1000 + 9, 30 * 100 + 9
    whole = own + Decimal(into) * 5 / 1_000_000 + Decimal(out) * 25 / 1_000_000
    assert "10 calls it answered itself" in words
    assert f"= ${whole:.2f}" in words
    assert f"opus: ≈ ${whole:.2f}" in page.what_if._bars.accessibleName(), "and the bar says the same"
    assert "Estimate" in words
    assert "nothing about quality" in words


@pytest.mark.parametrize("output", [Decimal("5.025"), Decimal("5.035"), Decimal("0.00005")])
def test_the_bar_and_its_sum_are_rounded_alike(page: CostsPage, output: Decimal) -> None:
    ledger = MemoryLedger()
    origin = Origin("r", "w", "W", "n", "", "model.text", "Work", "haiku", PRICE)
    ledger.book(Entry(origin, 1.0, "2026-11-20", usage=Usage(0, 1_000_000), cost=Cost(Decimal(1), "priced")))
    price = Price(Decimal(0), output / 1_000_000)
    line = ModelLine("Work", "openai", "opus", "cloud", "", "", "priced", Decimal(0), output, price=price)
    page.show_month(MONTH, spent(ledger), spent(ledger), Shelf(models=(line,), prices_of="2026-11-18"))
    _, _, bar = page.what_if._bars.accessibleName().rpartition("≈ ")
    assert f"= {bar}." in said(page)


def test_on_the_model_that_answered_a_month_with_caching_it_is_the_bill(page: CostsPage) -> None:
    ledger = MemoryLedger()
    origin = Origin("r", "w", "W", "n", "", "model.text", "Work", "opus", PRICE)
    for number in range(20):
        usage = Usage(100_000, 100, 95_000)
        ledger.book(Entry(origin, float(number), "2026-11-20", usage=usage, cost=cost_of(usage, PRICE)))
    line = ModelLine(
        "Work", "openai", "opus", "cloud", "", "", "priced", Decimal(3), Decimal(15), price=PRICE
    )
    page.show_month(MONTH, spent(ledger), spent(ledger), Shelf(models=(line,), prices_of="2026-11-18"))
    assert "It answered all 20 calls itself: $0.9000 is what they cost." in said(page)
    assert "opus: ≈ $0.9000" in page.what_if._bars.accessibleName()


def test_without_free_calls_the_bars_take_the_room_of_their_strip(page: CostsPage) -> None:
    with_strip = page.bars._area().height()
    ledger = MemoryLedger()
    origin = Origin("r", "w1", "Flow 1", "n1", "Step 1", "model.text", "Work", "opus")
    cost = Cost(Decimal("0.5"), "priced")
    ledger.book(Entry(origin, 99.0, "2026-11-18", usage=Usage(12, 5), cost=cost, counted=cost.known))
    page.show_month(MONTH, spent(ledger), spent(ledger), SHELF)
    assert page.bars._area().height() == with_strip + 78
    page.bars.grab()


def test_the_bars_say_what_they_show(page: CostsPage) -> None:
    assert "November 2026" in page.bars.accessibleName()
    days = page.bars.accessibleDescription().splitlines()
    assert sum(cents(day) for day in days if day.startswith(tuple("123456789"))) == cents(
        cells(page, 5)[-1][0]
    )


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(("width", "narrow"), [(1000, True), (1600, False)])
def test_it_fits_wide_and_narrow_in_both_languages(
    page: CostsPage, language: str, width: int, narrow: bool
) -> None:
    appearance().set_language(language)
    page.resize(width, 900)
    QApplication.processEvents()
    inner = page.widget()
    assert inner is not None
    assert inner.width() <= page.viewport().width()
    side = page.what_if.mapTo(page, QPoint(0, 0)).x()
    assert (side < width / 2) == narrow


def test_a_month_without_calls_shows_the_limits_and_no_empty_chart(page: CostsPage) -> None:
    empty = MemoryLedger()
    page.show_month(MONTH, spent(empty), spent(empty), SHELF)
    assert not page.bars.isVisibleTo(page)
    assert "of $30.00" in said(page)
    assert "Nothing was spent in November 2026" in said(page)
    page.show_month(MONTH, spent(empty, cap=None), spent(empty), SHELF)
    assert "no limit for a month" in said(page)


def test_what_is_unknown_leads_to_its_calls_and_to_a_price(page: CostsPage) -> None:
    wanted: list[object] = []
    page.calls_wanted.connect(lambda *asked: wanted.append(asked))
    page.price_wanted.connect(wanted.append)
    page._unknown.calls.click()
    page._unknown.give.click()
    assert wanted == [("", None, True), (("Work", "odd"),)]
    assert page._unknown.calls.text() == "Show the 1 call"
    dialog = PriceDialog((("Work", "odd"),), page)
    given: list[object] = []
    dialog.given.connect(lambda *price: given.append(price))
    assert not dialog.keep.isEnabled()
    dialog.input.setValue(0.15)
    dialog.output.setValue(0.6)
    dialog.keep.click()
    assert given == [(("Work", "odd"), Decimal("0.1500"), Decimal("0.6000"))]


def test_a_day_that_is_picked_shows_its_calls(page: CostsPage) -> None:
    wanted: list[object] = []
    page.calls_wanted.connect(lambda *asked: wanted.append(asked))
    assert not page._calls.isVisible()
    page._choose_day("2026-11-03")
    assert page._calls.text() == "Show the 2 calls"
    page._calls.click()
    assert wanted == [("2026-11-03", None, False)]


@pytest.mark.parametrize(
    ("language", "outcome", "words"),
    [
        ("en", "call.stopped", "The run was stopped before the answer was there."),
        ("zh-CN", "call.ended", "回答到来之前已结束：不再需要它，或时间已到。"),
    ],
)
def test_a_call_that_was_ended_says_so_and_is_no_fault(
    page: CostsPage, language: str, outcome: str, words: str
) -> None:
    texts.set_language(language)
    line = CallLine(0.0, "Mail", "ask", "model.text", "Work", "opus", Usage(9, 1), FREE, 0.1, outcome)
    dialog = CallsDialog(CallList((line,)), lambda call: call.step, page)
    cell = dialog._cells(0)[-1]
    assert (cell.text, cell.tone) == (words, "muted")
    dialog.close()


def test_a_call_that_failed_says_where(page: CostsPage) -> None:
    line = CallLine(
        0.0, "Mail", "ask", "model.text", "Work", "opus", Usage(9), FREE, 0.1, "model.server_error"
    )
    dialog = CallsDialog(CallList((line,)), lambda call: call.step, page)
    assert dialog._cells(0)[-1].text == "Work has a fault of its own. It says: …"
    dialog.close()


def test_provider_caching_that_was_paid_is_no_free_one(page: CostsPage) -> None:
    usage = Usage(1_000_000, 1000, 900_000)
    for known in (PRICE, None):
        origin = Origin("r", "w", "W", "n", "", "model.text", "Work", "opus", known)
        ledger, cost = MemoryLedger(), cost_of(usage, known)
        ledger.book(
            Entry(
                origin, 1.0, "2026-11-20", usage=usage, cost=cost, cached_saving=cached_saving(usage, known)
            )
        )
        page.show_month(MONTH, spent(ledger), spent(MemoryLedger()), SHELF)
        words = said(page)
        assert "saved time, not money" not in words
        if known:
            assert "900,000 tokens that providers had read before were charged at their lower price." in words
            assert "$2.43" in words
        else:
            assert "900,000 tokens that providers had read before or kept have no known price" in words
            assert "exact" not in words


def test_the_end_of_the_month_is_named_an_estimate(page: CostsPage) -> None:
    words = page._spent._likely.text()
    assert words.startswith("Estimate: $")
    assert words.endswith("by 30 November (8 in 10), unknown prices as limits count them")
    page.show_month(MONTH.moved(-1), spent(booked()), spent(booked()), SHELF)
    assert page._spent._likely.isHidden(), "a month that is over has no end to guess"


def test_days_of_unknown_price_are_no_free_days_in_the_guess(page: CostsPage) -> None:
    ledger = MemoryLedger()
    origin = Origin("r", "w", "W", "n", "", "model.text", "Work", "odd")
    for day in range(1, 21):
        at, name = float(day), f"2026-11-{day:02}"
        ledger.book(Entry(origin, at, name, usage=Usage(9, 9), cost=UNKNOWN, counted=Decimal("0.10")))
    page.show_month(MONTH, spent(ledger), spent(MemoryLedger()), SHELF)
    ahead = likely_end(spent(ledger), MONTH)
    assert ahead is not None
    assert (ahead.low, ahead.high) == (3, 3), "ten days that are like the others"
    assert "$0.00" not in page._spent._amount.text()

"""Figures for people: never a zero for what cost something, never a total that isn't the sum of its parts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import figures, texts
from app.costs.bill import bill_of
from app.costs.cost import FREE, UNKNOWN, Cost, CostState
from app.costs.ledger import Sum


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.00", "$0.00"),
        ("0.00001", "< $0.0001"),
        ("0.0325", "$0.0325"),
        ("0.00005", "< $0.0001"),
        ("1234.5", "$1,234.5000"),
    ],
)
def test_money(amount: str, shown: str) -> None:
    assert figures.money(Decimal(amount)) == shown


def test_a_cost_says_how_well_it_is_known() -> None:
    assert figures.cost(FREE) == "free"
    assert figures.cost(UNKNOWN) == "unknown"
    assert figures.cost(Cost(Decimal("0.004"), "unknown")) == "$0.0040 + unknown"
    assert figures.cost(Cost(Decimal("0.004"), "estimated")) == "≈ $0.0040"
    assert figures.cost(Cost(Decimal("0.004"), "priced")) == "$0.0040"


@pytest.mark.parametrize(
    ("n", "shown"),
    [
        (0, "0"),
        (999, "999"),
        (1400, "1.4k"),
        (99_940, "99.9k"),
        (99_960, "100k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
    ],
)
def test_tokens(n: int, shown: str) -> None:
    assert figures.tokens(n) == shown


@pytest.mark.parametrize(
    ("time", "shown"),
    [(0.04, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (108, "1 min 48 s"), (7500, "2 h 5 min")],
)
def test_seconds(time: float, shown: str) -> None:
    assert figures.seconds(time) == shown


@pytest.mark.parametrize(
    ("share", "shown"), [(0.0, "0%"), (0.004, "< 1%"), (0.996, "> 99%"), (1.0, "100%"), (0.5, "50%")]
)
def test_percent_rounds_nothing_to_nothing_or_all(share: float, shown: str) -> None:
    assert figures.percent(share) == shown


@pytest.mark.parametrize(
    ("usd", "shown"), [("1", "$1.00"), ("0.5", "$0.50"), ("0.005", "$0.0050"), ("1500", "$1,500.00")]
)
def test_limits_are_short(usd: str, shown: str) -> None:
    assert figures.limit(Decimal(usd)) == shown


@given(st.lists(st.decimals(0, 1000, places=8), max_size=30))
def test_parts_add_up_to_the_rounded_total(amounts: list[Decimal]) -> None:
    parts = figures.parts(amounts)
    assert sum(parts, Decimal(0)) == sum(amounts, Decimal(0)).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
    assert all(abs(part - amount) < Decimal("0.0001") for part, amount in zip(parts, amounts, strict=True))


def test_figures_speak_the_language_chosen() -> None:
    texts.set_language("zh-CN")
    try:
        assert figures.seconds(108) == "1 分 48 秒"
        assert figures.cost(FREE) == "免费"
    finally:
        texts.set_language("en")


@pytest.mark.parametrize(
    ("sums", "amount", "share"),
    [
        ([("12.34", "priced"), ("0.05", "estimated"), ("0", "unknown")], "≈ $12.39", "100.0%"),
        ([("12.34", "priced"), ("0", "unknown")], "$12.34", "100.0%"),
        ([("0", "unknown")], "unknown", "–"),
        ([("0", "free")], "free", "–"),
        ([("0.0000004", "priced")], "$0.00000040", "100.0%"),
    ],
)
def test_a_bill_says_of_its_total_what_is_known(
    sums: list[tuple[str, CostState]], amount: str, share: str
) -> None:
    keys = [(f"2026-11-0{day}", "w", "n", "c", "m") for day in range(1, 9)]
    parts = [
        Sum(
            key,
            key,
            1,
            unknown=int(state == "unknown"),
            cost=Cost(Decimal(known), state),
            estimated=int(state == "estimated"),
        )
        for key, (known, state) in zip(keys, sums, strict=False)
    ]
    total = bill_of(parts).total
    assert (figures.line_amount(total), figures.line_share(total)) == (amount, share)


def test_a_small_part_of_a_bill_is_no_zero() -> None:
    keys = [(day, "w", "n", "c", "m") for day in ("2026-11-01", "2026-11-02")]
    costs = Cost(Decimal("9.999"), "priced"), Cost(Decimal("0.0004"), "priced")
    small = bill_of([Sum(key, key, 1, cost=cost) for key, cost in zip(keys, costs, strict=True)]).days[1]
    assert (figures.line_amount(small), figures.line_share(small)) == ("< $0.01", "< 0.1%")

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.costs.price import Price, cost_of, upper_bound
from app.costs.usage import Usage

amounts = st.decimals(0, "0.001", places=9)
tokens = st.integers(0, 500_000)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    input_, output = draw(tokens), draw(tokens)
    cached = draw(st.integers(0, input_))
    return Usage(input_, output, cached, draw(st.integers(0, output)), draw(st.integers(0, input_ - cached)))


plain = st.builds(
    Price, amounts, amounts, st.none() | amounts, st.none() | amounts, written=st.none() | amounts
)
prices = st.builds(
    lambda first, later: Price(first.input, first.output, first.cached, first.reasoning, ((200_000, later),)),
    plain,
    plain,
)


@given(prices, usages())
def test_no_call_costs_more_than_its_upper_bound(price: Price, usage: Usage) -> None:
    bound = upper_bound(usage, price)
    assert bound is not None
    assert Decimal(0) <= price.of(usage) <= bound


def test_each_part_is_counted_once_at_its_own_price() -> None:
    price = Price(
        Decimal("0.01"),
        Decimal("0.1"),
        cached=Decimal("0.001"),
        reasoning=Decimal(1),
        written=Decimal("0.02"),
    )
    assert price.of(Usage(10, 0, cached=4, written=5)) == Decimal("0.01") + Decimal("0.004") + Decimal("0.1")
    # 6 fresh and 4 cached in, 3 shown and 2 thought out
    assert (
        price.of(Usage(10, 5, cached=4, reasoning=2))
        == Decimal("0.06") + Decimal("0.004") + Decimal("0.3") + 2
    )


def test_a_part_without_a_price_of_its_own_costs_what_its_whole_costs() -> None:
    assert Price(Decimal(2), Decimal(3)).of(Usage(10, 5, cached=10, reasoning=5)) == 35


def test_a_long_input_changes_the_price_of_the_whole_call() -> None:
    price = Price(Decimal(1), Decimal(2), longer=((100, Price(Decimal(10), Decimal(20))),))
    assert price.of(Usage(100, 1)) == 102
    assert price.of(Usage(101, 1)) == 1030


def test_what_is_not_known_is_unknown_and_never_nothing() -> None:
    price = Price(Decimal(1), Decimal(1))
    assert cost_of(None, price).state == "unknown"
    assert cost_of(None, price).usd is None
    assert cost_of(Usage(1, 1), None).state == "unknown"
    assert cost_of(None, None).usd is None
    assert upper_bound(Usage(1, 1), None) is None


def test_what_is_free_is_free() -> None:
    assert cost_of(None, None, local=True).state == "free"
    assert cost_of(Usage(5, 5), Price(Decimal(0), Decimal(0))).state == "free"
    assert cost_of(Usage(5, 5), Price(Decimal(1), Decimal(1))).state == "priced"
    assert upper_bound(Usage(5, 5), None, local=True) == 0

"""What one model would have cost: on the model that answered, and on any that costs the same, it is the bill."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.costs.bill import FINEST, bill_of
from app.costs.cost import Cost
from app.costs.ledger import SHORT, Entry, Origin, Sum, length_of
from app.costs.memory_ledger import MemoryLedger
from app.costs.one_model import BY_LENGTH, on_one_model
from app.costs.price import Price, cost_of
from app.costs.usage import Usage
from tests.unit.costs.test_price import prices, usages

MINE = ("Work", "mine")


def entry(usage: Usage, price: Price | None, model: str = "mine", *, local: bool = False) -> Entry:
    """As it is booked: at the price that holds for its length."""
    booked = None if price is None else price.for_input(usage.input)
    origin = Origin("r", "w", "W", "n", "", "model.text", "Work", model, booked, local)
    return Entry(origin, 0.0, "2026-11-20", usage=usage, cost=cost_of(usage, booked, local=local))


def sums_of(entries: Sequence[Entry]) -> tuple[Sequence[Sum], Decimal]:
    """By length, and what the bill says of all of it."""
    ledger = MemoryLedger()
    for at, one in enumerate(entries):
        ledger.book(replace(one, at=float(at)))
    bill = bill_of(asyncio.run(ledger.sums(FINEST)))
    return asyncio.run(ledger.sums(BY_LENGTH)), bill.total.cost.known


@given(prices, st.lists(usages(), min_size=1, max_size=8))
def test_on_the_model_that_answered_everything_it_is_the_bill(price: Price, calls: list[Usage]) -> None:
    sums, bill = sums_of([entry(usage, price) for usage in calls])
    would = on_one_model(sums, MINE, price)
    assert (would.amount, would.own_calls, would.calls) == (bill, len(calls), 0)


@given(prices, st.lists(usages(), min_size=1, max_size=8))
def test_on_another_model_at_the_same_price_it_is_the_bill_too(price: Price, calls: list[Usage]) -> None:
    """Long inputs, known and kept tokens and thought ones among them."""
    sums, bill = sums_of([entry(usage, price, "twin") for usage in calls])
    would = on_one_model(sums, MINE, price)
    assert (would.amount, would.own_calls, would.calls) == (bill, 0, len(calls))


@given(prices, prices, st.lists(st.tuples(st.booleans(), usages()), min_size=1, max_size=8))
def test_what_it_answered_itself_counts_as_it_was_paid(
    then: Price, now: Price, calls: list[tuple[bool, Usage]]
) -> None:
    """Also where its price has changed since."""
    sums, _ = sums_of([entry(usage, then, "mine" if mine else "other") for mine, usage in calls])
    paid = sum((then.of(usage) for mine, usage in calls if mine), Decimal(0))
    others = sum((now.of(usage) for mine, usage in calls if not mine), Decimal(0))
    assert on_one_model(sums, MINE, now).amount == paid + others


def test_what_a_free_model_knew_is_new_to_one_that_charges() -> None:
    price = Price(Decimal(1), Decimal(10), cached=Decimal("0.1"))
    sums, _ = sums_of([entry(Usage(100, 1, 90), None, "local", local=True)])
    assert on_one_model(sums, MINE, price).amount == 110
    assert on_one_model(sums, MINE, price).is_plain


def test_its_own_calls_of_unknown_price_count_at_the_price_that_it_has_now() -> None:
    sums, bill = sums_of([entry(Usage(100, 1), None)])
    would = on_one_model(sums, MINE, Price(Decimal(1), Decimal(10)))
    assert (bill, would.amount, would.calls) == (0, 110, 1)
    billed = replace(entry(Usage(100, 1), None), cost=Cost(Decimal(7), "billed"))
    assert on_one_model(sums_of([billed])[0], MINE, Price(Decimal(1), Decimal(10))).amount == 7


@given(st.integers(SHORT, 10**6), st.integers(SHORT // 1000, 1000))
def test_the_length_of_a_call_says_which_price_holds(tokens: int, thousands: int) -> None:
    assert (length_of(tokens) * 1000 + 1 > thousands * 1000) == (tokens > thousands * 1000)

"""Savings: each is what it says it is, and what nobody knows is no zero and never exact."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.ledger import Entry, Origin, Sum
from app.costs.memory_ledger import MemoryLedger
from app.costs.price import Price, cached_saving, cost_of
from app.costs.savings import Saving, by_cache, by_cascades, by_provider
from app.costs.usage import Usage
from tests.unit.costs.test_price import prices, usages

MILLION = Decimal(1_000_000)
KEEPING = Price(3 / MILLION, 15 / MILLION, Decimal("0.3") / MILLION, written=Decimal("3.75") / MILLION)


def whole_of(*entries: Entry) -> Sum:
    ledger = MemoryLedger()
    for number, one in enumerate(entries):
        ledger.book(replace(one, at=float(number)))
    return asyncio.run(ledger.sums(()))[0]


def called(usage: Usage, price: Price | None, *, local: bool = False) -> Entry:
    origin = Origin("r", "w", "W", "n", "", "model.text", "C", "m", price, local)
    cost = cost_of(usage, price, local=local)
    return Entry(origin, 0.0, "2026-11-20", usage=usage, cost=cost, cached_saving=cached_saving(usage, price))


@given(st.lists(st.tuples(prices, usages()), min_size=1, max_size=6))
def test_provider_caching_saves_what_the_bill_without_it_would_have_been_more(
    calls: list[tuple[Price, Usage]],
) -> None:
    without = sum((price.of(replace(usage, cached=0, written=0)) for price, usage in calls), Decimal(0))
    whole = whole_of(*(called(usage, price.for_input(usage.input)) for price, usage in calls))
    assert by_provider(whole).amount == without - whole.cost.known


def test_what_keeping_has_cost_is_taken_off() -> None:
    """Nine times ten thousand tokens are kept for a quarter more, and read once for a tenth."""
    written, read = Usage(10_100, 10, 0, 0, 10_000), Usage(10_100, 10, 10_000)
    found = by_provider(whole_of(*[called(written, KEEPING)] * 9, called(read, KEEPING)))
    assert (found.amount, found.how) == (Decimal("-0.0405"), "exact")
    assert (found.tokens, found.written) == (10_000, 90_000)


def test_tokens_of_free_models_and_of_unknown_prices_are_told_apart() -> None:
    usage = Usage(1000, 10, 800)
    whole = whole_of(called(usage, None, local=True), called(usage, KEEPING), called(usage, None))
    found = by_provider(whole)
    assert (found.free, found.tokens, found.unknown) == (800, 800, 800)
    assert (found.usd, found.how) == (None, "estimate")
    assert by_provider(whole_of(called(usage, KEEPING))).usd == Decimal("0.00216")


def test_a_provider_that_says_its_own_amount_makes_the_saving_an_estimate() -> None:
    one = replace(called(Usage(1000, 10, 800), KEEPING), cost=Cost(Decimal("0.001"), "billed"))
    assert by_provider(whole_of(one)).how == "estimate"


def test_the_cache_has_saved_what_its_answers_cost_as_far_as_that_is_known() -> None:
    def hit(saved: Cost) -> Entry:
        return replace(called(Usage(), None), source="cache", cost=FREE, saved=saved)

    exact, guessed = Cost(Decimal(2), "priced"), Cost(Decimal(2), "estimated")
    assert by_cache(whole_of(hit(exact), hit(exact))) == Saving("cache", Decimal(4), "exact", 2)
    assert by_cache(whole_of(hit(guessed))).how == "estimate"
    found = by_cache(whole_of(hit(exact), hit(UNKNOWN)))
    assert (found.usd, found.amount, found.answers, found.unknown) == (None, 2, 1, 1)
    assert not by_cache(whole_of(hit(UNKNOWN))).counts_any


def test_a_cascade_is_compared_row_by_row_and_not_where_a_price_is_unknown() -> None:
    def row(paid: str, instead: Cost) -> Entry:
        one = called(Usage(), None)
        return replace(one, source="compared", cost=Cost(Decimal(paid), "priced"), saved=instead)

    whole = whole_of(row("0.1", Cost(Decimal(1), "priced")), row("1.1", Cost(Decimal(1), "priced")))
    found = by_cascades(whole)
    assert (found.otherwise, found.paid, found.amount, found.answers) == (
        2,
        Decimal("1.2"),
        Decimal("0.8"),
        2,
    )
    assert (whole.calls, whole.cost, whole.unknown) == (0, FREE, 0), "its cost stands at its calls"
    found = by_cascades(whole_of(row("0.1", UNKNOWN)))
    assert (found.usd, found.unknown, found.counts_any) == (None, 1, False)

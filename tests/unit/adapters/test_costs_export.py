"""The table of calls: whoever has it can do every sum again."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.costs_export import export_costs
from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.ledger import Days, Entry, Origin
from app.costs.memory_ledger import MemoryLedger
from app.costs.price import Price, cached_saving, cost_of
from app.costs.usage import Usage
from tests.unit.costs.test_price import prices, usages


def entry(at: float, usage: Usage, price: Price | None) -> Entry:
    origin = Origin("r", "w", "W", "n", "", "model.text", "C", "m", price)
    cost = cost_of(usage, price)
    return Entry(origin, at, "2026-11-20", usage=usage, cost=cost, cached_saving=cached_saving(usage, price))


def exported(entries: Sequence[Entry]) -> tuple[int, list[dict[str, str]]]:
    ledger = MemoryLedger()
    for one in entries:
        ledger.book(one)
    with TemporaryDirectory() as folder:
        path = Path(folder, "costs.csv")
        n = asyncio.run(export_costs(ledger, path, Days()))
        with path.open(encoding="utf-8-sig", newline="") as file:
            return n, list(csv.DictReader(file))


def amount(row: Mapping[str, str]) -> Decimal:
    """As somebody does it who has only the columns."""
    tokens = {name: int(row[f"tokens_{name}"]) for name in ("in", "out", "cached", "written", "reasoning")}
    price = {name: row[f"price_{name}"] for name in tokens}
    each = {name: Decimal(price[name] or price["out" if name == "reasoning" else "in"]) for name in tokens}
    fresh = tokens["in"] - tokens["cached"] - tokens["written"]
    return (
        each["in"] * fresh
        + each["cached"] * tokens["cached"]
        + each["written"] * tokens["written"]
        + each["out"] * (tokens["out"] - tokens["reasoning"])
        + each["reasoning"] * tokens["reasoning"]
    )


@given(st.lists(st.tuples(prices, usages()), min_size=1, max_size=5))
def test_every_amount_can_be_done_again_from_its_row(calls: list[tuple[Price, Usage]]) -> None:
    """A call is booked at the price that holds for its length."""
    booked = [
        entry(float(at), usage, price.for_input(usage.input)) for at, (price, usage) in enumerate(calls)
    ]
    n, rows = exported(booked)
    assert n == len(rows) == len(calls)
    for one, row in zip(booked, rows, strict=True):
        assert Decimal(row["cost_usd"]) == one.cost.known
        assert one.cost.state == "free" or amount(row) == one.cost.known


def test_what_nobody_knows_is_empty_and_no_zero() -> None:
    hit = Entry(entry(2, Usage(), None).origin, 2.0, "2026-11-20", source="cache", saved=UNKNOWN)
    _, (call, used_again) = exported([entry(1, Usage(1000, 10, 800), None), hit])
    assert (call["cost_usd"], call["cached_saving_usd"], call["price_in"]) == ("", "", "")
    assert (used_again["cost_usd"], used_again["saved_usd"]) == ("0", "")


def test_a_compared_row_is_no_call_and_in_no_sum_of_costs() -> None:
    origin = entry(1, Usage(), None).origin
    paid, instead = Cost(Decimal("0.1"), "priced"), Cost(Decimal("0.5"), "priced")
    n, (known, unknown) = exported(
        [
            Entry(origin, 1.0, "2026-11-20", source="compared", cost=paid, saved=instead),
            Entry(origin, 2.0, "2026-11-20", source="compared", cost=FREE, saved=UNKNOWN),
        ]
    )
    assert n == 0
    assert (known["cost_usd"], known["compared_usd"], known["instead_usd"]) == ("0", "0.1", "0.5")
    assert (unknown["cost_usd"], unknown["compared_usd"], unknown["instead_usd"]) == ("0", "", "")

"""Bills: what is shown adds up, by whatever it is split."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.costs.bill import Line, bill_of, only
from app.costs.cost import Cost
from app.costs.ledger import Sum
from app.costs.shares import CENT, parts_of, rounded, tenths_of
from app.costs.usage import Usage

money = st.decimals(0, 40, allow_nan=False, places=9)
names = st.sampled_from(["a", "b", "c"])


@st.composite
def some_sums(draw: st.DrawFn) -> list[Sum]:
    keys = st.tuples(st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-20"]), names, names, names, names)
    found = draw(st.dictionaries(keys, st.tuples(money, st.integers(1, 9)), max_size=14))
    return [
        Sum(key, key, calls, usage=Usage(calls, 1), cost=Cost(amount, "priced" if amount else "free"))
        for key, (amount, calls) in found.items()
    ]


@given(st.lists(money, max_size=30))
def test_parts_add_up_and_stay_within_a_unit(amounts: list[Decimal]) -> None:
    whole = rounded(sum(amounts, Decimal(0)), CENT)
    parts = parts_of(amounts, whole, CENT)
    assert sum(parts, Decimal(0)) == whole
    assert all(abs(part - amount) < CENT for part, amount in zip(parts, amounts, strict=True))
    if any(amounts):
        assert sum(tenths_of(amounts)) == 1000


def test_what_cost_something_is_no_zero() -> None:
    shown = {
        "0.0000048": "0.0000048",
        "0.00004812": "0.000048",
        "0.0048": "0.0048",
        "0.1": "0.1000",
        "5": "5.00",
    }
    for cost, words in shown.items():
        bill = bill_of(
            [Sum(("d", "w", "n", "c", "m"), ("d", "w", "n", "c", "m"), 1, cost=Cost(Decimal(cost), "priced"))]
        )
        assert f"{bill.total.shown:f}" == words


@given(some_sums())
def test_days_models_connections_and_steps_show_the_same_total(sums: list[Sum]) -> None:
    bill = bill_of(sums)

    def check(lines: tuple[Line, ...], whole: Line) -> None:
        if lines:
            assert sum(line.shown for line in lines) == whole.shown
            assert sum(line.tenths for line in lines) == whole.tenths
            assert sum(line.calls for line in lines) == whole.calls
        assert all(abs(line.shown - line.cost.known) < bill.unit * 2 for line in lines)

    for lines in (bill.workflows, bill.models, bill.connections, bill.days):
        check(lines, bill.total)
    for workflow in bill.workflows:
        check(workflow.inner, workflow)
    assert bill.total.tenths in (0, 1000)
    days = sum((line.cost.known for models in bill.by_day.values() for line in models.values()), Decimal(0))
    assert days == bill.total.cost.known
    assert bill_of(only(sums, day="2026-11-01")).total.calls == sum(
        one.calls for one in sums if one.key[0] == "2026-11-01"
    )

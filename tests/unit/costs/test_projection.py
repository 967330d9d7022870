"""The end of a month: said only where enough days are over, and wide enough to hold in most months."""

from __future__ import annotations

import random
from decimal import Decimal

from app.costs.projection import LEAST_DAYS, projected


def test_a_month_that_has_just_begun_says_nothing() -> None:
    days = [Decimal(1)] * (LEAST_DAYS - 1)
    assert projected(days, Decimal(1), 20) is None
    assert projected([Decimal(0)] * 20, Decimal(0), 10) is None


def test_the_same_each_day_ends_where_it_must() -> None:
    found = projected([Decimal(2)] * 10, Decimal(1), 19)
    assert found is not None
    assert found.low == found.likely == found.high == Decimal(21 + 38)
    assert projected([Decimal(2)] * 10, Decimal(1), 19) == found


def test_eight_in_ten_months_end_within() -> None:
    """Heavy-tailed days, of which a quarter costs nothing; drawn anew for each month."""
    chance = random.Random(7)
    held = 0
    for _ in range(300):
        days = [0.0 if chance.random() < 0.25 else chance.lognormvariate(0, 0.6) for _ in range(30)]
        money = [Decimal(f"{day:.4f}") for day in days]
        found = projected(money[:19], money[19], 10)
        assert found is not None
        held += found.low <= sum(money) <= found.high
    assert 0.70 <= held / 300 <= 0.90, held / 300

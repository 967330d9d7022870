"""Amounts as they are shown: rounded so that the parts add up to the whole that is shown beside them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
_ONE = Decimal(1)


def unit_for(total: Decimal) -> Decimal:
    """Cents, or for less than a dollar in all four decimals; of less than a cent at least two figures."""
    if total >= _ONE or not total:
        return CENT
    return min(FINE, _ONE.scaleb(total.adjusted() - 1))


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, ROUND_HALF_UP)


def parts_of(amounts: Sequence[Decimal], whole: Decimal, unit: Decimal) -> list[Decimal]:
    """The amounts in whole units that add up to `whole`, which is their rounded sum, or a unit beside it: the largest
    remainders get what is left over.
    """
    floors = [amount.quantize(unit, ROUND_FLOOR) for amount in amounts]
    missing = int((whole - sum(floors, Decimal(0))) / unit)
    by_rest = sorted(range(len(amounts)), key=lambda i: amounts[i] - floors[i], reverse=True)
    for i in by_rest[:missing]:
        floors[i] += unit
    return floors


def tenths_of(amounts: Sequence[Decimal], whole: int = 1000) -> list[int]:
    """Shares in tenths of a percent that add up to `whole` (100.0 where it is left out); nothing has no shares."""
    total = sum(amounts, Decimal(0))
    if not total:
        return [0] * len(amounts)
    shares = [amount * whole / total for amount in amounts]
    return [int(share) for share in parts_of(shares, Decimal(whole), _ONE)]

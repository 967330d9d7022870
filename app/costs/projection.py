"""Where a month is likely to end: an estimate from the days that are over, with an interval."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

LEAST_DAYS = 5  # whole days without which nothing is said
_DRAWS = 500
_TAIL = 0.1  # left out at each end: 8 in 10


@dataclass(frozen=True, slots=True)
class Projection:
    """US dollars at the end of the month."""

    low: Decimal
    likely: Decimal
    high: Decimal


def projected(days: Sequence[Decimal], today: Decimal, left: int) -> Projection | None:
    """`days` are the whole days of the month that are over, those without costs too; `left` those that come after
    today. None where too little is known.

    The coming days are drawn from a draw of the past ones (a bootstrap; Efron 1979), so that few days give a wide
    interval; always the same draws.
    """
    so_far = sum(days, today)
    if len(days) < LEAST_DAYS or not so_far:
        return None
    chance = random.Random(0)  # noqa: S311 - draws, not secrets
    known = [float(day) for day in days]
    ends = sorted(_coming(chance, known, left) for _ in range(_DRAWS))
    low, likely, high = (_at(ends, share) for share in (_TAIL, 0.5, 1 - _TAIL))
    return Projection(so_far + low, so_far + likely, so_far + high)


def _coming(chance: random.Random, known: Sequence[float], left: int) -> float:
    seen = chance.choices(known, k=len(known))
    return sum(chance.choices(seen, k=left))


def _at(ordered: Sequence[float], share: float) -> Decimal:
    return Decimal(f"{ordered[round(share * (len(ordered) - 1))]:.6f}")

"""What a scope and everything within it has taken so far."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from app.costs.cost import FREE, Cost
from app.costs.price import counted_for
from app.costs.usage import NO_USAGE, Usage


class Tally(msgspec.Struct):
    """Adds up tokens and money; what is added to an inner one is added to all around it.

    `counted` is what limits count: the cost, and where nobody knows it an estimate. `is_anew`: something in it went to
    work in this life of the run, and wasn't settled by a record.
    """

    around: Tally | None = None
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    counted: Decimal = Decimal(0)
    is_anew: bool = False

    def add(self, usage: Usage, cost: Cost, calls: int = 1) -> Decimal:
        """Gives what limits count for it."""
        counted = counted_for(usage, cost)
        tally: Tally | None = self
        while tally is not None:
            tally.calls += calls
            tally.usage += usage
            tally.cost += cost
            tally.counted += counted
            tally = tally.around
        return counted

    def goes_to_work(self) -> None:
        tally: Tally | None = self
        while tally is not None and not tally.is_anew:
            tally.is_anew = True
            tally = tally.around

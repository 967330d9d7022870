"""What a scope and everything within it has taken so far."""

from __future__ import annotations

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage


class Tally:
    """Adds up tokens and money; what is added to an inner one is added to all around it."""

    __slots__ = ("around", "calls", "cost", "usage")

    def __init__(self, around: Tally | None = None) -> None:
        self.around = around
        self.calls = 0
        self.usage: Usage = NO_USAGE
        self.cost: Cost = FREE

    def add(self, usage: Usage, cost: Cost, calls: int = 1) -> None:
        tally: Tally | None = self
        while tally is not None:
            tally.calls += calls
            tally.usage += usage
            tally.cost += cost
            tally = tally.around

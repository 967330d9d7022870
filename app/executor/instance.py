"""One instance: a step in one scope, with what it came to so far."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Json
from app.events.run_events import Scope
from app.executor.journal import Place
from app.executor.tally import Tally
from app.executor.time_limit import TimeLimit


class Instance(msgspec.Struct):
    """`begun` is in seconds since the run's start; usage and cost are the sums of its model calls, `counted` what
    limits count for them.

    `tally` is that of its scope. `acts`: how many things it did outside, or may have done. `cut`: an answer was
    broken off, so nobody may take it for the answer next time.
    """

    node: str
    scope: Scope
    begun: float
    place: Place = ""
    tally: Tally = msgspec.field(default_factory=Tally)
    attempts: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    counted: Decimal = Decimal(0)
    acts: int = 0
    model: str = ""
    cut: bool = False
    saved: Cost | None = None  # what replies of the cache would have cost
    path: tuple[Mapping[str, Json], ...] = ()  # which models were asked, and what came of each
    answered: dict[int, Usage | None] = {}  # by tier
    limit: TimeLimit | None = None  # of the attempt under way
    questions: int = 0  # that people were asked
    decided: float = 0.0  # when one of them answered last, in seconds since 1970
    decided_by: str = ""
    under_way: int = 0  # model calls side by side
    waiting: int = 0  # of them, or the one thing that it waits for itself

    @property
    def only_waits(self) -> bool:
        return self.waiting > 0 and self.waiting >= self.under_way

    def book(self, usage: Usage, cost: Cost, calls: int = 1) -> None:
        self.calls += calls
        self.usage += usage
        self.cost += cost
        self.counted += self.tally.add(usage, cost, calls)

    def key_in(self, run: str) -> str:
        """Its idempotency key: the same in every life of the run, and nobody else's."""
        place = f"{run}|{self.place}|{self.node}"
        return hashlib.sha256(place.encode()).hexdigest()[:32]

"""One instance: a step in one scope, with what it came to so far."""

from __future__ import annotations

from dataclasses import dataclass

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import Scope
from app.executor.time_limit import TimeLimit


@dataclass(slots=True)
class Instance:
    """`begun` is in seconds since the run's start; usage and cost are the sums of its model calls."""

    node: str
    scope: Scope
    begun: float
    attempts: int = 0
    calls: int = 0
    usage: Usage = NO_USAGE
    cost: Cost = FREE
    model: str = ""
    limit: TimeLimit | None = None  # of the attempt under way

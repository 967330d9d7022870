"""What outlives a run, and what it knows from before: earlier lives, results that are given to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.costs.cost import FREE, Cost
from app.costs.limits import SharedLimits
from app.costs.usage import NO_USAGE, Usage
from app.executor.cache import Cache
from app.executor.journal import Journal
from app.executor.memory_journal import journal_of_nothing
from app.sdk.data_types import Value


@dataclass(frozen=True, slots=True)
class Past:
    """`elapsed` (seconds), `spent`, `usage` and `calls` are of the run's earlier lives; `counted` is what limits
    count for them, calls of unknown price too. `pins` are outputs by node that stand in place of its work; `before`, in
    a run from one step on, what the last run had. `retry_failed`: rows that failed are tried again. `dry`: outside
    effects are shown and not done. `stays` are the steps that a run from one step on takes from the last run, in frames
    from its journal, `base`, where they were given the same. `timed`: seconds that its limit of time has counted.
    """

    elapsed: float = 0.0
    spent: Cost = FREE
    usage: Usage = NO_USAGE
    calls: int = 0
    pins: Mapping[str, Mapping[str, Value]] = field(default_factory=dict[str, Mapping[str, Value]])
    before: Mapping[str, Mapping[str, Value]] = field(default_factory=dict[str, Mapping[str, Value]])
    retry_failed: bool = False
    dry: bool = False
    counted: Decimal = Decimal(0)
    timed: float = 0.0
    stays: frozenset[str] = frozenset()
    base: Journal | None = None

    def base_of(self, step: str) -> Journal | None:
        """Where a step finds what it had in the run before, if it is one that stays."""
        return self.base if step in self.stays else None


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where a run's records and results go, and the limits that it shares with others. By default nothing outlives it,
    and nothing is shared.
    """

    journal: Journal = field(default_factory=journal_of_nothing)
    cache: Cache | None = None
    past: Past = field(default_factory=Past)
    limits: SharedLimits | None = None

"""What a run's calls and cache hits become in the ledger."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache

from app.costs.cost import FREE, UNKNOWN, Cost
from app.costs.ledger import Entry, Origin
from app.costs.price import Price, cached_saving
from app.costs.usage import NO_USAGE
from app.events.run_events import ModelCalled, Scope
from app.executor.doors import Doors
from app.executor.instance import Instance
from app.executor.journal import Journal
from app.planner.plan import Plan
from app.sdk.gateway import ModelFacts


class Booking:
    """Of one run. What it books is on the disk no later than the record of the step that asked."""

    def __init__(self, run: str, plan: Plan, doors: Doors, journal: Journal) -> None:
        self._run = run
        self._plan = plan
        self._doors = doors
        self._journal = journal
        self._origins: dict[tuple[str, str, str, Price | None], Origin] = {}

    def called(self, event: ModelCalled, facts: ModelFacts | None, counted: Decimal) -> None:
        """A call ended, or the cache gave its answer. `counted` is what limits count for it."""
        if event.source not in ("", "cache"):  # in the ledger since it was made
            return
        usage, price = event.usage or NO_USAGE, self._doors.price_of(facts)
        if price is not None:
            price = price.alone_for(usage.input)
        is_free = facts is not None and facts.local
        model = facts.id if facts else event.model  # as it was asked for: servers answer with longer names
        at = time.time()
        self._journal.book(
            Entry(
                self._origin(event.node, event.connection, model, price, free=is_free),
                at,
                local_day(at),
                event.scope,
                "cache" if event.source else "call",
                usage,
                event.cost,
                counted,
                event.seconds,
                event.failure.code if event.failure else "",
                event.saved,
                cached_saving(usage, price),
                event.tier,
                event.part,
            )
        )

    def cached(self, node: str, scope: Scope, model: str, saved: Cost) -> None:
        """The cache gave what would have cost `saved`."""
        at = time.time()
        origin = self._origin(node, "", model, None, free=True)
        self._journal.book(Entry(origin, at, local_day(at), scope, "cache", cost=FREE, saved=saved))

    def compared(self, instance: Instance, last: ModelFacts, instead: Cost) -> None:
        """A row of a step was answered, for which one model alone would have cost `instead`. Answers of the cache count
        at what they cost when they were asked for: what these have saved is told apart.
        """
        at = time.time()
        price = self._doors.price_of(last)
        origin = self._origin(instance.node, last.connection, last.id, price, free=last.local)
        cost = instance.cost + (instance.saved or FREE)
        known = instead if cost.usd is not None else UNKNOWN
        self._journal.book(
            Entry(origin, at, local_day(at), instance.scope, "compared", cost=cost, saved=known)
        )

    def _origin(self, node: str, connection: str, model: str, price: Price | None, *, free: bool) -> Origin:
        key = (node, connection, model, price)
        known = self._origins.get(key)
        if known is None:
            workflow = self._plan.workflow
            title, kind = self._steps.get(node, ("", ""))
            known = self._origins[key] = Origin(
                self._run, workflow.id, workflow.name, node, title, kind, connection, model, price, free
            )
        return known

    @cached_property
    def _steps(self) -> Mapping[str, tuple[str, str]]:
        return {step.id: (step.node.title or "", step.node.type) for step in self._plan.all_steps()}


_QUARTER = 900  # seconds: days begin on one, whatever the zone


def local_day(at: float) -> str:
    """The day that it was here, by the rules of this place on that day."""
    return _day_of(at // _QUARTER * _QUARTER, time.tzname)


@lru_cache(maxsize=16)
def _day_of(at: float, _zone: tuple[str, str]) -> str:
    return dt.datetime.fromtimestamp(at).astimezone().date().isoformat()

"""Books what was under way when a process of this profile was killed: it may be charged, and stands in no bill.

A run's file of events says what had begun and not settled. Nothing is written before a call for the sake of this.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from msgspec.structs import replace

from app.adapters.connection_limits import limits_of
from app.adapters.event_files import events_left_open, last_event, path_of, read_events
from app.adapters.outside import Outside
from app.adapters.sqlite_runs import SqliteRuns
from app.costs.cost import UNKNOWN
from app.costs.ledger import BROKEN_OFF, Entry, Filter, Origin
from app.costs.price import counted_for
from app.costs.usage import NO_USAGE, Usage
from app.document.problem import ProblemError
from app.events.run_events import ModelCalled, RunFinished, RunStarted, Scope
from app.executor.booking import local_day
from app.forecast.asking import stages_of
from app.hindsight.under_way import Life, OpenCall, broken_off, lost, open_calls
from app.planner.plan import Plan, PlanStep
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts

# A file that another version wrote, or a disk has damaged, must keep nobody from starting a run.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, ProblemError)
_BITS = 62  # as other lives have that the ledger knows entries by


class BrokenOffCalls:
    """`folder` holds the files of events, `plan_of` gives the plan of a run as it ran. Each life is looked at once."""

    def __init__(
        self, runs: SqliteRuns, outside: Outside, folder: Path, plan_of: Callable[[str], Awaitable[Plan]]
    ) -> None:
        self._runs = runs
        self._outside = outside
        self._folder = folder
        self._plan_of = plan_of
        self._looked: set[int] = set()

    async def book_all(self, first_day: str) -> None:
        """Of all runs that no process has. What was before `first_day` is kept no more. Raises JournalError."""
        for run in await self._runs.left_runs():
            await self.book(run, first_day, is_mine=False)

    async def book(self, run: str, first_day: str, *, is_mine: bool) -> None:
        """Of one run; `is_mine`: this process has just taken it, and nothing of it goes on yet. Raises JournalError."""
        path = path_of(self._folder, run)
        if path is None:
            return
        with contextlib.suppress(*_UNREADABLE):
            life = await asyncio.to_thread(_life_of, path)
            if life is None or life in self._looked:
                return
            entries = await self._entries(run, path)
            goes_on = not is_mine and self._runs.is_alive(run)
            if goes_on or await asyncio.to_thread(_life_of, path) != life:  # those were not its last events
                return
            if entries and entries[0].day >= first_day:
                await self._runs.book_broken_off(life, entries)
            self._looked.add(life)

    async def _entries(self, run: str, path: Path) -> Sequence[Entry]:
        if isinstance(await asyncio.to_thread(last_event, path), RunFinished):
            return ()
        plan = await self._plan_of(run)
        if not any(True for step in plan.all_steps() for _ in self._paid_models(step)):
            return ()  # the file may be long
        life = await asyncio.to_thread(lambda: broken_off(events_left_open(path)))
        return await self._under_way(run, plan, life) if life else ()

    async def _under_way(self, run: str, plan: Plan, life: Life) -> Sequence[Entry]:
        begun = dt.datetime.fromisoformat(life.started.at).timestamp()
        at = begun + max(0.0, life.until - life.started.resumed)
        ledger = self._runs.ledger
        # All calls of the first life are the run's own, also where the clock was put back while it went on.
        booked = await ledger.calls_at(run, begun if life.started.resumed else 0.0)
        sums = await ledger.sums(("node", "connection", "model"), only=Filter(run=run))
        means = {one.key: one.counted / one.calls for one in sums if one.calls}
        found: list[Entry] = []
        for step, call in lost(plan, life.begun, booked):
            facts = self._who(call, step)
            if facts is not None and call.cost.usd != 0:
                found.append(_ended(self._entry(run, plan, step, facts, call.scope, at), call))
        for call, facts in self._sent(open_calls(plan, life.begun, booked)):
            mean = means.get((call.step.id, facts.connection, facts.id))
            counted = mean or self._about(facts, call.about)
            if counted:
                entry = self._entry(run, plan, call.step, facts, call.scope, at)
                found.append(replace(entry, cost=UNKNOWN, counted=counted, outcome=BROKEN_OFF))
        return found

    def _entry(
        self, run: str, plan: Plan, step: PlanStep, facts: ModelFacts, scope: Scope, at: float
    ) -> Entry:
        flow, node, price = plan.workflow, step.node, self._outside.prices.price_of(facts)
        who = step.id, node.title or "", node.type, facts.connection, facts.id
        return Entry(Origin(run, flow.id, flow.name, *who, price), at, local_day(at), scope)

    def _who(self, call: ModelCalled, step: PlanStep) -> ModelFacts | None:
        return next((one for one in self._paid_models(step) if one.connection == call.connection), None)

    def _paid_models(self, step: PlanStep) -> Iterator[ModelFacts]:
        for stage in stages_of(step) or ():
            for models in stage.calls:
                yield from self._paid(models)

    def _paid(self, models: Sequence[ModelChoice]) -> list[ModelFacts]:
        """Those of them that aren't on this computer."""
        return [one for one in map(self._facts, models) if one is not None and not one.local]

    def _sent(self, calls: Sequence[OpenCall]) -> Iterator[tuple[OpenCall, ModelFacts]]:
        """Those that may have left, with the dearest model that each may have asked: of more calls than a connection
        takes at a time, the later ones still waited for their turn.
        """
        under_way = Counter[str]()
        for call in calls:
            paid = self._paid(call.models)
            if not paid:
                continue
            dearest = max(paid, key=lambda one: self._about(one, call.about))
            connection = self._outside.connections.get(dearest.connection)
            under_way[dearest.connection] += 1
            if connection and under_way[dearest.connection] <= limits_of(connection, 0).parallel:
                yield call, dearest

    def _facts(self, choice: ModelChoice) -> ModelFacts | None:
        try:
            return self._outside.resolve(choice)
        except NodeError:  # its connection or role is gone: nobody can say who was asked
            return None

    def _about(self, facts: ModelFacts, usage: Usage) -> Decimal:
        return counted_for(usage, self._outside.prices.cost_of(facts, usage))


def _ended(entry: Entry, call: ModelCalled) -> Entry:
    usage, outcome = call.usage or NO_USAGE, call.failure.code if call.failure else ""
    counted = counted_for(usage, call.cost)
    return replace(entry, usage=usage, cost=call.cost, counted=counted, seconds=call.seconds, outcome=outcome)


def _life_of(path: Path) -> int | None:
    """The number by which the ledger knows what is booked of this life of a run. Raises OSError, ValueError."""
    first = next(read_events(path), None)
    if not isinstance(first, RunStarted):
        return None
    name = f"{first.run} {first.at} {first.resumed}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) >> (64 - _BITS)

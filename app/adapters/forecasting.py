"""Forecasting: gathers what a forecast is made of (past calls, prices, speeds, sizes of inputs) and has it made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from statistics import fmean

from app.adapters.connection_limits import limits_of
from app.adapters.outside import Outside
from app.costs.ledger import Filter, Ledger, Speed
from app.document.workflow import Json
from app.executor.journal import JournalError
from app.forecast.evidence import NO_EVIDENCE, Evidence, evidence_of
from app.forecast.forecast import Forecast
from app.forecast.simulation import Rate, Situation, forecast
from app.forecast.typical import VALUE_TOKENS, tokens_in
from app.planner.plan import Plan
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice

_LATEST = 3000  # calls that are looked at

Speeds = Mapping[tuple[str, str], Speed]


async def forecast_of(
    plan: Plan,
    outside: Outside,
    ledger: Ledger | None,
    values: Mapping[str, Json],
    rows: int | None,
    at_a_time: int,
) -> Forecast:
    """A ledger that can't be read tells of no past run; the forecast is then made from sizes."""
    evidence, speeds = NO_EVIDENCE, dict[tuple[str, str], Speed]()
    if ledger is not None:
        with contextlib.suppress(JournalError):
            evidence, speeds = await _past_of(ledger, plan.workflow.id)
    situation = situation_of(plan, outside, values, rows, at_a_time, speeds)
    return await asyncio.to_thread(forecast, plan, situation, evidence)


def situation_of(
    plan: Plan,
    outside: Outside,
    values: Mapping[str, Json],
    rows: int | None,
    at_a_time: int,
    speeds: Speeds,
) -> Situation:
    """The run that is asked about. Where its inputs aren't known, the sample rows say how long they are."""
    sizes: dict[str, float] = {}
    counts: dict[str, int] = {}
    for ask in plan.asks:
        known = [values[ask.name]] if ask.name in values else [row.get(ask.name) for row in plan.samples]
        given = [value for value in known if value is not None]
        sizes[ask.name] = fmean(map(tokens_in, given)) if given else VALUE_TOKENS
        lists = [len(value) for value in given if isinstance(value, list)]
        if lists:
            counts[ask.name] = round(fmean(lists))

    def rate_of(choice: ModelChoice) -> Rate | None:
        try:
            facts = outside.resolve(choice)
        except NodeError:
            return None
        speed = speeds.get((facts.connection, facts.id))
        connection = outside.connections.get(facts.connection)
        at_once = limits_of(connection, outside.local_models.slots(facts.id)).parallel if connection else 0
        # Each model of this computer has slots of its own.
        shares = facts.id if facts.kind == "embedded" else facts.connection
        price = outside.prices.price_of(facts)
        return Rate(facts.id, price, facts.local, speed.tokens if speed else None, shares, at_once)

    return Situation(rate_of, sizes, counts, rows, at_a_time)


async def _past_of(ledger: Ledger, workflow: str) -> tuple[Evidence, dict[tuple[str, str], Speed]]:
    only = Filter(workflow=workflow)
    sums = await ledger.sums((), only=only) if workflow else ()
    booked = sum(one.calls + one.from_cache for one in sums)
    if not booked:
        return NO_EVIDENCE, dict(await ledger.speeds())
    entries = await ledger.entries(only=only, first=max(0, booked - _LATEST), count=_LATEST)
    return evidence_of(entries), dict(await ledger.speeds())

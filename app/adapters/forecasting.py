"""Forecasting: gathers what a forecast is made of (past calls, prices, speeds, sizes of inputs) and has it made."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from app.adapters.call_gate import CallLimits
from app.adapters.connection_limits import limits_of
from app.adapters.outside import Outside
from app.adapters.table_survey import Survey
from app.costs.ledger import Filter, Ledger, Speed, Tries
from app.document.workflow import Json
from app.executor.journal import JournalError
from app.forecast.evidence import NO_EVIDENCE, Evidence, evidence_of
from app.forecast.forecast import Forecast
from app.forecast.simulation import forecast
from app.forecast.situation import Content, Rate, Situation
from app.forecast.typical import VALUE_TOKENS, tokens_in
from app.planner.plan import Plan
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice

_LATEST = 3000  # calls that are looked at

Who = tuple[str, str]  # connection and model


@dataclass(frozen=True, slots=True)
class Seen:
    """What this profile knows of past calls: those of the workflow, and how fast and how sure each model was."""

    evidence: Evidence = NO_EVIDENCE
    speeds: Mapping[Who, Speed] = field(default_factory=dict[Who, Speed])
    tries: Mapping[Who, Tries] = field(default_factory=dict[Who, Tries])


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a run would go over: `values` of one run that are known already, or the rows of a survey; and what stands
    in the files that its steps read, by step. `kept` as in `Situation`.
    """

    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: Survey | None = None
    contents: Mapping[str, Content] = field(default_factory=dict[str, Content])
    kept: Sequence[Collection[str]] = ()


async def forecast_of(
    plan: Plan, outside: Outside, ledger: Ledger | None, inputs: Inputs, at_a_time: int
) -> Forecast:
    """A ledger that can't be read tells of no past run; the forecast is then made from sizes."""
    seen = NOTHING_SEEN
    if ledger is not None:
        with contextlib.suppress(JournalError):
            seen = await _seen(ledger, plan.workflow.id)
    situation = situation_of(plan, outside, inputs, at_a_time, seen)
    made = await asyncio.to_thread(forecast, plan, situation, seen.evidence)
    return replace(made, about_rows=True) if inputs.rows and not inputs.rows.exact else made


def situation_of(plan: Plan, outside: Outside, inputs: Inputs, at_a_time: int, seen: Seen) -> Situation:
    """The run that is asked about. Where its inputs aren't known, the sample rows say how long they are."""
    sizes: dict[str, float] = {}
    counts: dict[str, int] = {}
    samples: Sequence[Mapping[str, object]] = inputs.rows.sample if inputs.rows else plan.samples
    for ask in plan.asks:
        known = (
            [inputs.values[ask.name]] if ask.name in inputs.values else [row.get(ask.name) for row in samples]
        )
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
        who = facts.connection, facts.id
        speed, tries = seen.speeds.get(who), seen.tries.get(who, Tries(0, 0))
        connection = outside.connections.get(facts.connection)
        limits = limits_of(connection, outside.local_models.slots(facts.id)) if connection else CallLimits(0)
        # Each model of this computer has slots of its own.
        shares = facts.id if facts.kind == "embedded" else facts.connection
        price = outside.prices.price_of(facts)
        seen_speed = speed.tokens if speed else None
        return Rate(
            facts.id,
            price,
            facts.local,
            seen_speed,
            shares,
            limits.parallel,
            tries.made,
            tries.failed,
            limits.rpm,
            limits.tpm,
        )

    rows = inputs.rows.rows if inputs.rows else None
    return Situation(rate_of, sizes, counts, rows, at_a_time, inputs.contents, inputs.kept)


async def _seen(ledger: Ledger, workflow: str) -> Seen:
    only = Filter(workflow=workflow)
    sums = await ledger.sums((), only=only) if workflow else ()
    booked = sum(one.calls + one.from_cache for one in sums)
    evidence = NO_EVIDENCE
    if booked:
        first = max(0, booked - _LATEST)
        evidence = evidence_of(await ledger.entries(only=only, first=first, count=_LATEST))
    return Seen(evidence, await ledger.speeds(), await ledger.tries())

"""The ledger in plain memory: for runs without a profile."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import accumulate

from app.costs.cost import FREE
from app.costs.ledger import (
    ALWAYS,
    BROKEN_OFF,
    EVERYTHING,
    Days,
    Entry,
    Filter,
    Ledger,
    Part,
    Sample,
    Speed,
    Sum,
    Tries,
    length_of,
)
from app.costs.speeds import speeds_of
from app.costs.usage import NO_USAGE

_PARTS: Mapping[Part, Callable[[Entry], str]] = {
    "day": lambda entry: entry.day,
    "workflow": lambda entry: entry.origin.workflow_id,
    "run": lambda entry: entry.origin.run,
    "node": lambda entry: entry.origin.node,
    "model": lambda entry: entry.origin.model,
    "connection": lambda entry: entry.origin.connection,
    "tier": lambda entry: str(entry.tier),
    "state": lambda entry: entry.cost.state,
    "length": lambda entry: str(length_of(entry.usage.input)),
}
_NAMES: Mapping[Part, Callable[[Entry], str]] = {
    "workflow": lambda entry: entry.origin.workflow,
    "node": lambda entry: entry.origin.title,
}


class MemoryLedger(Ledger):
    """See `app.costs.ledger.Ledger`."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def book(self, entry: Entry) -> None:
        self._entries.append(entry)

    async def sums(self, by: Sequence[Part], days: Days = ALWAYS, only: Filter = EVERYTHING) -> Sequence[Sum]:
        groups: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
        for entry in self._chosen(days, only):
            groups[tuple(_PARTS[part](entry) for part in by)].append(entry)
        return [_sum(key, by, groups[key]) for key in sorted(groups)]

    async def entries(
        self, days: Days = ALWAYS, only: Filter = EVERYTHING, first: int = 0, count: int = 1000
    ) -> Sequence[Entry]:
        return sorted(self._chosen(days, only), key=lambda entry: entry.at)[first : first + count]

    async def speeds(self, days: Days = ALWAYS) -> Mapping[tuple[str, str], Speed]:
        latest = sorted(self._went_well(days, EVERYTHING), key=lambda entry: entry.at, reverse=True)
        return speeds_of(
            ((entry.origin.connection, entry.origin.model), entry.usage.output, entry.seconds)
            for entry in latest
        )

    async def tries(self) -> Mapping[tuple[str, str], Tries]:
        made: defaultdict[tuple[str, str], list[bool]] = defaultdict(list)
        for entry in self._entries:
            if entry.source == "call" and not entry.is_ended:
                made[entry.origin.connection, entry.origin.model].append(entry.is_failed)
        return {who: Tries(len(outcomes), sum(outcomes)) for who, outcomes in made.items()}

    async def calls_at(self, run: str, since: float) -> Mapping[tuple[str, str], int]:
        booked = list(self._chosen(ALWAYS, Filter(run=run)))
        latest = accumulate((one.at for one in booked), max)  # also where the clock was put back
        return Counter(
            (one.origin.node, one.scope)
            for one, at in zip(booked, latest, strict=True)
            if one.source == "call" and at >= since
        )

    async def samples(
        self, workflow: str = "", node: str = "", model: str = "", most: int = 500
    ) -> Sequence[Sample]:
        found = self._went_well(ALWAYS, Filter(workflow, node, model))
        latest = sorted(found, key=lambda entry: entry.at, reverse=True)[:most]
        return [Sample(entry.usage, entry.cost, entry.seconds, entry.at) for entry in latest]

    async def throw_away(self, before: str) -> int:
        kept = [entry for entry in self._entries if entry.day >= before]
        went, self._entries = len(self._entries) - len(kept), kept
        return went

    def _chosen(self, days: Days, only: Filter) -> list[Entry]:
        return [entry for entry in self._entries if _is_in(entry, days) and _fits(entry, only)]

    def _went_well(self, days: Days, only: Filter) -> list[Entry]:
        return [entry for entry in self._chosen(days, only) if entry.source == "call" and not entry.outcome]


def _is_in(entry: Entry, days: Days) -> bool:
    return (not days.first or entry.day >= days.first) and (not days.last or entry.day <= days.last)


def _fits(entry: Entry, only: Filter) -> bool:
    origin = entry.origin
    asked = (only.workflow, only.node, only.model, only.connection, only.run)
    found = (origin.workflow_id, origin.node, origin.model, origin.connection, origin.run)
    return all(want in ("", has) for want, has in zip(asked, found, strict=True))


def _sum(key: tuple[str, ...], by: Sequence[Part], entries: Sequence[Entry]) -> Sum:
    latest = max(entries, key=lambda entry: entry.at)
    calls = [entry for entry in entries if entry.source == "call"]
    charged = [entry for entry in calls if entry.cost.state != "free"]
    hits = [entry for entry in entries if entry.source == "cache"]
    rows = [entry for entry in entries if entry.source == "compared"]
    compared = [entry for entry in rows if entry.saved and entry.saved.state != "unknown"]
    broken_off = [entry for entry in calls if entry.outcome == BROKEN_OFF]
    return Sum(
        key,
        tuple(_NAMES.get(part, _PARTS[part])(latest) for part in by),
        len(calls),
        sum(entry.is_failed for entry in calls),
        sum(entry.origin.free for entry in calls),
        sum(entry.cost.state == "unknown" for entry in calls),
        sum((entry.usage for entry in entries), NO_USAGE),
        sum((entry.cost for entry in calls), FREE),
        sum((entry.counted for entry in entries), Decimal(0)),
        sum(entry.seconds for entry in entries),
        len({(entry.origin.run, entry.scope) for entry in calls}),
        len({(entry.origin.connection, entry.origin.model) for entry in calls}),
        len(hits),
        sum((entry.saved or FREE for entry in hits), FREE),
        sum((entry.cached_saving for entry in entries), Decimal(0)),
        latest.origin.type,
        len(broken_off),
        sum((entry.counted for entry in broken_off), Decimal(0)),
        len({(entry.origin.run, entry.scope) for entry in entries}),
        sum(entry.saved is not None and entry.saved.state == "unknown" for entry in hits),
        sum(entry.usage.cached for entry in calls if entry.cost.state == "free"),
        sum(one.usage.cached for one in charged if one.origin.price and one.origin.price.cached is not None),
        sum(
            one.usage.written for one in charged if one.origin.price and one.origin.price.written is not None
        ),
        sum(one.usage.cached + one.usage.written for one in charged if one.origin.price is None),
        sum(bool(entry.cached_saving) and entry.cost.state != "priced" for entry in calls),
        len(compared),
        sum((entry.cost for entry in compared), FREE),
        sum((entry.saved or FREE for entry in compared), FREE),
        len(rows) - len(compared),
        sum(entry.cost.state == "estimated" for entry in calls),
    )

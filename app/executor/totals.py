"""What a run has taken in all its lives, from its records."""

from __future__ import annotations

from dataclasses import dataclass

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.executor.journal import Journal

_PAGE = 2000


@dataclass(frozen=True, slots=True)
class Totals:
    """`until` is when the last recorded step or call ended, in seconds since the run's start; `timed` is how many of
    those the run's limit of time had counted.
    """

    usage: Usage = NO_USAGE
    cost: Cost = FREE
    calls: int = 0
    until: float = 0.0
    timed: float = 0.0


async def totals_of(journal: Journal) -> Totals:
    """Adds up every step that is recorded, and the calls of those that had not settled. Raises JournalError."""
    usage, cost, calls, until, timed = NO_USAGE, FREE, 0, 0.0, 0.0
    after = 0
    while page := await journal.each(after, _PAGE):
        for _, record in page:
            usage += record.usage
            cost += record.cost
            calls += record.calls
            end = record.at + record.seconds
            until = max(until, end)
            if record.inputs:  # the notes of steps that only compute don't say what was held
                timed = max(timed, end - record.held)
        after = page[-1][0]
    for call in await journal.loose_calls():
        usage += call.usage or NO_USAGE
        cost += call.cost
        calls += 1
        until, timed = max(until, call.at), max(timed, call.at - call.held)
    return Totals(usage, cost, calls, until, timed)

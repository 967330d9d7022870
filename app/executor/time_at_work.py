"""How long a frame has been at work in earlier lives of its run: hours in which the run lay still are none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from app.executor.journal import CallRecord, StepRecord


async def time_at_work(
    steps: AsyncIterator[StepRecord], calls: Iterable[CallRecord] = (), since: float = 0.0
) -> float:
    """Seconds in which at least one of the steps and calls was under way, of those that began at `since` or later."""
    spans = [(call.at - call.seconds, call.at) for call in calls]
    spans += [(record.at, record.at + record.seconds) async for record in steps]
    used, until = 0.0, since
    for begun, end in sorted(span for span in spans if span[0] >= since):
        used += max(0.0, end - max(begun, until))
        until = max(until, end)
    return used

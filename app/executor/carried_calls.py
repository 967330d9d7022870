"""What earlier work of a step has asked of models, as events: each call by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.events.run_events import ModelCalled
from app.executor.journal import CallRecord, StepRecord


def carried_calls(now: float, record: StepRecord, kept: Sequence[CallRecord]) -> Iterator[ModelCalled]:
    """The replies that were kept, each with what it took, and then the calls that left none: what the step took beyond
    the kept ones stands at the first of them.
    """
    node, scope = record.node, record.scope
    for call in kept:
        took = call.usage, call.cost, call.seconds
        yield ModelCalled(now, node, scope, call.model, call.connection, *took, source="record")
    usage, cost = _beyond(record, kept)
    for _ in range(record.calls - len(kept)):
        yield ModelCalled(now, node, scope, record.model, "", usage, cost, 0.0, record.failure, "record")
        usage, cost = NO_USAGE, FREE


def _beyond(record: StepRecord, kept: Sequence[CallRecord]) -> tuple[Usage, Cost]:
    usage = sum((call.usage or NO_USAGE for call in kept), NO_USAGE)
    known = sum((call.cost for call in kept), FREE).known
    left = Usage(
        record.usage.input - usage.input,
        record.usage.output - usage.output,
        record.usage.cached - usage.cached,
        record.usage.reasoning - usage.reasoning,
        record.usage.written - usage.written,
    )
    cost = record.cost
    return left, cost if not kept else Cost(cost.known - known, cost.state) if cost.known > known else FREE

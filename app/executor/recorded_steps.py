"""Steps that no scope goes through again, as events: by their records alone, since nothing of them is worked anew."""

from __future__ import annotations

from app.events.run_events import NodeSettled, NodeStarted, RunEvent
from app.executor.carried_calls import carried_calls
from app.executor.journal import Place, StepRecord
from app.executor.run import Run
from app.executor.tally import Tally
from app.executor.values import ValueStore


async def retell(run: Run, place: Place, tally: Tally) -> None:
    """All that is recorded inside a frame, as events and as part of what it took. Raises JournalError."""
    async for record in run.journal.within(place):
        tally.add(record.usage, record.cost, record.calls)
        for event in recorded_step(run.now, record, run.values):
            run.emit(event)


def recorded_step(now: float, record: StepRecord, values: ValueStore) -> list[RunEvent]:
    """That it began and settled in an earlier life of the run. Of what a frame has kept about itself only its calls."""
    node, scope = record.node, record.scope
    of_frame = record.node.startswith("#") or record.place.rpartition("/")[2] == record.node
    if of_frame or record.status == "sent":
        return [*carried_calls(now, record, ())]
    outputs = {
        port: values.token(value, "any", scope, node, port).preview for port, value in record.outputs.items()
    }
    return [
        NodeStarted(now, node, scope),
        NodeSettled(
            now,
            node,
            scope,
            record.status,
            attempts=record.attempts,
            calls=record.calls,
            usage=record.usage,
            cost=record.cost,
            model=record.model,
            ports=tuple(outputs),
            outputs=outputs,
            verdict=record.verdict,
            failure=record.failure,
            source="record",
            saved=record.saved,
            path=record.path,
            instead=record.instead,
        ),
    ]

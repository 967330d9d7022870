"""What ended a frame before its work was done: one of its limits, as timing had it; that stands in every later life."""

from __future__ import annotations

from collections.abc import Mapping

from app.executor.digests import digest_of
from app.executor.journal import Place, StepRecord
from app.executor.run import Run
from app.planner.plan import PlanStep
from app.sdk.data_types import Value

_END = "#end"


async def end_of(
    run: Run, step: PlanStep, place: Place, inputs: Mapping[str, Value]
) -> Mapping[str, Value] | None:
    """How a limit had ended this frame when it was last given the same: in an earlier life of the run, or where it
    stays, in the run before. Raises JournalError.
    """
    record = (await run.recorded_at(step.id, place)).get(_END)
    if record is None or not record.outputs or not record.is_of(digest_of(inputs)):
        return None
    if run.past.base_of(step.id) and (run.journal.is_fresh or _END not in await run.journal.steps(place)):
        await run.journal.commit(record)  # who begins from a later step of this run finds it here
    return record.outputs


async def keep_end(run: Run, place: Place, inputs: Mapping[str, Value], how: Mapping[str, Value]) -> None:
    """Nothing follows from it before it is on the disk. `how` is empty where it ended otherwise after all."""
    await run.journal.commit(StepRecord(place, _END, "ok", "", 0, digest_of(inputs), how))


async def was_ended(run: Run, step: PlanStep, place: Place) -> bool:
    """The same, whatever it was given then."""
    record = (await run.recorded_at(step.id, place)).get(_END)
    return record is not None and bool(record.outputs)

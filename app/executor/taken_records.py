"""Whether people take a record that its step would no longer make: its type has another version, or it is given
something else by now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from app.document.workflow import Json
from app.executor.doubts import is_of_same
from app.executor.given_before import changed_since
from app.executor.instance import Instance
from app.executor.journal import StepRecord
from app.executor.run import Run
from app.executor.where import Where
from app.planner.plan import PlanStep
from app.sdk.data_types import Value


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as an instance finds it: `values` are what it is given now, `digest` is theirs, and `found` is all that
    was recorded at its place when this life of the run came there.
    """

    record: StepRecord
    where: Where
    values: Mapping[str, Value]
    digest: str
    found: Mapping[str, StepRecord]


async def is_taken(run: Run, step: PlanStep, instance: Instance, one: Recorded) -> bool:
    """Asks where it must. What people take is of this version and of these inputs from now on: no later life of the run
    asks again. Raises JournalError.
    """
    record, spec = one.record, step.spec
    if spec is None or is_of_same(step, record, one.digest):
        return True
    now = spec.type.version
    if (record.type, record.version) != (spec.id, now) and not await _is_taken_of_other_version(
        run, instance, record, now
    ):
        return False
    inputs = one.digest
    if step.merge:  # what it took was decided by timing, which may be another now: what it decided stands
        inputs = record.inputs
    elif record.inputs != inputs and not await is_taken_of_others(run, step, instance, one):
        return False
    taken = replace(record, type=spec.id, version=now, inputs=inputs)
    if taken != record:
        await run.journal.commit(taken)
    return True


async def is_taken_of_others(run: Run, step: PlanStep, instance: Instance, one: Recorded) -> bool:
    """Whether people take a record of other inputs; they are shown what changed. Raises JournalError."""
    record = one.record

    async def what() -> Json:
        changed = await changed_since(run, one.where, step, record, one.found, one.values)
        return {"type": record.type, "version": record.version, "changed": changed}

    return await run.decide(instance, "inputs", what)


async def _is_taken_of_other_version(run: Run, instance: Instance, record: StepRecord, now: int) -> bool:
    async def what() -> Json:
        return {"type": record.type, "version": record.version, "now": now}

    return await run.decide(instance, "version", what)

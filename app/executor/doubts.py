"""Records of effects outside: which of them nobody knows the end of."""

from __future__ import annotations

from msgspec.structs import replace

from app.executor.failures import in_doubt
from app.executor.journal import StepRecord
from app.planner.plan import PlanStep
from app.sdk.errors import NodeError

# Beside those that say that contact was lost.
_BROKE_OFF = frozenset({"web.server_error", "net.too_large", "net.bad_reply", "node.bug"})


def as_known_now(step: PlanStep, record: StepRecord) -> StepRecord:
    """Versions before kept an effect whose answer was lost as one that had failed: that one is in doubt, too."""
    failure = record.failure
    if not step.once or record.status != "failed" or failure is None or record.never_happened:
        return record
    if failure.code not in _BROKE_OFF and not NodeError(failure.code).is_open:
        return record
    return replace(record, status="sent", failure=in_doubt(failure))


def is_of_same(step: PlanStep, record: StepRecord, digest: str) -> bool:
    """Whether it was made by the type that the step has now, of the inputs that it has now."""
    spec = step.spec
    same_type = spec is not None and (record.type, record.version) == (spec.id, spec.type.version)
    return same_type and record.inputs == digest

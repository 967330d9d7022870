"""One instance: attempts with their time-outs and retries, until it is through or has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from app.events.run_events import Failure, Retrying, Scope
from app.executor import retry
from app.executor.run import Run
from app.executor.run_context import InstanceContext
from app.planner.plan import PlanStep
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.node_type import Effect
from app.sdk.spec import inputs_object, outputs_by_port

# Seconds for one attempt where the node sets none; a person may take as long as it takes.
_TIMEOUTS: Mapping[Effect, float | None] = {
    "pure": 60.0,
    "model": 300.0,
    "read": 120.0,
    "side_effect": 120.0,
    "person": None,
}


class InstanceFailed(Exception):
    """The instance failed after its last attempt."""

    def __init__(self, failure: Failure, attempts: int) -> None:
        super().__init__(failure.code)
        self.failure = failure
        self.attempts = attempts


async def run_attempts(
    run: Run, step: PlanStep, scope: Scope, inputs: Mapping[str, Value], ctx: InstanceContext
) -> tuple[Mapping[str, Any], int]:
    """The outputs by port and the number of attempts. Raises InstanceFailed."""
    attempts = step.node.retry.attempts
    attempt = 0
    while True:
        attempt += 1
        try:
            return await _once(step, inputs, ctx), attempt
        except NodeError as error:
            failure = Failure(error.code, error.args_by_name, error.field)
            if not retry.may_retry(error, attempt, attempts):
                raise InstanceFailed(failure, attempt) from error
            delay = retry.delay(error, attempt)
        except Exception as bug:  # an author's mistake must not take the run with it
            failure = Failure("node.bug", {"error": type(bug).__name__, "detail": str(bug)[:500]})
            raise InstanceFailed(failure, attempt) from bug
        run.emit(Retrying(run.now, step.id, scope, attempt, attempts, round(delay, 3), failure))
        await asyncio.sleep(delay)


async def _once(step: PlanStep, inputs: Mapping[str, Value], ctx: InstanceContext) -> Mapping[str, Any]:
    if step.spec is None:
        raise NodeError("node.unknown_type", type=step.node.type)
    node_type = step.spec.type
    coroutine = node_type().run(step.fields, inputs_object(node_type, inputs), ctx)
    seconds = step.node.retry.timeout or _TIMEOUTS[step.effect]
    if step.effect == "pure" and step.node.retry.timeout is None:
        return outputs_by_port(await coroutine)  # nothing to wait for: a timer a node would cost more than it
    try:
        async with asyncio.timeout(seconds):
            return outputs_by_port(await coroutine)
    except TimeoutError as late:
        raise NodeError("node.timeout", seconds=seconds) from late

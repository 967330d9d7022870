"""The attempts of one instance, with their time-outs and the waits between them, until it is through or has failed."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, Protocol

from app.events.run_events import Retrying
from app.executor import retry
from app.executor.failures import failure_of
from app.executor.instance import Instance
from app.executor.instance_failed import InstanceFailed
from app.executor.journal import JournalError
from app.executor.run import Run
from app.executor.time_limit import TimeLimit
from app.planner.plan import PlanStep
from app.sdk.context import RunContext
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.node_type import Effect
from app.sdk.spec import inputs_object, outputs_by_port
from app.sdk.unsent import is_unsent

# Seconds for one attempt where the node sets none; a person may take as long as it takes, and a pure step has
# nothing to wait for: a timer would cost more than the step.
_TIMEOUTS: Mapping[Effect, float | None] = {
    "pure": None,
    "model": 300.0,
    "read": 120.0,
    "side_effect": 120.0,
    "person": None,
}


class Between(Protocol):
    """What is awaited as the wait for another attempt begins, after one that did nothing outside, and as it ends."""

    async def __call__(self, *, waits: bool) -> None: ...


async def run_attempts(
    run: Run,
    step: PlanStep,
    instance: Instance,
    inputs: Mapping[str, Value],
    ctx: RunContext,
    between: Between | None = None,
) -> Mapping[str, Any]:
    """The outputs by port; `between` is told of the waits for another attempt. Raises InstanceFailed."""
    seconds = step.node.retry.timeout or _TIMEOUTS[step.effect]
    while True:
        instance.attempts += 1
        try:
            work = _work(step, inputs, ctx)
            return outputs_by_port(await (work if seconds is None else _within(run, seconds, instance, work)))
        except NodeError as error:
            in_doubt = error.in_doubt or (error.is_open and instance.acts > 0)
            if (step.once and in_doubt) or not retry.may_retry(
                error, instance.attempts, step.node.retry.attempts
            ):
                raise InstanceFailed(failure_of(error), in_doubt=in_doubt) from error
            delay, failure = retry.delay(error, instance.attempts), failure_of(error)
        except asyncio.CancelledError as ended:
            task = asyncio.current_task()
            if run.stopping or task is None or task.cancelling():
                raise
            # Nobody ended this instance: something that the node waited for was ended by somebody else.
            raise InstanceFailed(failure_of(ended)) from ended
        except JournalError:  # the step must not go on with what isn't on the disk
            raise
        except Exception as bug:  # an author's mistake must not take the run with it
            raise InstanceFailed(failure_of(bug)) from bug
        of_all = step.node.retry.attempts
        run.emit(
            Retrying(run.now, step.id, instance.scope, instance.attempts, of_all, round(delay, 3), failure)
        )
        if between is not None and not in_doubt:
            await between(waits=True)
        await asyncio.sleep(delay)
        run.check_going()
        if between is not None and not in_doubt:
            await between(waits=False)


def _work(step: PlanStep, inputs: Mapping[str, Value], ctx: RunContext) -> Coroutine[Any, Any, Any]:
    if step.spec is None:
        raise NodeError("node.unknown_type", type=step.node.type)
    node_type = step.spec.type
    return node_type().run(step.fields, inputs_object(node_type, inputs), ctx)


async def _within(run: Run, seconds: float, instance: Instance, work: Coroutine[Any, Any, Any]) -> Any:
    instance.limit = TimeLimit(seconds, deadlines=run.deadlines)
    try:
        with instance.limit:
            return await work
    except TimeoutError as late:
        if not instance.limit.expired:
            raise
        error = NodeError("node.timeout", seconds=seconds)
        error.unsent = is_unsent(late.__cause__)
        raise error from late
    finally:
        instance.limit = None

"""The events that end a run whose engine is gone: what was under way is cancelled, and the run says why."""

from __future__ import annotations

from app.document.problem import Problem
from app.events.run_events import NodeSettled, RunEvent, RunFinished
from app.events.run_state import RunState


def ending(run: RunState, elapsed: float, problem: Problem | None) -> tuple[RunEvent, ...]:
    """Settles what was under way after `elapsed` seconds, then finishes: failed with a problem, else cancelled.

    Calls that were under way may have cost something: nobody is left who could say, so nothing is made up.
    """
    under_way = [instance for instance in run.instances.values() if instance.settled is None]
    settled = (
        NodeSettled(elapsed, instance.node, instance.scope, "cancelled", elapsed - instance.start, attempts=1)
        for instance in under_way
    )
    problems = (problem,) if problem else ()
    return (*settled, RunFinished(elapsed, "failed" if problem else "cancelled", problems=problems))

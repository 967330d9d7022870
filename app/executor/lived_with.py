"""Which recorded failures stay when a run goes on: those that it has lived with, and not those that ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.executor.frame_ends import was_ended
from app.executor.journal import Place
from app.executor.run import Run
from app.executor.where import Where
from app.planner.plan import Plan, PlanStep
from app.sdk.node_type import AgentRule, MapRule


@dataclass(frozen=True, slots=True)
class _Around:
    """A frame around a step, and its own place; without a step, the run over rows."""

    place: Place
    step: PlanStep | None = None


async def stays_failed(run: Run, step: PlanStep, where: Where) -> bool:
    """Whether a step that had failed there stays so: a failure leads from frame to frame, up to one that lives with it
    or to the end of the run. Raises JournalError.
    """
    if step.lives_with_failure:
        return True
    for around in reversed(_frames_around(run, where)):
        frame = around.step.frame if around.step else None
        if around.step is None or frame is None:
            return not run.past.retry_failed
        if isinstance(frame.rule, AgentRule):  # its model has heard of it
            return True
        if isinstance(frame.rule, MapRule) and not (
            frame.rule.is_limited and await was_ended(run, around.step, around.place)
        ):
            return not run.past.retry_failed
        if around.step.lives_with_failure:
            return True
    return False


def _frames_around(run: Run, where: Where) -> Sequence[_Around]:
    """From the outermost to the innermost."""
    found: list[_Around] = []
    plans: list[Plan] = [run.root.plan] if run.root else []
    parts = where.place.split("/") if where.place else []
    for depth, part in enumerate(parts):
        name = part.partition("#")[0]
        if not name:
            found.append(_Around(""))
            continue
        # There is one: the place is that of a scope which this run goes through.
        step = next(step for plan in plans for step in plan.steps if step.node.id == name)
        found.append(_Around("/".join([*parts[:depth], name]), step))
        if step.frame is not None:
            plans = [step.frame.body, *(tool.plan for tool in step.frame.tools)]
    return found

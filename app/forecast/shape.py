"""The shape of a plan, as far as a forecast needs it: its parts, what steps wait for, how long its lists are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.forecast.situation import Situation
from app.planner.plan import Plan, PlanStep


def parts(plan: Plan) -> Iterator[Plan]:
    """It, the bodies of its frames, and the tools of its agents."""
    yield plan
    for step in plan.steps:
        if step.frame:
            yield from parts(step.frame.body)
            for tool in step.frame.tools:
                yield from parts(tool.plan)


def lengths(plan: Plan, situation: Situation) -> Mapping[str, int]:
    """Of the lists that are known before the run, by the For each that goes through them."""
    found: dict[str, int] = {}
    for part in parts(plan):
        for edge in part.edges:
            source, target = part.steps[edge.source], part.steps[edge.target]
            if target.frame is None or edge.target_port != "items":
                continue
            if source.id in situation.contents:
                found[target.id] = situation.contents[source.id].rows
            elif source.node.type == "intent.ask" and edge.source_port in situation.counts:
                found[target.id] = situation.counts[edge.source_port]
    return found


def needs(step: PlanStep) -> frozenset[str]:
    """The ports that must get a value, of those that are joined."""
    return frozenset(step.required).intersection(edge.target_port for edge in step.incoming)


def gives(step: PlanStep) -> bool:
    """It hands out what the run or frame was given."""
    return step.node.type in ("intent.ask", "flow.inputs")

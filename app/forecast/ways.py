"""The ways out of a step: which outputs carry a value together, which exclude each other, and which one was taken."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from app.forecast.evidence import Unit
from app.planner.plan import Plan, PlanStep
from app.sdk.ports import ERROR_PORT

_ONE_WAY = ("flow.if", "flow.switch")


@dataclass(frozen=True, slots=True)
class Way:
    """Output ports that carry values together. `only`: the steps that run in this way out and in no other."""

    ports: frozenset[str]
    only: frozenset[str] = frozenset()


def ways_within(plan: Plan, told: Collection[str]) -> Mapping[str, Sequence[Way]]:
    """By step; `told` are the steps of which `Way.only` speaks."""
    found = {step.index: ways_of(step) for step in plan.steps}
    if not any(found.values()):
        return {step.id: () for step in plan.steps}
    numbers = {name: number for number, name in enumerate(told)}
    behind = [0] * len(plan.steps)  # the steps from there on, as bits: a chain of hundreds would fill sets
    for step in reversed(plan.steps):
        within = step.frame.body.all_steps() if step.frame else ()
        for one in (step, *within):
            behind[step.index] |= 1 << numbers[one.id] if one.id in numbers else 0
        for edge in step.outgoing:
            behind[step.index] |= behind[edge.target]
    return {step.id: _told_apart(step, found[step.index], behind, list(numbers)) for step in plan.steps}


def _told_apart(
    step: PlanStep, ways: Sequence[frozenset[str]], behind: Sequence[int], names: Sequence[str]
) -> Sequence[Way]:
    reached = [0] * len(ways)
    for number, ports in enumerate(ways):
        for edge in step.outgoing:
            reached[number] |= behind[edge.target] if edge.source_port in ports else 0
    found: list[Way] = []
    for number, ports in enumerate(ways):
        only = reached[number]
        for other, also in enumerate(reached):
            only &= ~also if other != number else only
        found.append(Way(ports, frozenset(name for at, name in enumerate(names) if only >> at & 1)))
    return found


def ways_of(step: PlanStep) -> Sequence[frozenset[str]]:
    """Sets of output ports of which exactly one set carries values; what is in none of them always does."""
    outputs = step.ports.outputs
    if step.node.type in _ONE_WAY:
        return [frozenset({port.name}) for port in outputs]
    if step.node.type == "intent.classify":
        own = [frozenset({port.name, "label"}) for port in outputs if port.own_label]
        none = [frozenset({port.name}) for port in outputs if port.tone == "fail"]
        return [*(own or [frozenset({"label"})]), *none]
    passed = frozenset(port.name for port in outputs if port.tone == "pass")
    failed = frozenset(port.name for port in outputs if port.tone == "fail")
    return [passed, failed] if passed and failed else []


def weights(count: int, draw: random.Random) -> list[float]:
    """How often each way is taken, where nobody knows: anything is as likely as anything else."""
    return [draw.expovariate(1.0) for _ in range(count)]


def seen(ways: Sequence[Way], past: Unit) -> Sequence[float]:
    """How often each way was taken in a past run, as the calls of the steps tell that only it leads to. One that leads
    to none of them is what is left where no other was taken.
    """
    calls = [max((past[name].calls for name in way.only if name in past), default=0) for way in ways]
    silent = [not way.only for way in ways]
    return silent if any(silent) and not any(calls) else calls


def closed_ports(ways: Sequence[Way], taken: int) -> frozenset[str]:
    """The ports that carry nothing when this way was taken."""
    if not ways:
        return frozenset({ERROR_PORT})
    return frozenset(port for way in ways for port in way.ports if port not in ways[taken].ports) | {
        ERROR_PORT
    }

"""The ways out of a step: which outputs carry a value together, and which exclude each other."""

from __future__ import annotations

import random
from collections.abc import Sequence

from app.planner.plan import PlanStep
from app.sdk.ports import ERROR_PORT

_ONE_WAY = ("flow.if", "flow.switch")


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


def closed_ports(ways: Sequence[frozenset[str]], taken: int) -> frozenset[str]:
    """The ports that carry nothing when this way was taken."""
    if not ways:
        return frozenset({ERROR_PORT})
    return frozenset(port for way in ways for port in way if port not in ways[taken]) | {ERROR_PORT}

"""Calls that were under way when a run's process went without a word: nobody saw their end, and whoever was asked may
charge for them all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from app.costs.usage import Usage
from app.events.run_events import (
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    Preview,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Scope,
)
from app.forecast.asking import stages_of
from app.forecast.typical import BYTES_A_TOKEN, answer_tokens, own_tokens
from app.planner.plan import Plan, PlanStep
from app.sdk.fields import ModelChoice
from app.sdk.node_type import AgentRule, Stage

_OUTPUT_ABOUT = 1000.0  # tokens of an answer whose step doesn't say, as for calls that were stopped

Call: TypeAlias = tuple[ModelChoice, ...]  # one of these models is asked
Booked: TypeAlias = Mapping[tuple[str, Scope], int]  # calls in the ledger, by node and scope


@dataclass(slots=True)
class Begun:
    """An instance that had not settled. `given` are bytes of its inputs, about; `called` its calls that ended."""

    node: str
    scope: Scope
    given: float
    called: list[ModelCalled] = field(default_factory=list[ModelCalled])


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a run as its events tell it. `until` is the time of the last one, in seconds of the run."""

    started: RunStarted
    until: float
    begun: Sequence[Begun]


@dataclass(frozen=True, slots=True)
class OpenCall:
    """`about` is what it may have used: by the sizes of what was sent, and the length that its answer may have."""

    step: PlanStep
    scope: Scope
    models: Call
    about: Usage


def broken_off(events: Iterable[RunEvent]) -> Life | None:
    """What was begun and not settled, in the order of its beginning; None where the run came to a rest or its end."""
    started: RunStarted | None = None
    open_: dict[tuple[str, Scope], Begun] = {}
    until, is_at_rest = 0.0, False
    for event in events:
        match event:
            case RunStarted():
                started = event
            case NodeStarted():
                given = sum(map(_bytes, event.inputs.values()))
                open_[event.node, event.scope] = Begun(event.node, event.scope, given)
            case ModelCalled() if not event.source and (event.node, event.scope) in open_:
                open_[event.node, event.scope].called.append(event)
            case NodeSettled():
                open_.pop((event.node, event.scope), None)
            case RunPaused():
                is_at_rest = True
            case RunResumed() | PersonAnswered():
                is_at_rest = False
            case RunFinished():
                return None
            case _:
                pass
        until = max(until, getattr(event, "t", 0.0))
    return None if started is None or is_at_rest else Life(started, until, tuple(open_.values()))


def lost(plan: Plan, begun: Sequence[Begun], booked: Booked) -> Sequence[tuple[PlanStep, ModelCalled]]:
    """Calls that ended so shortly before the break that the ledger does not have them."""
    steps = {step.id: step for step in plan.all_steps()}
    return [
        (steps[one.node], call)
        for one in begun
        for call in one.called[booked.get((one.node, one.scope), 0) :]
        if one.node in steps
    ]


def open_calls(plan: Plan, begun: Sequence[Begun], booked: Booked) -> Sequence[OpenCall]:
    """The calls that these instances may have been waiting for, in the same order."""
    steps = {step.id: step for step in plan.all_steps()}
    scopes = [one.scope for one in begun]
    found: list[OpenCall] = []
    for one in begun:
        if booked.get((one.node, one.scope), 0) > len(one.called):
            continue  # its call has ended, and the events did not come to say so
        step = steps.get(one.node)
        stages = stages_of(step) if step else None
        inside = f"{one.scope}/{one.node}#" if one.scope else f"{one.node}#"
        if step is None or not stages or any(scope.startswith(inside) for scope in scopes):
            continue  # it asks nobody, or what it holds was at work
        usage = Usage(
            round(own_tokens(step) + one.given / BYTES_A_TOKEN), round(answer_tokens(step, _OUTPUT_ABOUT))
        )
        found += [
            OpenCall(step, one.scope, models, usage) for models in _awaited(step, stages, one) if models
        ]
    return found


def _awaited(step: PlanStep, stages: Sequence[Stage], begun: Begun) -> Sequence[Call]:
    """Of the stages, what comes after the calls that have ended."""
    left = len(begun.called)
    for stage in stages:
        if left < len(stage.calls):
            return stage.calls[left:] if stage.together else stage.calls[left : left + 1]
        left -= len(stage.calls)
    asks_again = isinstance(step.frame and step.frame.rule, AgentRule) or getattr(step.fields, "repairs", 0)
    if begun.called and begun.called[-1].failure is None and not asks_again:
        return ()  # it has all its answers, and only its record was missing
    return stages[-1].calls[-1:]


def _bytes(value: Preview) -> float:
    """Of a whole text by its beginning; of other values what is shown of them."""
    shown = len(value.text.encode(errors="replace"))
    if value.type != "text" or not value.text:
        return shown
    return shown / len(value.text) * max(value.size, len(value.text))

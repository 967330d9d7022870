"""Asking: what a step sends to which models, stage by stage, and how long its answers typically are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.forecast.situation import Rate
from app.forecast.typical import GROWING, JUDGEMENT, SELDOM_ON, answer_tokens, most_tokens, own_tokens
from app.planner.plan import Plan, PlanStep
from app.sdk.fields import ModelChoice
from app.sdk.node_type import AgentRule, Stage


@dataclass(frozen=True, slots=True)
class RatedStage:
    """A stage of a step with its models as the forecast knows them."""

    calls: tuple[tuple[Rate, ...], ...]
    together: bool
    may_be_last: bool
    judges: int


@dataclass(frozen=True, slots=True)
class Asking:
    """A step that calls models. `own` are the tokens that it sends itself, `answer` those of a typical answer,
    `judgement` those of what a judge says of it, `most` of the longest.

    `attempts` and `repairs` are how often a call is tried and an unusable answer asked for anew. `seldom`: a stage is
    most times enough. `grows`: each call also reads the answers before it.
    """

    own: float
    answer: float
    judgement: float
    most: float
    stages: tuple[RatedStage, ...]
    attempts: int
    repairs: int
    seldom: bool
    grows: bool

    @property
    def rates(self) -> tuple[Rate, ...]:
        """All models that may be asked."""
        return tuple(rate for stage in self.stages for call in stage.calls for rate in call)


def asking_of(step: PlanStep, rate_of: Callable[[ModelChoice], Rate | None], usual: float) -> Asking | None:
    """None for a step that calls no model. A model that nobody knows has a rate without id and price."""
    if step.spec is None or step.always_skipped:
        return None
    stages = stages_of(step)
    if stages is None:
        return None

    def rated(stage: Stage) -> RatedStage:
        calls = (tuple(rate_of(choice) or Rate("") for choice in models) for models in stage.calls if models)
        return RatedStage(tuple(calls), stage.together, stage.may_be_last, stage.judges)

    return Asking(
        own_tokens(step),
        answer_tokens(step, usual),
        JUDGEMENT,
        most_tokens(step),
        tuple(map(rated, stages)),
        step.node.retry.attempts,
        getattr(step.fields, "repairs", 0),
        step.node.type in SELDOM_ON,
        step.node.type in GROWING,
    )


def asks_models(plan: Plan) -> bool:
    """Whether any step does, here or in a frame."""
    return any(stages_of(step) is not None for step in plan.all_steps() if not step.always_skipped)


def stages_of(step: PlanStep) -> Sequence[Stage] | None:
    """Its calls in the order in which they may be made; None where it makes none itself."""
    rule = step.frame.rule if step.frame else None
    if isinstance(rule, AgentRule):
        return (Stage(((rule.model,),)),)
    if step.frame or step.effect != "model" or step.spec is None:
        return None
    return step.spec.type.stages(step.fields)

"""Kept answers: which steps of a run that has not begun the cache has answers for. Nobody is asked anything."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn, cast

from app.document.workflow import Json
from app.executor.attempt import run_attempts
from app.executor.booking import Booking
from app.executor.cache import Cache, CacheState, Kept
from app.executor.cache_key import cache_key
from app.executor.digests import digest_of
from app.executor.doors import Doors, Limits
from app.executor.effort import Effort
from app.executor.instance import Instance
from app.executor.instance_failed import InstanceFailed
from app.executor.outcome import Outcome, of_outputs, values_of
from app.executor.past import Keeping
from app.executor.run import Run
from app.executor.run_context import InstanceContext
from app.executor.tally import Tally
from app.executor.walk import Walk
from app.executor.where import Where
from app.planner.plan import Plan, PlanStep
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, EmbedReply, LabelScores, Load, ModelFacts, Models

_CLOSED = cast("Any", None)  # no step that is tried knocks at these


async def kept_answers(
    plan: Plan, values: Mapping[str, Json], doors: Doors, cache: Cache, effort: Effort
) -> frozenset[str]:
    """Those outside of frames that a run with these inputs would find whole in the cache. Steps that are pure are
    computed on the way, as far as the effort goes; behind anything else that isn't kept nobody knows what comes.
    """
    models = _Unasked(doors.models)
    seen, keeping = (
        replace(doors, models=models, net=_CLOSED, files=_CLOSED),
        Keeping(cache=_Unchanged(cache)),
    )
    booking = Booking("", plan, seen, keeping.journal)
    run = Run("", seen, Limits(), keeping, booking, plan.workflow.id)
    run.close()
    visit = _Visit(run, models, values)
    walk, found = Walk(plan, Where(), values, Tally(), {}), set[str]()
    waiting = walk.frontier.start()
    while waiting and not effort.is_spent:
        await asyncio.sleep(0)  # runs go on meanwhile
        index = waiting.pop()
        step = plan.steps[index]
        if walk.frontier.why_skipped(index):
            waiting += walk.frontier.settle(index, {})
            continue
        with effort.spent():
            outcome = await visit.outcome(walk, step)
        if outcome is not None:
            found |= {step.id} if step.effect == "model" else set()
            waiting += walk.frontier.settle(index, outcome.tokens)
    return frozenset(found)


class _Visit:
    def __init__(self, run: Run, models: _Unasked, values: Mapping[str, Json]) -> None:
        self._run = run
        self._models = models
        self._values = values

    async def outcome(self, walk: Walk, step: PlanStep) -> Outcome | None:
        """What the step comes to without anything outside; None where nobody knows."""
        is_race = step.merge is not None and step.merge.wait_for != "all"
        if step.frame or is_race or step.effect not in ("pure", "model"):
            return None
        if step.effect == "model" and step.node.cache != "reuse":
            return None
        if any(power.kind == "keep" for power in step.powers):  # what it asks follows from what it remembers
            return None
        instance = Instance(step.id, "", 0.0, "", walk.tally)
        try:
            inputs = values_of(step, walk.frontier.inputs(step.index))
            outputs = await self._outputs(step, instance, inputs)
            return None if outputs is None else of_outputs(step, outputs, self._run.values, "")
        except (InstanceFailed, NodeError):
            return None

    async def _outputs(
        self, step: PlanStep, instance: Instance, inputs: Mapping[str, Value]
    ) -> Mapping[str, Any] | None:
        run = self._run
        if step.effect == "model" and step.spec and step.spec.type.cached != "calls":
            key = cache_key(step, digest_of(inputs), run.doors)
            kept = await run.cache.get(key) if key and run.cache else None
            return kept.outputs if kept else None
        self._models.missed = False
        ctx = InstanceContext(run, step, instance, None, self._values)
        outputs = await run_attempts(run, step, instance, inputs, ctx)
        return None if self._models.missed else outputs


class _Unasked(Models):
    """Models that nobody asks: who would have to has missed the cache."""

    def __init__(self, real: Models) -> None:
        self._real = real
        self.missed = False

    async def chat(self, request: object) -> ChatReply:
        self._miss()

    async def score(self, request: object) -> LabelScores:
        self._miss()

    async def embed(self, request: object) -> EmbedReply:
        self._miss()

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return self._real.facts(choice)

    def load(self, choice: ModelChoice) -> Load | None:
        return self._real.load(choice)

    def _miss(self) -> NoReturn:
        self.missed = True
        raise NodeError("model.missing")


class _Unchanged(Cache):
    """The cache, to which nothing is added."""

    def __init__(self, real: Cache) -> None:
        self._real = real

    async def get(self, key: str) -> Kept | None:
        return await self._real.get(key)

    def put(self, key: str, workflow_id: str, node: str, kept: Kept) -> None:
        """Nothing new comes up here."""

    async def clear(self, workflow_id: str = "", node: str = "") -> int:
        return 0

    async def state(self) -> CacheState:
        return await self._real.state()

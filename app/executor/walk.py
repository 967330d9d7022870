"""One scope of an earlier run while it is gone through again, and what views are told of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from app.document.workflow import Json
from app.events.run_events import NodeSettled, NodeStarted, Preview, RunEvent, Scope
from app.executor.frontier import Frontier, Inputs
from app.executor.journal import StepRecord
from app.executor.outcome import Outcome
from app.executor.scope_failed import ScopeFailed
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Plan, PlanStep


class Walk:
    """`results` are those of the scope by name; `failed` is what ended it."""

    def __init__(
        self,
        plan: Plan,
        where: Where,
        values: Mapping[str, Json],
        tally: Tally,
        records: Mapping[str, StepRecord],
    ) -> None:
        self.where = where
        self.values = values
        self.tally = tally
        self.records = records
        self.frontier = Frontier(plan)
        self.events: list[RunEvent] = []
        self.results: dict[str, Token] = {}
        self.failed: ScopeFailed | None = None
        self._ended: dict[int, float] = {}

    def ready_at(self, step: PlanStep) -> float:
        """When it may have begun, where that wasn't written down: as what leads to it had ended."""
        return max((self._ended.get(edge.source, 0.0) for edge in step.incoming), default=0.0)

    def skipped(self, step: PlanStep, why: str) -> None:
        now, scope = self.ready_at(step), self.where.scope
        self.events.append(NodeSettled(now, step.id, scope, "skipped", skip=why))

    def told(
        self, step: PlanStep, inputs: Inputs, outcome: Outcome | None, record: StepRecord | None
    ) -> None:
        at = record.at if record else self.ready_at(step)
        seconds = record.seconds if record else 0.0
        self._ended[step.index] = end = round(at + seconds, 4)
        self.events.append(NodeStarted(at, step.id, self.where.scope, _previews(inputs)))
        if outcome is None:
            return
        self.events.append(_settled(end, step.id, self.where.scope, outcome, record))
        result = inputs.get("value")
        if outcome.failure and outcome.stops:
            self.failed = self.failed or ScopeFailed(step.id, outcome.failure)
        elif step.result_name and not outcome.failure and isinstance(result, Token):
            self.results[step.result_name] = result


def _settled(end: float, node: str, scope: Scope, outcome: Outcome, record: StepRecord | None) -> NodeSettled:
    settled = NodeSettled(
        end,
        node,
        scope,
        "failed" if outcome.failure else "skipped" if outcome.skip else "ok",
        ports=tuple(outcome.tokens),
        outputs={name: token.preview for name, token in outcome.tokens.items()},
        verdict=outcome.verdict,
        failure=outcome.failure,
        skip=outcome.skip,
        source=outcome.source,
    )
    if record is None:
        return settled
    return replace(
        settled,
        seconds=record.seconds,
        attempts=record.attempts,
        calls=record.calls,
        usage=record.usage,
        cost=record.cost,
        model=record.model,
        source="" if record.saved is None else "cache",
        saved=record.saved,
    )


def _previews(inputs: Inputs) -> dict[str, Preview]:
    return {
        name: token[0].preview if isinstance(token, list) else token.preview
        for name, token in inputs.items()
        if token
    }

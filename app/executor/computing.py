"""Steps that only compute: done one after another in one go, without a task, and told in common events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.document.workflow import Json
from app.events.run_events import Computed, NodeSettled, StepsComputed
from app.executor.frontier import Frontier
from app.executor.journal import StepRecord
from app.executor.outcome import Outcome, of_values
from app.executor.run import Run
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Computation, Plan, PlanStep
from app.sdk.ports import SKIP

_IN_ONE_EVENT = 64  # steps, each of which may carry previews of some KiB
_MATTERS = 0.0001  # seconds that a step takes

_NOTHING: Mapping[str, Token] = {}


@dataclass(slots=True)
class _Surroundings:
    """See `app.sdk.context.Surroundings`."""

    row: int | None
    values: Mapping[str, Json]


class Computing:
    """Settles what needs no waiting in one scope: steps that only compute, and those that are skipped.

    `results` gets the tokens of result steps. What `lost` holds is skipped; the results of `given` are looked up by
    somebody else.
    """

    def __init__(
        self,
        run: Run,
        plan: Plan,
        where: Where,
        values: Mapping[str, Json],
        frontier: Frontier,
        lost: Collection[int],
        results: dict[int, Token],
    ) -> None:
        self._run = run
        self._steps = plan.steps
        self._where = where
        self._around = _Surroundings(where.row, values)
        self._frontier = frontier
        self._lost = lost
        self._results = results
        self._given = {*run.past.pins, *run.past.before}
        self._done: list[Computed] = []
        self._since = self._begun = 0.0  # on the clock of the machine, of the run

    def go_through(self, ready: list[int]) -> list[int]:
        """Settles what it can of the ready steps and of those that become ready by it; gives those to be awaited."""
        frontier, awaited, skipped = self._frontier, list[int](), list[NodeSettled]()
        self._since, self._begun = time.monotonic(), self._run.now
        for index in ready:  # grows while it is walked
            step = self._steps[index]
            why = "lost" if index in self._lost else frontier.why_skipped(index)
            if why:
                skipped.append(NodeSettled(self._run.now, step.id, self._where.scope, "skipped", skip=why))
                ready += frontier.settle(index, _NOTHING)
                continue
            how = None if step.id in self._given else step.computation
            outcome = self._compute(index, step, how) if how else None
            if outcome is None:
                awaited.append(index)
            else:
                ready += frontier.settle(index, outcome.tokens)
        self._tell()
        for event in skipped:
            self._run.emit(event)
        return awaited

    def _compute(self, index: int, step: PlanStep, how: Computation) -> Outcome | None:
        """None where it isn't simply through: it is done again by who can say what is wrong."""
        frontier = self._frontier
        try:
            values = frontier.values(index)
            inputs = values if how.inputs is None else how.inputs(**values)
            made = how.type().compute(step.fields, inputs, self._around)
            outputs = (
                how.outputs(made) if how.outputs else [made.get(p.name, SKIP) for p in step.ports.outputs]
            )
            outcome = of_values(step, outputs, self._run.values, self._where.scope)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever an author does wrong
            return None
        if step.result_name and isinstance(result := frontier.inputs(index).get("value"), Token):
            self._results[index] = result
        now = time.monotonic()
        took, self._since = now - self._since, now
        seconds = round(took, 4) if took >= _MATTERS else 0.0
        if self._run.notes_left > 0:
            self._note(step, outcome, seconds)
        if seconds:
            self._begun = round(self._begun + seconds, 4)
        self._done.append(
            Computed(
                step.id,
                frontier.links(index),
                {name: token.preview for name, token in outcome.tokens.items()},
                seconds,
                outcome.verdict,
            )
        )
        if len(self._done) == _IN_ONE_EVENT:
            self._tell()
        return outcome

    def _tell(self) -> None:
        if self._done:
            self._run.emit(StepsComputed(self._run.now, self._where.scope, tuple(self._done)))
            self._done.clear()

    def _note(self, step: PlanStep, outcome: Outcome, seconds: float) -> None:
        run, node = self._run, step.node
        run.notes_left -= 1
        run.journal.note(
            StepRecord(
                self._where.place,
                step.id,
                "ok",
                node.type,
                step.spec.type.version if step.spec else node.type_version,
                "",
                {name: token.value for name, token in outcome.tokens.items()},
                self._where.scope,
                self._begun,
                seconds,
                attempts=1,
                verdict=outcome.verdict,
            )
        )

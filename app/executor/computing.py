"""Steps that only compute: done one after another in one go, without a task, told together and noted together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from app.document.workflow import Json
from app.events.run_events import Computed, NodeSettled, Preview, StepsComputed
from app.executor.frontier import Frontier
from app.executor.journal import StepRecord
from app.executor.outcome import of_values
from app.executor.run import Run
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Computation, Plan, PlanStep
from app.sdk.ports import SKIP

_AT_ONCE = 64  # steps in one event and one note, each of which may carry previews of some KiB
_MATTERS = 0.0001  # seconds that a step takes

_NOTHING: Mapping[str, Token] = {}
_Verdict: TypeAlias = Mapping[str, Json] | None
# A step that is done: where its inputs came from, what it gave and how that is shown, its seconds, its verdict. Tuples,
# since there is one for every step.
_Done: TypeAlias = tuple[
    PlanStep, Mapping[str, str], Mapping[str, Token], Mapping[str, Preview], float, _Verdict
]

_Group: TypeAlias = tuple[float, list[_Done]]  # steps done in one go, and when the first of them began


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
        self._done: list[_Done] = []
        self._told: list[_Group] = []
        self._to_note = 0
        self._since = 0.0  # on the machine's clock: when the step before was through
        self._begun = 0.0  # on the run's: when the first of `done` began

    def go_through(self, ready: list[int]) -> list[int]:
        """Settles what it can of the ready steps and of those that become ready by it; gives those to be awaited."""
        frontier, steps, lost, given = self._frontier, self._steps, self._lost, self._given
        awaited, skipped = list[int](), list[NodeSettled]()
        self._since, self._begun = time.monotonic(), self._run.now
        for index in ready:  # grows while it is walked
            step = steps[index]
            how = step.computation
            if how is None or frontier.lacks[index] or index in lost:
                why = "lost" if index in lost else frontier.why_skipped(index)
                if why:
                    skipped.append(
                        NodeSettled(self._run.now, step.id, self._where.scope, "skipped", skip=why)
                    )
                    ready += frontier.settle(index, _NOTHING)
                    continue
            if how is None or (given and step.id in given):
                awaited.append(index)
                continue
            tokens = self._compute(index, step, how)
            if tokens is None:
                awaited.append(index)
            else:
                ready += frontier.settle(index, tokens)
        self._tell()
        for event in skipped:
            self._run.skipped[event.node] += 1
            self._run.emit(event)
        return awaited

    def _compute(self, index: int, step: PlanStep, how: Computation) -> Mapping[str, Token] | None:
        """None where it isn't simply through: it is done again by who can say what is wrong."""
        frontier, store, scope, verdict = self._frontier, self._run.values, self._where.scope, None
        try:
            values = frontier.values(index, how)
            inputs = values if how.inputs is None else how.inputs(**values)
            made = how.type().compute(step.fields, inputs, self._around)
            if how.output is not None and (value := how.output(made)) is not SKIP:
                port = step.ports.outputs[0]
                token = store.token(value, port.type, scope, step.id, port.name)
                tokens, shown = {port.name: token}, {port.name: token.preview}
            else:
                outcome = of_values(step, _values(step, how, made), store, scope)
                tokens, verdict = outcome.tokens, outcome.verdict
                shown = {name: token.preview for name, token in tokens.items()}
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever an author does wrong
            return None
        if step.result_name and isinstance(result := frontier.inputs(index).get("value"), Token):
            self._results[index] = result
        now = time.monotonic()
        took, self._since = now - self._since, now
        seconds = round(took, 4) if took >= _MATTERS else 0.0
        links = frontier.links(index) if frontier.lacks[index] else how.links
        self._done.append((step, links, tokens, shown, seconds, verdict))
        if len(self._done) == _AT_ONCE:
            self._tell()
        return tokens

    def _tell(self) -> None:
        """What was done since the last time: as one event and one note."""
        done, run, where = self._done, self._run, self._where
        if not done:
            return
        self._done = []
        steps = tuple(
            [
                Computed(step.id, links, shown, seconds, verdict)
                for step, links, _, shown, seconds, verdict in done
            ]
        )
        now = run.now
        run.emit(StepsComputed(now, where.scope, steps))
        self._told.append((self._begun, done))
        self._to_note += len(done)
        if self._to_note >= _AT_ONCE:
            self.note()
        self._begun = now

    def note(self) -> None:
        """Notes what was told since the last time: all at once, since each note is a row in the journal."""
        told, count, run = self._told, self._to_note, self._run
        self._told, self._to_note = [], 0
        if told and run.notes_left > 0:
            run.notes_left -= count
            run.journal.note_all(self._where.place, _Records(self._where, told, count))


class _Records(Collection[StepRecord]):
    """The records of steps that were computed together: made when somebody wants them, which may be never."""

    __slots__ = ("_count", "_told", "_where")

    def __init__(self, where: Where, told: list[_Group], count: int) -> None:
        self._where = where
        self._told = told
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __contains__(self, record: object) -> bool:
        return any(record == own for own in self)

    def __iter__(self) -> Iterator[StepRecord]:
        for at, done in self._told:
            for step, _, tokens, _, seconds, verdict in done:
                yield StepRecord(
                    self._where.place,
                    step.id,
                    "ok",
                    step.node.type,
                    step.spec.type.version if step.spec else step.node.type_version,
                    "",
                    {name: token.value for name, token in tokens.items()},
                    self._where.scope,
                    at,
                    seconds,
                    attempts=1,
                    verdict=verdict,
                )
                at = round(at + seconds, 4)  # noqa: PLW2901 - when the next one began


def _values(step: PlanStep, how: Computation, made: Any) -> Iterator[Any]:
    if how.outputs:
        yield from how.outputs(made)
    else:
        for port in step.ports.outputs:
            yield made.get(port.name, SKIP)

"""Steps that only compute: done one after another in one go, without a task, told together and noted together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from app.document.workflow import Json
from app.events.run_events import Computed, NodeSettled, Preview, StepsComputed
from app.executor.frontier import Frontier
from app.executor.journal import ComputedStep, ComputedSteps
from app.executor.outcome import tokens_of
from app.executor.run import Run
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Computation, Plan, PlanStep
from app.sdk.data_types import Value
from app.sdk.ports import SKIP
from app.sdk.spec import outputs_by_port

_AT_ONCE = 64  # steps in one event and one note, each of which may carry previews of some KiB

_NOTHING: Mapping[str, Any] = {}


class _Surroundings(msgspec.Struct):
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
        self._to_tell: list[Computed] = []
        self._to_note: list[ComputedStep] = []
        self._gave: list[Mapping[str, Value]] = []  # each of those
        self._since = 0.0  # on the machine's clock: when the step before was through
        self._at = 0.0  # the same on the run's

    def go_through(self, ready: list[int]) -> list[int]:
        """Settles what it can of the ready steps and of those that become ready by it; gives those to be awaited."""
        frontier, steps, lost, given = self._frontier, self._steps, self._lost, self._given
        awaited: list[int] = []
        skipped: list[NodeSettled] = []
        self._since, self._at = time.monotonic(), self._run.now
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
        frontier, store, scope = self._frontier, self._run.values, self._where.scope
        tokens: Mapping[str, Token] = _NOTHING
        shown: Mapping[str, Preview] = _NOTHING
        gave: Mapping[str, Value] = _NOTHING
        verdict = None
        try:
            values = frontier.values(index, how)
            inputs = values if how.inputs is None else how.inputs(**values)
            made = how.compute(step.fields, inputs, self._around)
            if how.output is not None and (value := how.output(made)) is not SKIP:
                port = step.ports.outputs[0]
                token = store.token(value, port.type, scope, step.id, port.name)
                tokens, shown, gave = (
                    {port.name: token},
                    {port.name: token.preview},
                    {port.name: token.content},
                )
            elif step.ports.outputs:
                tokens, verdict = tokens_of(step, outputs_by_port(made), store, scope)
                shown = {name: token.preview for name, token in tokens.items()}
                gave = {name: token.content for name, token in tokens.items()}
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever an author does wrong
            return None
        if how.result is not None and (result := frontier.token(how.result)):
            self._results[index] = result
        now = time.monotonic()
        seconds = (now - self._since) * 10_000 // 1 / 10_000  # as `Run.now` counts
        self._since = now
        links = frontier.links(index) if frontier.lacks[index] else how.links
        self._to_tell.append(Computed(step.id, links, shown, seconds, verdict))
        self._to_note.append((step.id, step.node.type, how.version, self._at, seconds, verdict))
        self._gave.append(gave)
        if seconds:
            self._at = round(self._at + seconds, 4)
        if len(self._to_tell) == _AT_ONCE:
            self._tell()
        return tokens

    def _tell(self) -> None:
        """What was done since the last time, as one event."""
        if self._to_tell:
            self._run.emit(StepsComputed(self._run.now, self._where.scope, tuple(self._to_tell)))
            self._to_tell.clear()
            if len(self._to_note) >= _AT_ONCE:
                self.note()

    def note(self) -> None:
        """Notes what was done since the last time: all at once, since each note is a row in the journal."""
        run, where = self._run, self._where
        if self._to_note and run.notes_left > 0:
            run.notes_left -= len(self._to_note)
            run.journal.note_all(ComputedSteps(where.place, where.scope, self._to_note, self._gave))
        self._to_note, self._gave = [], []

"""Steps that only compute: done one after another in one go, without a task, told together and noted together."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from time import monotonic
from typing import TypeAlias

import msgspec

from app.document.workflow import Json
from app.events.run_events import Computed, NodeSettled, Preview, StepsComputed
from app.executor.frontier import Frontier
from app.executor.journal import ComputedStep, ComputedSteps
from app.executor.outcome import tokens_of
from app.executor.run import Run
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Computation, Plan
from app.sdk.data_types import Value
from app.sdk.ports import SKIP
from app.sdk.spec import outputs_by_port

_AT_ONCE = 64  # steps in one event and one note, each of which may carry previews of some KiB

# What a step gave: its tokens, how they are shown, their values, its verdict.
_Made: TypeAlias = tuple[
    Mapping[str, Token], Mapping[str, Preview], Mapping[str, Value], Mapping[str, Json] | None
]

_NOTHING: Mapping[str, Token] = {}
_MADE_NOTHING: _Made = ({}, {}, {}, None)


class _Surroundings(msgspec.Struct):
    """See `app.sdk.context.Surroundings`."""

    row: int | None
    values: Mapping[str, Json]


class Computing:
    """Settles what needs no waiting in one scope: steps that only compute, and those that are skipped.

    `results` gets the tokens of result steps. What `lost` holds is skipped.
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
        self._computations = plan.computations
        if run.past.pins or run.past.before:
            self._computations = tuple(_without(plan, {*run.past.pins, *run.past.before}))
        self._to_note: list[ComputedStep] = []
        self._gave: list[Mapping[str, Value]] = []  # each of those

    def go_through(self, ready: list[int]) -> list[int]:
        """Settles what it can of the ready steps and of those that become ready by it; gives those to be awaited."""
        frontier, lacks, lost = self._frontier, self._frontier.lacks, self._lost
        awaited: list[int] = []
        skipped: list[NodeSettled] = []
        done: list[Computed] = []
        since, at = monotonic(), self._run.now
        for index in ready:  # grows while it is walked
            how = self._computations[index]
            if how is None or lacks[index] or index in lost:
                why = "lost" if index in lost else frontier.why_skipped(index)
                if why:
                    node, scope = self._steps[index].id, self._where.scope
                    skipped.append(NodeSettled(self._run.now, node, scope, "skipped", skip=why))
                    ready += frontier.settle(index, _NOTHING)
                    continue
            if how is None or (made := self._made(index, how)) is None:
                awaited.append(index)
                continue
            tokens, shown, values, verdict = made
            if how.result is not None and (result := frontier.token(how.result)):
                self._results[index] = result
            ready += frontier.settle(index, tokens)
            seconds = (monotonic() - since) * 10_000 // 1 / 10_000  # as `Run.now` counts
            links = frontier.links(index) if lacks[index] else how.links
            done.append(Computed(how.id, links, shown, seconds, verdict))
            self._to_note.append((how.id, how.type, how.version, at, seconds, verdict))
            self._gave.append(values)
            if seconds:  # what is too short to count, counts together with the next
                since, at = since + seconds, round(at + seconds, 4)
            if len(done) == _AT_ONCE:
                self._tell(at, done)
                done = []
        if done:
            self._tell(at, done)
        for event in skipped:
            self._run.skipped[event.node] += 1
            self._run.emit(event)
        return awaited

    def _made(self, index: int, how: Computation) -> _Made | None:
        """None where it isn't simply through: it is done again by who can say what is wrong."""
        try:
            values = self._frontier.values(index, how)
            inputs = values if how.inputs is None else how.inputs(**values)
            made = how.node_type().compute(how.fields, inputs, self._around)
            if how.output is not None:
                port, value_of = how.output
                name, value = port.name, value_of(made)
                if value is SKIP:
                    return _MADE_NOTHING
                token = self._run.values.token(value, port.type, self._where.scope, how.id, name)
                return {name: token}, {name: token.preview}, {name: token.content}, None
            step = self._steps[index]
            if not step.ports.outputs:
                return _MADE_NOTHING
            outputs = outputs_by_port(made)
            tokens, verdict = tokens_of(step, outputs, self._run.values, self._where.scope)
        except (Exception, asyncio.CancelledError):  # noqa: BLE001 - whatever an author does wrong
            return None
        shown = {name: token.preview for name, token in tokens.items()}
        return tokens, shown, {name: token.content for name, token in tokens.items()}, verdict

    def _tell(self, at: float, done: Collection[Computed]) -> None:
        self._run.emit(StepsComputed(at, self._where.scope, tuple(done)))
        if len(self._to_note) >= _AT_ONCE:
            self.note()

    def note(self) -> None:
        """Notes what was done since the last time: all at once, since each note is a row in the journal."""
        run, where = self._run, self._where
        if self._to_note and run.notes_left > 0:
            run.notes_left -= len(self._to_note)
            run.journal.note_all(ComputedSteps(where.place, where.scope, self._to_note, self._gave))
        self._to_note, self._gave = [], []


def _without(plan: Plan, given: Collection[str]) -> Iterator[Computation | None]:
    """The steps that somebody else looks up are not computed."""
    for step, how in zip(plan.steps, plan.computations, strict=True):
        yield None if step.id in given else how

"""Frames: a step whose work is a body of steps, once for each element, turn after turn, or as another workflow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from app.document.workflow import Json
from app.events.run_events import Failure, FrameStarted, RowSettled
from app.executor.agent_run import AgentRun
from app.executor.digests import digest_of
from app.executor.failures import failure_of
from app.executor.frame_ends import end_of, keep_end, was_ended
from app.executor.frame_limits import FrameLimits, Reached
from app.executor.instance import Instance
from app.executor.instance_failed import InstanceFailed
from app.executor.item_list import Failed
from app.executor.journal import ItemRecord, ItemStatus
from app.executor.lived_with import stays_failed
from app.executor.map_run import Element, MapRun, TooManyFailures
from app.executor.recorded_steps import retell
from app.executor.run import Run
from app.executor.scope_failed import ScopeFailed
from app.executor.scope_runner import RunScope
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import FramePlan, PlanStep
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.node_type import AgentRule, Given, LoopRule, MapRule

_BATCH = 256  # elements of a Map that are looked up in one go


class FrameRun:
    """One instance of a frame. `around` is the scope that it stands in, `inside` its own place."""

    def __init__(
        self,
        run: Run,
        step: PlanStep,
        frame: FramePlan,
        instance: Instance,
        around: Where,
        inputs: Mapping[str, Value],
        scope: RunScope,
    ) -> None:
        self._run = run
        self._step = step
        self._frame = frame
        self._instance = instance
        self._around = around
        self._inside = around.frame(step.node.id)
        self._inputs = inputs
        self._scope = scope
        self._tally = Tally(instance.tally)

    async def execute(self) -> Mapping[str, Any]:
        """The outputs by port. Raises InstanceFailed; the instance gets what everything inside has taken."""
        rule, tally, instance = self._frame.rule, self._tally, self._instance
        instance.attempts = 1
        try:
            if isinstance(rule, MapRule):
                return await self._map(rule)
            if isinstance(rule, LoopRule):
                return await self._loop(rule)
            if isinstance(rule, AgentRule):
                return await self._agent(rule)
            return _values(await self._scope(self._frame.body, self._inside, self._inputs, tally))
        except ScopeFailed as failed:
            raise InstanceFailed(failed.failure) from failed
        except NodeError as error:
            raise InstanceFailed(failure_of(error)) from error
        finally:
            instance.calls, instance.usage, instance.cost = tally.calls, tally.usage, tally.cost

    async def _map(self, rule: MapRule) -> Mapping[str, Any]:
        items = self._inputs["items"]
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise NodeError("map.not_a_list")
        self._begins(len(items))
        await self._unless_ended(rule, len(items))
        body = self._frame.body

        async def element(where: Where, values: Mapping[str, Json], tally: Tally) -> Mapping[str, Token]:
            return await self._scope(body, where, values, tally)

        source = _elements(items, self._frame.given, self._inputs)
        node, around = self._step.id, self._instance.scope
        going = MapRun(self._run, self._inside, node, around, source, rule, element, self._tally)
        try:
            await going.execute()
        except TooManyFailures as many:
            how = {"failed": going.failed, "done": going.done + going.failed}
            await keep_end(self._run, self._inside.place, self._inputs, how)
            raise too_many_failed(how) from many
        if rule.is_limited and await was_ended(self._run, self._step, self._inside.place):
            await keep_end(self._run, self._inside.place, self._inputs, {})
        shown: Failed = "as_error" if rule.keep_failed else "left_out"
        outputs: dict[str, Any] = {name: await going.results(name, shown) for name in self._frame.results}
        return {"failed": await going.results("", "only"), **outputs}

    async def _unless_ended(self, rule: MapRule, total: int) -> None:
        """Raises NodeError where too many elements had failed in an earlier life and the run has lived with that."""
        run, step, place = self._run, self._step, self._inside.place
        if not rule.is_limited or not await stays_failed(run, step, self._around):
            return
        how = await end_of(run, step, place, self._inputs)
        if how is not None:
            await retell(run, place, self._tally)
            for first in range(0, total, _BATCH):
                for item in await run.journal.items(place, first, _BATCH):
                    self._tell(item)
            raise too_many_failed(how)

    async def _loop(self, rule: LoopRule) -> Mapping[str, Any]:
        run, given = self._run, self._frame.given
        self._begins(-1)
        variables = {one.name for one in given if one.source == "variable"}
        numbers = [one.name for one in given if one.source == "number"]
        values: dict[str, Value] = {one.name: self._inputs.get(one.name) for one in given}
        results: Mapping[str, Value] = {}
        decided = await end_of(run, self._step, self._inside.place, self._inputs)
        limits = FrameLimits(run, self._inside.place, self._tally, rule.max_usd, rule.max_seconds)
        await limits.recall(digest_of(self._inputs))
        turn, ended_by = 0, "turns"
        async with limits.written():
            while ended_by == "turns" and turn < rule.max_turns:
                values |= dict.fromkeys(numbers, turn + 1)
                tally = Tally(self._tally)
                results = await self._turn(turn, values, tally)
                turn += 1
                values |= {name: value for name, value in results.items() if name in variables}
                if rule.is_over({**values, **results}):
                    ended_by = "condition"
                elif decided:
                    ended_by = str(decided["ended_by"]) if decided["turns"] == turn else "turns"
                elif turn < rule.max_turns and not await self._went_on(turn, tally):
                    ended_by = await self._limit(limits.reached(), turn)
                await asyncio.sleep(0)  # a body that only computes never waits: let Stop and events through
        if ended_by != "condition":
            node, scope = self._step.id, self._instance.scope
            run.tell(node, scope, f"loop.ended_by_{ended_by}", turns=turn)
        return {"turns": turn, "ended_by": ended_by, **{n: results.get(n) for n in self._frame.results}}

    async def _agent(self, rule: AgentRule) -> Mapping[str, Any]:
        run, step, inside, inputs = self._run, self._step, self._inside, self._inputs
        agent = AgentRun(run, step, rule, self._instance, inside, inputs, self._scope, self._tally)
        return await agent.execute()

    async def _turn(self, number: int, values: Mapping[str, Value], tally: Tally) -> Mapping[str, Value]:
        begun = self._run.now
        try:
            came = _values(
                await self._scope(self._frame.body, self._inside.turn(number), dict(values), tally)
            )
        except ScopeFailed as failed:
            self._turned(number, "failed", tally, begun, {}, failed.failure, failed.node)
            raise
        self._turned(number, "done", tally, begun, came)
        return came

    async def _went_on(self, turn: int, last: Tally) -> bool:
        """Whether an earlier life has begun this turn after one that came to the same: then no limit had ended the Loop
        before it, and none does now, however long it takes to read what was recorded. `last`: of the turn before, which
        worked anew where it was given something else.
        """
        journal, place = self._run.journal, self._inside.place
        if journal.is_fresh or last.is_anew:
            return False
        return bool(await journal.steps(self._inside.turn(turn).place) or await journal.items(place, turn, 1))

    async def _limit(self, reached: Reached, turn: int) -> str:
        """Timing may decide here, so what it decided is kept: it must not decide otherwise the next time."""
        if not reached:
            return "turns"
        how = {"turns": turn, "ended_by": reached}
        await keep_end(self._run, self._inside.place, self._inputs, how)
        return reached

    def _begins(self, total: int) -> None:
        self._run.emit(FrameStarted(self._run.now, self._step.id, self._instance.scope, total))

    def _turned(
        self,
        number: int,
        status: ItemStatus,
        tally: Tally,
        begun: float,
        results: Mapping[str, Value],
        failure: Failure | None = None,
        node: str = "",
    ) -> None:
        """A turn is through: views hear of it, and history can list it."""
        run, place = self._run, self._inside.place
        took, spent = round(run.now - begun, 4), (tally.usage, tally.cost)
        item = ItemRecord(place, str(number), number, status, results, failure, node, *spent, took)
        run.journal.note_item(item)
        self._tell(item)

    def _tell(self, item: ItemRecord) -> None:
        """Views hear of an element or a turn that is through."""
        run, step, scope = self._run, self._step.id, self._instance.scope
        run.emit(
            RowSettled(run.now, item.number, item.status, item.failure, item.node, step, scope, item.cost)
        )


def too_many_failed(how: Mapping[str, Value]) -> NodeError:
    """`how` a Map was ended: so many of its elements had `failed`, of those that were `done`."""
    return NodeError("map.too_many_failed", failed=int(str(how["failed"])), done=int(str(how["done"])))


async def _elements(
    items: Iterable[Any], given: Sequence[Given], inputs: Mapping[str, Value]
) -> AsyncIterator[Sequence[Element]]:
    numbered = enumerate(items, 1)
    while batch := list(islice(numbered, _BATCH)):
        yield [Element(item, dict(values_given(item, number, given, inputs))) for number, item in batch]


def values_given(
    item: Any, number: int, given: Sequence[Given], inputs: Mapping[str, Value]
) -> Iterator[tuple[str, Json]]:
    """What the body of a Map is given for one element; `number` counts from 1."""
    for one in given:
        match one.source:
            case "item":
                yield one.name, item
            case "number":
                yield one.name, number
            case "column":
                yield (
                    one.name,
                    cast("Mapping[str, Any]", item).get(one.name) if isinstance(item, Mapping) else None,
                )
            case _:
                yield one.name, inputs.get(one.name)


def _values(tokens: Mapping[str, Token]) -> dict[str, Value]:
    return {name: token.value for name, token in tokens.items()}

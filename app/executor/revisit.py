"""A scope of an earlier run worked out again: what each of its steps was given and gave, from the records around it.

Nothing outside is asked and nothing is written: what was paid for, random or from outside comes from the records, and
what is pure is computed again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, cast

from msgspec import structs

from app.document.workflow import Json
from app.events.run_events import RunEvent, Scope
from app.executor.attempt import run_attempts
from app.executor.booking import Booking
from app.executor.call_requests import reply_of
from app.executor.digests import digest_of
from app.executor.doors import Doors, Limits
from app.executor.failures import failure_of
from app.executor.frame_ends import end_of
from app.executor.frame_run import FrameRun, too_many_failed, values_given
from app.executor.frontier import Inputs
from app.executor.instance import Instance
from app.executor.instance_failed import InstanceFailed
from app.executor.item_list import Failed, ItemList, values_of_item
from app.executor.journal import Journal, Place, StepRecord
from app.executor.made_calls import call_made
from app.executor.outcome import Outcome, after_failure, of_outputs, values_of
from app.executor.past import Keeping, Past
from app.executor.prompts import Beginning, Said, agent_said, said_in
from app.executor.run import Run
from app.executor.run_context import InstanceContext
from app.executor.scope_failed import ScopeFailed
from app.executor.tally import Tally
from app.executor.unwritten import Unwritten
from app.executor.values import Token
from app.executor.walk import Walk
from app.executor.where import Where
from app.planner.plan import FramePlan, Plan, PlanStep
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.memory import Memory
from app.sdk.node_type import AgentRule, MapRule

Records: TypeAlias = Mapping[str, StepRecord]

_PAGE = 500  # elements
_IN_MEMORY = 1000  # elements whose results are a plain list, as in MapRun
_CLOSED = cast("Any", None)  # no pure step knocks at these


class RevisitFailed(Exception):
    """The records don't say what there was; `code` is `revisit.row_open` or `revisit.not_recorded`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Revisited:
    """What began and settled in the scope, in the order of the plan, with inputs and outputs. Steps that weren't
    recorded have not settled, and those behind them are missing.
    """

    events: Sequence[RunEvent]
    value: Callable[[str], Value]  # a whole one, by the reference of its preview; raises KeyError


async def revisit(
    plan: Plan, run_id: str, values: Mapping[str, Json], journal: Journal, past: Past, scope: Scope
) -> Revisited:
    """`plan`, `values` and `past` are those of the run, `scope` as events call it; rows of a run over rows are at its
    beginning. Raises RevisitFailed, JournalError.
    """
    run, where, values = await _begin(plan, run_id, values, journal, past, scope)
    visit = _Visit(run, journal, scope)
    try:
        await visit.scope(plan, where, values, Tally())
    except _Arrived as arrived:
        return Revisited(arrived.events, run.value)
    except (_NotRecorded, ScopeFailed):
        pass
    raise RevisitFailed("revisit.not_recorded")


async def said_there(
    plan: Plan,
    run_id: str,
    values: Mapping[str, Json],
    journal: Journal,
    past: Past,
    scope: Scope,
    node: str,
    memory: Memory | None = None,
) -> Sequence[Said]:
    """What one step of the scope and its model said, worked out from what the step was given; nothing where it asked
    none or nobody can say. `memory`: the conversations as each instance found them. As `revisit` otherwise.
    """
    run, where, values = await _begin(plan, run_id, values, journal, past, scope)
    try:
        await _Visit(run, journal, scope, node, memory).scope(plan, where, values, Tally())
    except _Heard as heard:
        return heard.said
    except (_Arrived, _NotRecorded, ScopeFailed):
        pass
    return ()


async def given_there(
    run: Run, where: Where, node: str, records: Callable[[Place, Records], Records]
) -> Mapping[str, Value] | None:
    """What one step of a scope of this very run would be given by other records: `records` gives those of a place, of
    what is recorded there now. None where nobody can say. Raises JournalError.
    """
    root = run.root
    if root is None:
        return None
    unwritten, doors = Unwritten(run.journal), _doors()
    keeping, booking = Keeping(unwritten, past=run.past), Booking(run.id, root.plan, doors, unwritten)
    apart = Run(run.id, doors, Limits(), keeping, booking, root.plan.workflow.id)
    apart.close()
    visit = _Visit(apart, run.journal, where.scope, node, records=records, only_given=True)
    try:
        await visit.scope(root.plan, *root.around(where), Tally())
    except _Given as given:
        return given.values
    except (_Arrived, _NotRecorded, ScopeFailed, InstanceFailed):
        pass
    return None


async def _begin(
    plan: Plan, run_id: str, values: Mapping[str, Json], journal: Journal, past: Past, scope: Scope
) -> tuple[Run, Where, Mapping[str, Json]]:
    """A run that nobody hears, where the way to the scope begins, and the values there."""
    unwritten, doors = Unwritten(journal), _doors()
    booking = Booking(run_id, plan, doors, unwritten)
    run = Run(run_id, doors, Limits(), Keeping(unwritten, past=past), booking, plan.workflow.id)
    run.close()
    where = Where()
    if scope.startswith("#"):
        number = int(scope[1:].partition("/")[0])
        found = await journal.items("", number, 1)
        if not found:
            raise RevisitFailed("revisit.row_open")
        where, values = where.element(number, found[0].key), {**values, **found[0].values}
    return run, where, values


class _Heard(Exception):
    """What was said in the step that was to be listened to."""

    def __init__(self, said: Sequence[Said]) -> None:
        super().__init__()
        self.said = said


class _Given(Exception):
    """What the step was given that was asked about."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        super().__init__()
        self.values = values


class _Arrived(Exception):
    """The wanted scope was gone through."""

    def __init__(self, events: Sequence[RunEvent]) -> None:
        super().__init__()
        self.events = events


class _NotRecorded(Exception):
    """How a scope went on isn't known."""


class _Visit:
    """Goes through scopes one step after another, from the outermost to the one that is wanted."""

    def __init__(
        self,
        run: Run,
        journal: Journal,
        wanted: Scope,
        listens_to: str = "",
        memory: Memory | None = None,
        records: Callable[[Place, Records], Records] = lambda _, found: found,
        *,
        only_given: bool = False,
    ) -> None:
        self._run = run
        self._journal = journal
        self._wanted = wanted
        self._listens_to = listens_to  # a step of the wanted scope
        self._memory = memory
        self._records = records
        self._only_given = only_given  # and not what it and its model said

    async def scope(
        self, plan: Plan, where: Where, values: Mapping[str, Json], tally: Tally
    ) -> Mapping[str, Token]:
        """A RunScope. Raises ScopeFailed, _NotRecorded; _Arrived where it is the wanted one."""
        records = self._records(where.place, await self._journal.steps(where.place))
        walk = Walk(plan, where, values, tally, records)
        waiting, is_whole = walk.frontier.start(), True
        while waiting:
            waiting.sort()  # the order of the plan: what leads to a step comes before it
            index = waiting.pop(0)
            step = plan.steps[index]
            if why := walk.frontier.why_skipped(index):
                walk.skipped(step, why)
                waiting += walk.frontier.settle(index, {})
            elif (outcome := await self._step(walk, step)) is None:
                is_whole = False
            elif not outcome.stops:  # else what follows never had its turn
                waiting += walk.frontier.settle(index, outcome.tokens)
        if where.scope == self._wanted:
            raise _Arrived(walk.events)
        if walk.failed is not None:
            raise walk.failed
        if not is_whole:
            raise _NotRecorded
        return walk.results

    async def _step(self, walk: Walk, step: PlanStep) -> Outcome | None:
        record, at = walk.records.get(step.id), walk.ready_at(step)
        inputs = walk.frontier.inputs(step.index)
        instance = Instance(step.id, walk.where.scope, at, walk.where.place, walk.tally)
        if step.id == self._listens_to and walk.where.scope == self._wanted:
            given, key = values_of(step, inputs), instance.key_in(self._run.id)
            if self._only_given:
                raise _Given(given)
            begun = Beginning(given, walk.where.row, walk.values, record, self._memory, key)
            if step.frame is not None and isinstance(step.frame.rule, AgentRule):
                raise _Heard(await self._said_by(step, step.frame.rule, walk.where, begun))
            raise _Heard(await said_in(step, begun))
        outcome = await self._outcome(walk, step, instance, inputs, record)
        if outcome is not None and record is not None and step.merge and step.merge.wait_for != "all":
            inputs = dict.fromkeys(inputs, next(iter(outcome.tokens.values()), next(iter(inputs.values()))))
        walk.told(step, inputs, outcome, record)
        return outcome

    async def _said_by(
        self, agent: PlanStep, rule: AgentRule, around: Where, begun: Beginning
    ) -> Sequence[Said]:
        """What its model did is kept in its own place: as one record when it is through, call by call until then."""
        place = around.frame(agent.node.id).place
        record = (await self._journal.steps(place)).get(agent.id)
        calls = () if record else await self._journal.calls(place, agent.id)
        replies = [reply_of(call.reply) for call in sorted(calls, key=lambda call: call.at)]
        return agent_said(rule, replace(begun, record=record or begun.record), replies)

    async def _outcome(
        self, walk: Walk, step: PlanStep, instance: Instance, inputs: Inputs, record: StepRecord | None
    ) -> Outcome | None:
        run, scope = self._run, walk.where.scope
        if known := self._known(step, record, scope):
            return known
        # After a failure nothing began that wasn't written down.
        if step.lasts or record is not None or walk.failed is not None:
            return None
        try:
            return of_outputs(step, await self._work(walk, step, instance, inputs), run.values, scope)
        except InstanceFailed as failed:
            return after_failure(step, failed.failure, run.values, scope)
        except _NotRecorded:
            return None

    def _known(self, step: PlanStep, record: StepRecord | None, scope: Scope) -> Outcome | None:
        """What needs no work: it was given, recorded, or only shown."""
        past, values = self._run.past, self._run.values
        if step.id in past.pins:
            return structs.replace(of_outputs(step, past.pins[step.id], values, scope), source="pin")
        if step.id in past.before:
            return structs.replace(of_outputs(step, past.before[step.id], values, scope), source="record")
        if record is not None and (record.status != "sent" or record.failure):
            if record.failure:
                return after_failure(step, record.failure, values, scope)
            return of_outputs(step, record.outputs, values, scope)
        return Outcome({}, skip="dry") if past.dry and step.effect == "side_effect" else None

    async def _work(
        self, walk: Walk, step: PlanStep, instance: Instance, inputs: Inputs
    ) -> Mapping[str, Any]:
        values = values_of(step, inputs)
        if step.frame is None:
            ctx = InstanceContext(self._run, step, instance, walk.where.row, walk.values)
            return await run_attempts(self._run, step, instance, values, ctx)
        if isinstance(step.frame.rule, AgentRule):
            return await self._agent(step, step.frame, walk.where, values)
        if isinstance(step.frame.rule, MapRule):
            return await self._map(step, step.frame, step.frame.rule, walk.where, values)
        return await FrameRun(self._run, step, step.frame, instance, walk.where, values, self.scope).execute()

    async def _agent(
        self, agent: PlanStep, frame: FramePlan, around: Where, values: Mapping[str, Value]
    ) -> Mapping[str, Any]:
        """What it came to; its model may not be asked here."""
        inside = around.frame(agent.node.id)
        head = f"{inside.scope}#"
        if self._wanted.startswith(head):
            number = int(self._wanted[len(head) :].partition("/")[0])
            made = await call_made(self._journal, agent, inside.place, number)
            if made is None:
                raise _NotRecorded
            tool, arguments = made
            given = {one.name: values.get(one.name) for one in frame.given}
            await self.scope(tool.plan, inside.turn(number), {**given, **arguments}, Tally())
        record = (await self._journal.steps(inside.place)).get(agent.id)
        if record is None:
            raise _NotRecorded
        return record.outputs

    async def _map(
        self, step: PlanStep, frame: FramePlan, rule: MapRule, around: Where, values: Mapping[str, Value]
    ) -> Mapping[str, Any]:
        items, inside = values["items"], around.frame(step.node.id)
        if not isinstance(items, Sequence) or isinstance(items, str):
            raise InstanceFailed(failure_of(NodeError("map.not_a_list")))
        head = f"{inside.scope}#"
        if self._wanted.startswith(head):
            number = int(self._wanted[len(head) :].partition("/")[0])
            await self._element(frame, inside, number, items, values)
        done, failed = await self._count(inside.place, len(items))
        if done + failed < len(items):
            if not rule.is_limited:
                raise _NotRecorded
            how = await end_of(self._run, step, inside.place, values) or {
                "failed": failed,
                "done": done + failed,
            }
            raise InstanceFailed(failure_of(too_many_failed(how)))
        shown: Failed = "as_error" if rule.keep_failed else "left_out"
        results = _MapResults(self._journal, inside.place, done, failed)
        outputs: dict[str, Any] = {name: await results.named(name, shown) for name in frame.results}
        return {"failed": await results.named("", "only"), **outputs}

    async def _element(
        self, frame: FramePlan, inside: Where, number: int, items: Sequence[Any], values: Mapping[str, Value]
    ) -> None:
        if number >= len(items):
            raise _NotRecorded
        item, found = items[number], await self._journal.items(inside.place, number, 1)
        key = found[0].key if found else digest_of(item)[:16]
        given = dict(values_given(item, number + 1, frame.given, values))
        await self.scope(frame.body, inside.element(number, key), given, Tally())
        raise _NotRecorded

    async def _count(self, place: Place, total: int) -> tuple[int, int]:
        """How many elements came out well, and how many failed."""
        done = through = 0
        for first in range(0, total, _PAGE):
            page = await self._journal.items(place, first, min(_PAGE, total - first))
            through += len(page)
            done += sum(item.status == "done" for item in page)
        return done, through - done


class _MapResults:
    """The lists that a Map gave, as they lie in the journal."""

    def __init__(self, journal: Journal, place: Place, done: int, failed: int) -> None:
        self._journal = journal
        self._place = place
        self._done = done
        self._failed = failed

    async def named(self, name: str, failed: Failed) -> Sequence[Value]:
        total = self._done + self._failed
        if total > _IN_MEMORY:
            count = {"left_out": self._done, "only": self._failed}.get(failed, total)
            return ItemList(self._journal, self._place, name, failed, count, total, "")
        items = await self._journal.items(self._place, 0, total)
        return [value for item in items for value in values_of_item(item, name, failed)]


def _doors() -> Doors:
    return Doors(_CLOSED, _CLOSED, _CLOSED, lambda _: False, _CLOSED, _CLOSED)

"""How an instance comes to its outcome: a pin, the run's own record, the cache, a twin under way, or its own work."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from msgspec.structs import replace

from app.costs.cost import Cost
from app.document.workflow import Json
from app.events.run_events import Failure
from app.executor.attempt import run_attempts
from app.executor.cache import Kept
from app.executor.cache_key import cache_key
from app.executor.carried_calls import carried_calls
from app.executor.digests import digest_of
from app.executor.doubts import as_known_now, is_of_same
from app.executor.failures import IN_DOUBT, failure_of, in_doubt
from app.executor.frame_run import FrameRun
from app.executor.frontier import Frontier, Inputs
from app.executor.given_before import superseded
from app.executor.instance import Instance
from app.executor.instance_failed import InstanceFailed
from app.executor.journal import JournalError, StepRecord
from app.executor.lived_with import stays_failed
from app.executor.outcome import Outcome, after_failure, of_outputs, values_of
from app.executor.recorded_steps import retell
from app.executor.run import Run
from app.executor.run_context import InstanceContext
from app.executor.scope_runner import RunScope
from app.executor.taken_records import Recorded, is_taken, is_taken_of_others
from app.executor.tally import Tally
from app.executor.values import cut
from app.executor.where import Where
from app.planner.plan import Plan, PlanStep
from app.sdk.context import Question
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.references import fill
from app.sdk.unsent import is_unsent

_SHOWN_BYTES = 300  # of what a step would do, in the log of a dry run


class Settling:
    """The instances of one scope. `values` are what the scope was given."""

    def __init__(self, run: Run, where: Where, values: Mapping[str, Json], scope: RunScope) -> None:
        self._run = run
        self._where = where
        self._values = values
        self._scope = scope
        self._records: Mapping[str, StepRecord] = {}
        self._of_base: Mapping[str, StepRecord] = {}
        self._gives = bool(run.past.pins or run.past.before)

    async def recollect(self) -> None:
        """Reads what was recorded at this place in an earlier life of the run, and in the run that this one begins
        from. Raises JournalError.
        """
        place, past = self._where.place, self._run.past
        self._records = await self._run.journal.steps(place)
        if past.base is not None:
            self._of_base = await past.base.steps(place)

    async def held_back(self, plan: Plan, frontier: Frontier) -> Sequence[int]:
        """The steps that had come to nothing when a race in this scope was decided, or a failure ended all of it, as it
        is recorded: they don't begin again while it is settled anew. Raises JournalError.
        """
        records, steps = self._records, plan.steps
        is_over = any(
            [await self._ends_it_again(step, records[step.id]) for step in steps if step.id in records]
        )
        races = [s.index for s in steps if s.merge and s.merge.wait_for != "all" and s.id in records]
        others = range(len(steps)) if is_over else frontier.losers(*races) if races else ()
        return [i for i in others if not await self._has_begun(steps[i])]

    async def _ends_it_again(self, step: PlanStep, record: StepRecord) -> bool:
        """Whether it had failed, which nothing behind it lives with, and stays so."""
        if record.status != "failed" or step.lives_with_failure:
            return False
        return await stays_failed(self._run, step, self._where)

    async def _has_begun(self, step: PlanStep) -> bool:
        """Whether anything of it is recorded. Of what only computes nobody can say, and it costs nothing."""
        if step.frame is None:
            return not step.lasts or step.id in self._records
        place, journal = self._where.frame(step.node.id).place, self._run.journal
        async for _ in journal.within(place):
            return True
        return bool(await journal.steps(place))

    async def let_go(self, step: PlanStep, tally: Tally) -> None:
        """A step lost a race: what an earlier life has paid for it stays on the bill. Raises JournalError."""
        if self._run.journal.is_fresh:
            return
        if step.id in self._records:
            lost = Instance(step.id, self._where.scope, self._run.now, self._where.place, tally)
            await self._book(lost, self._records[step.id])
        if step.frame is not None:
            await retell(self._run, self._where.frame(step.node.id).place, tally)

    async def outcome(self, step: PlanStep, instance: Instance, inputs: Inputs) -> Outcome:
        """What the instance comes to, and on the disk where it must be. Raises JournalError."""
        record = self._records.get(step.id) if self._records else None
        digest = ""
        values: Mapping[str, Value] = {}
        try:
            if self._gives and (given := self._given(step)):
                if given.source == "record" and step.lasts and not record:
                    # Who begins from a later step of this run finds it here: the run before may have it from another.
                    kept = self._record(step, instance, given, digest_of(values_of(step, inputs)))
                    await self._run.journal.commit(kept)
                return given
            values = values_of(step, inputs)
            if step.lasts:
                digest = digest_of(values)
                if record and (settled := await self._settled_before(step, instance, record, values, digest)):
                    return settled
                instance.attempts = 0
                outcome = await self._stays(step, digest) if self._of_base else None
                outcome = outcome or await self._work_once(step, instance, values, digest)
            else:
                if record:
                    await self._unless_late(step, record, values)
                outputs = await self._outputs(step, instance, values)
                outcome = of_outputs(step, outputs, self._run.values, self._where.scope)
        except InstanceFailed as failed:
            outcome = after_failure(step, failed.failure, self._run.values, self._where.scope)
            if _has_timed_out(step, failed.failure):
                digest = digest_of(values)
        if outcome.skip:
            return outcome
        if step.lasts or (outcome.failure and _has_timed_out(step, outcome.failure)):
            await self._run.journal.commit(self._record(step, instance, outcome, digest))
        else:
            self._note(step, instance, outcome)
        return outcome

    def _given(self, step: PlanStep) -> Outcome | None:
        past = self._run.past
        if step.id not in past.pins and step.id not in past.before:
            return None
        given = past.pins.get(step.id) or past.before.get(step.id, {})
        is_pin = step.id in past.pins
        try:
            outcome = of_outputs(step, given, self._run.values, self._where.scope)
        except InstanceFailed as wrong:
            raise InstanceFailed(
                failure_of(NodeError("pins.wrong_type")) if is_pin else wrong.failure
            ) from wrong
        outcome.source = "pin" if is_pin else "record"
        return outcome

    async def _stays(self, step: PlanStep, digest: str) -> Outcome | None:
        """In a run from a later step: what this one came to in the run before, where it was given the same."""
        record, run = self._of_base.get(step.id), self._run
        if record is None or step.id not in run.past.stays or not is_of_same(step, record, digest):
            return None
        record = as_known_now(step, record)
        if record.status == "ok":
            outcome = of_outputs(step, record.outputs, run.values, self._where.scope)
        elif record.failure and record.status == "failed" and await stays_failed(run, step, self._where):
            outcome = after_failure(step, record.failure, run.values, self._where.scope)
        else:
            return None
        outcome.source = "record"
        return outcome

    def _outputs(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value]
    ) -> Coroutine[Any, Any, Mapping[str, Value]]:
        if step.frame:
            around = self._where
            return FrameRun(self._run, step, step.frame, instance, around, values, self._scope).execute()
        ctx = InstanceContext(self._run, step, instance, self._where.row, self._values)
        return run_attempts(self._run, step, instance, values, ctx)

    # What was recorded

    async def _unless_late(self, step: PlanStep, record: StepRecord, values: Mapping[str, Value]) -> None:
        """Raises InstanceFailed where the time of a step that is not kept was up, and the run has lived with that."""
        failure = record.failure
        if failure is None or not _has_timed_out(step, failure) or record.inputs != digest_of(values):
            return
        if await stays_failed(self._run, step, self._where):
            raise InstanceFailed(failure)

    async def _settled_before(
        self,
        step: PlanStep,
        instance: Instance,
        record: StepRecord,
        values: Mapping[str, Value],
        digest: str,
    ) -> Outcome | None:
        """What the run's own record says, where it still counts; people decide where that isn't plain."""
        if not step.spec:
            return None
        run, record = self._run, as_known_now(step, record)
        if record.status == "sent" and record.never_happened:
            await self._carry(instance, record)
            return None
        if record.status == "sent" and not self._lives_with_doubt(step, record, digest):
            return await self._after_doubt(step, instance, record, values, digest)
        if record.failure and not await stays_failed(run, step, self._where):
            await self._carry(instance, record)
            return None
        if not await is_taken(run, step, instance, self._seen(record, values, digest)):
            await self._carry(instance, record)
            return None
        instance.attempts, instance.model = record.attempts, record.model
        instance.book(record.usage, record.cost, record.calls)
        if record.failure:
            outcome = after_failure(step, record.failure, run.values, self._where.scope)
        else:
            outcome = of_outputs(step, record.outputs, run.values, self._where.scope)
        outcome.source = "record"
        outcome.saved, outcome.path, outcome.instead = record.saved, record.path, record.instead
        return outcome

    def _seen(self, record: StepRecord, values: Mapping[str, Value], digest: str) -> Recorded:
        return Recorded(record, self._where, values, digest, self._records)

    def _lives_with_doubt(self, step: PlanStep, record: StepRecord, digest: str) -> bool:
        """The workflow says how to go on behind it; what would be begun now is something else where inputs changed."""
        return bool(record.failure and step.lives_with_failure and is_of_same(step, record, digest))

    async def _after_doubt(
        self,
        step: PlanStep,
        instance: Instance,
        record: StepRecord,
        values: Mapping[str, Value],
        digest: str,
    ) -> Outcome | None:
        """What people say of an effect that nobody saw the end of. That it happened with other inputs doesn't say yet
        that it is what should happen now.
        """
        run, counts = self._run, await self._happened(instance)
        if counts and record.inputs != digest:
            said = {"decided": instance.decided, "decided_by": instance.decided_by}
            settled = replace(record, status="ok", failure=None, outputs=_unknown(step), **said)
            await run.journal.commit(settled)  # the next question may wait for another life of the run
            counts = await is_taken_of_others(run, step, instance, self._seen(record, values, digest))
        if not counts:
            await self._carry(instance, record)
            return None
        instance.book(record.usage, record.cost, record.calls)
        return await self._took_place(step, instance, digest)

    async def _carry(self, instance: Instance, record: StepRecord) -> None:
        """The step runs again; what its earlier work has cost stays on the bill, call by call."""
        run = self._run
        if record.outputs and run.notes_left > 0:
            run.notes_left -= 1
            run.journal.note(superseded(record))
        await self._book(instance, record)

    async def _book(self, instance: Instance, record: StepRecord) -> None:
        """What an earlier life has paid for, call by call."""
        run = self._run
        if not record.calls:
            return
        instance.book(record.usage, record.cost, record.calls)
        kept = await run.journal.calls(instance.place, instance.node) if run.journal.has_calls else ()
        for called in carried_calls(run.now, record, [one for one in kept if one.counted]):
            run.emit(called)

    async def _happened(self, instance: Instance) -> bool:
        """Whether people say that an effect took place."""
        answer = await self._run.ask(instance, Question("", None, may_edit=False), "effect")
        return answer.decision != "rejected"

    async def _took_place_before(self, step: PlanStep, instance: Instance, digest: str) -> bool:
        """In a run from a later step: whether an effect that nobody saw the end of in the run before took place; there
        it was given the same.
        """
        stays = step.id in self._run.past.stays and step.id not in self._records
        record = self._of_base.get(step.id) if stays else None
        if record is None or record.inputs != digest or record.never_happened:
            return False
        return as_known_now(step, record).status == "sent" and await self._happened(instance)

    async def _took_place(self, step: PlanStep, instance: Instance, digest: str) -> Outcome:
        """An effect that nobody saw the end of, and that people say has happened: its results are unknown."""
        outcome = of_outputs(step, _unknown(step), self._run.values, self._where.scope)
        outcome.source = "record"
        await self._run.journal.commit(self._record(step, instance, outcome, digest))
        return outcome

    # Work that is worth keeping

    def _work_once(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value], digest: str
    ) -> Coroutine[Any, Any, Outcome]:
        run = self._run
        instance.tally.goes_to_work()
        if step.effect == "side_effect":
            return self._act(step, instance, values, digest)
        key = cache_key(step, digest, run.doors) if run.cache else ""
        if key and step.node.cache == "reuse":
            return self._unless_kept(step, instance, values, key)
        return self._work(step, instance, values, key)

    async def _act(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value], digest: str
    ) -> Outcome:
        if self._run.past.dry:
            return self._would(step, values)
        if await self._took_place_before(step, instance, digest):
            return await self._took_place(step, instance, digest)
        return await self._effect(step, instance, values, digest)

    async def _effect(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value], digest: str
    ) -> Outcome:
        """Raises InstanceFailed; what may have happened outside all the same stays "sent", and people are asked. What
        surely hasn't, so far, says so: as it waits for another attempt, and where it is ended before anything left.
        """
        run, where = self._run, self._where

        async def sent(*, waits: bool) -> None:
            record = self._record(step, instance, Outcome({}), digest)
            await run.journal.commit(replace(record, status="sent", never_happened=waits))

        ctx = InstanceContext(run, step, instance, where.row, self._values)
        await sent(waits=False)
        try:
            return of_outputs(
                step, await run_attempts(run, step, instance, values, ctx, sent), run.values, where.scope
            )
        except InstanceFailed as failed:
            if not step.once or not failed.in_doubt:
                raise
            raise InstanceFailed(in_doubt(failed.failure)) from failed
        except asyncio.CancelledError as ended:
            if is_unsent(ended) and not instance.acts:
                with suppress(JournalError):  # then people are asked
                    await sent(waits=True)
            raise

    async def _unless_kept(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value], key: str
    ) -> Outcome:
        """The cache's result; where somebody in this run asks for the same just now, theirs is waited for."""
        run = self._run
        while (twin := run.twins.get(key)) is not None:
            with run.idle():
                await asyncio.wait([twin])
        mine = run.twins[key] = asyncio.get_running_loop().create_future()
        try:
            return await self._from_cache(step, key) or await self._work(step, instance, values, key)
        finally:
            del run.twins[key]
            mine.set_result(None)

    async def _work(
        self, step: PlanStep, instance: Instance, values: Mapping[str, Value], key: str
    ) -> Outcome:
        run = self._run
        outputs = await self._outputs(step, instance, values)
        outcome = of_outputs(step, outputs, run.values, self._where.scope)
        if instance.answered:
            outcome.instead = self._instead(step, instance)
        if instance.saved is not None:
            outcome.saved = instance.saved
            outcome.source = "" if instance.calls else "cache"
        if key and run.cache and not instance.cut:
            run.cache.put(key, run.workflow_id, step.id, _kept(instance, outcome))
        return outcome

    def _instead(self, step: PlanStep, instance: Instance) -> Cost | None:
        """What the one model would have cost that the others are there to spare."""
        strongest = step.spec.type.instead_of(step.fields) if step.spec else None
        if strongest is None:
            return None
        doors, usage = self._run.doors, instance.answered[max(instance.answered)]
        facts = doors.models.facts(strongest)
        cost = doors.cost_of(facts, usage)
        if facts is not None:
            self._run.booking.compared(instance, facts, cost)
        return None if cost.usd is None else cost

    def _would(self, step: PlanStep, values: Mapping[str, Value]) -> Outcome:
        """In a dry run: what it would do, in short; the inputs stand in the event that the instance began with."""
        what = ""
        with suppress(NodeError):  # it would fail
            what = cut(fill(step.spec.type.headline(step.fields), values), _SHOWN_BYTES) if step.spec else ""
        self._run.tell(step.id, self._where.scope, "dry.would" if what else "dry.not_done", what=what)
        return Outcome({}, skip="dry")

    async def _from_cache(self, step: PlanStep, key: str) -> Outcome | None:
        cache = self._run.cache
        kept = await cache.get(key) if cache else None
        if kept is None:
            return None
        outcome = of_outputs(step, kept.outputs, self._run.values, self._where.scope)
        outcome.source, outcome.saved, outcome.model = "cache", kept.cost, kept.model
        self._run.booking.cached(step.id, self._where.scope, kept.model, kept.cost)
        return outcome

    # Records

    def _note(self, step: PlanStep, instance: Instance, outcome: Outcome) -> None:
        run = self._run
        if run.notes_left > 0 and not step.frame:
            run.notes_left -= 1
            run.journal.note(self._record(step, instance, outcome, ""))

    def _record(self, step: PlanStep, instance: Instance, outcome: Outcome, digest: str) -> StepRecord:
        spec, failure = step.spec, outcome.failure
        is_open = failure is not None and failure.code == IN_DOUBT
        return StepRecord(
            place=self._where.place,
            node=step.id,
            status="sent" if is_open else "failed" if failure else "ok",
            type=spec.id if spec else step.node.type,
            version=spec.type.version if spec else step.node.type_version,
            inputs=digest,
            outputs={name: token.value for name, token in outcome.tokens.items()},
            scope=self._where.scope,
            at=instance.begun,
            seconds=round(self._run.now - instance.begun, 4),
            attempts=instance.attempts,
            calls=instance.calls,
            usage=instance.usage,
            cost=instance.cost,
            model=instance.model or outcome.model,
            verdict=outcome.verdict,
            failure=failure,
            saved=outcome.saved,
            path=instance.path or outcome.path,
            instead=outcome.instead,
            held=self._run.held,
            decided=instance.decided,
            decided_by=instance.decided_by,
            never_happened=step.once and failure is not None and not is_open,
        )


def _has_timed_out(step: PlanStep, failure: Failure) -> bool:
    """Itself: what a frame fails with is its inner step's failure, recorded there with what it took."""
    return failure.code == "node.timeout" and not step.frame


def _unknown(step: PlanStep) -> dict[str, Value]:
    """The results of an effect that nobody saw the end of."""
    return {port.name: None for port in step.ports.outputs if not port.quiet}


def _kept(instance: Instance, outcome: Outcome) -> Kept:
    return Kept(
        {name: token.value for name, token in outcome.tokens.items()},
        outcome.verdict,
        instance.usage,
        instance.cost,
        instance.model,
        dt.datetime.now().astimezone().isoformat(timespec="seconds"),
    )

"""One scope of a run (a workflow or a frame's body, once): fires steps until all have settled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from app.document.workflow import Json
from app.events.run_events import NodeSettled, NodeStarted, Preview, Settled
from app.executor.computing import Computing
from app.executor.frontier import Frontier, Inputs
from app.executor.held_back import HeldBack
from app.executor.instance import Instance
from app.executor.outcome import Outcome
from app.executor.run import Run
from app.executor.scope_failed import ScopeFailed
from app.executor.settling import Settling
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Plan

PATIENCE = (
    2.0,
    2.0,
)  # seconds that steps get for ending themselves, after the first and the second time of asking

_NOTHING: Mapping[str, Token] = {}


class ScopeRun:
    """Straight lines run in one task; a fork starts a task for each further branch.

    Of all that is at work in the run its branches count, and where there are none who executes it: the first branch
    takes that one's place, and the last gives it back.
    """

    def __init__(self, run: Run, plan: Plan, where: Where, values: Mapping[str, Json], tally: Tally) -> None:
        self._run = run
        self._plan = plan
        self._where = where
        self._scope = where.scope
        self._tally = tally
        # Nothing here leads back to this: a scope goes as soon as it is through, without a search for circles.
        self._settling = Settling(run, where, values, partial(_within, run))
        self._frontier = Frontier(plan)
        self._branches: set[asyncio.Task[None]] = set()
        self._through: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._working: dict[int, asyncio.Task[Any]] = {}  # step → the task that executes it now
        self._lost: set[int] = set()
        self._results: dict[int, Token] = {}
        self._computing = Computing(run, plan, where, values, self._frontier, self._lost, self._results)
        self._held_back: HeldBack | None = None
        self._ending = False
        self._over = False

    async def execute(self) -> Mapping[str, Token]:
        """The results by name, in the order of the plan.

        Raises ScopeFailed; then, and when cancelled, every instance is settled first.
        """
        try:
            if not self._run.journal.is_fresh or self._run.past.base:
                await self._settling.recollect()
                if steps := await self._settling.held_back(self._plan, self._frontier):
                    self._held_back = HeldBack(self._run, steps, self._branches)
            for step in self._computing.go_through(self._frontier.start()):
                self._branch(step)
            if self._branches:
                await self._through
        except BaseException:
            await self._end_all()
            raise
        finally:
            self._computing.note()
        return {self._plan.steps[i].result_name: token for i, token in sorted(self._results.items())}

    def _branch(self, step: int) -> None:
        task = asyncio.get_running_loop().create_task(self._follow(step))
        if self._branches:
            self._run.begin()
        self._run.branches += 1
        self._branches.add(task)
        task.add_done_callback(self._broke_off)

    def _broke_off(self, task: asyncio.Task[None]) -> None:
        """A branch failed, or was ended: maybe before it had begun."""
        error = None if task.cancelled() else task.exception()
        if not self._through.done():
            if error:
                self._through.set_exception(error)
            else:
                self._through.cancel()
        self._ended(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._branches.discard(task)
        if self._held_back is not None:
            self._held_back.look()
        if self._branches or self._over:
            self._run.end()
        elif not self._through.done():
            self._through.set_result(None)

    async def _follow(self, step: int) -> None:
        ready, task = [step], _this_task()
        while ready:
            self._check_going()
            for other in ready[1:]:
                self._branch(other)
            came = await self._instance(ready[0], task)
            self._check_going()
            ready = self._computing.go_through(came)
        # Said by itself and at once: a callback would come a turn of the loop later.
        task.remove_done_callback(self._broke_off)
        self._ended(task)

    def _check_going(self) -> None:
        """Nothing may begin any more: a step may have kept its task from being ended."""
        if self._ending or self._run.stopping:
            raise asyncio.CancelledError

    async def _instance(self, index: int, task: asyncio.Task[Any]) -> list[int]:
        """Runs one step in this task; gives the steps that became ready."""
        if index in self._lost:  # between being handed out and having its turn
            return [index]
        step, run = self._plan.steps[index], self._run
        dropped = await self._drop_losers(index) if step.merge and step.merge.wait_for != "all" else []
        if index in self._lost:  # to another Merge, while its own losers were let go
            return [*dropped, index]
        inputs = self._frontier.inputs(index)
        instance = Instance(step.id, self._scope, run.now, self._where.place, self._tally)
        run.emit(NodeStarted(instance.begun, step.id, self._scope, _previews(inputs)))
        self._working[index] = task
        try:
            if self._held_back is not None and index in self._held_back:
                await self._held_back.wait()
            outcome = await self._settling.outcome(step, instance, inputs)
        except asyncio.CancelledError:
            lost = index in self._lost
            self._settled(instance, "cancelled", Outcome({}, skip="lost" if lost else ""))
            ready = self._frontier.settle(index, _NOTHING)
            if not lost or task.uncancel():  # Stop came in the same turn
                raise
            return dropped + ready
        finally:
            del self._working[index]
        if index in self._lost:  # it was through before it could be ended, or didn't let itself be ended
            task.uncancel()
        return dropped + self._take(index, instance, outcome, inputs)

    def _take(self, index: int, instance: Instance, outcome: Outcome, inputs: Inputs) -> list[int]:
        """Settles an instance as it came out; gives the steps that became ready. Raises ScopeFailed."""
        failure, step = outcome.failure, self._plan.steps[index]
        self._settled(instance, "failed" if failure else "skipped" if outcome.skip else "ok", outcome)
        ready = self._frontier.settle(index, outcome.tokens)
        if failure and outcome.stops:
            self._ending = True
            raise ScopeFailed(step.id, failure)
        if step.result_name and not failure and isinstance(result := inputs.get("value"), Token):
            self._results[index] = result
        return ready

    def _settled(self, instance: Instance, status: Settled, outcome: Outcome) -> None:
        if self._over:  # a step that could not be ended has been settled without it
            return
        now, tokens = self._run.now, outcome.tokens
        if status == "skipped":
            self._run.skipped[instance.node] += 1
        took = now - instance.begun
        self._run.emit(
            NodeSettled(
                now,
                instance.node,
                self._scope,
                status,
                round(took, 4) if took else 0.0,
                instance.attempts,
                instance.calls,
                instance.usage,
                instance.cost,
                instance.model or outcome.model,
                tuple(tokens),
                {name: token.preview for name, token in tokens.items()},
                outcome.verdict,
                outcome.failure,
                outcome.skip,
                outcome.source,
                outcome.saved,
                instance.path or outcome.path,
                outcome.instead,
            )
        )

    async def _drop_losers(self, merge: int) -> list[int]:
        """Ends steps that lost a race; gives those that never started, to be settled as skipped. What has lost another
        one already is let go by that.
        """
        losers = [step for step in self._frontier.losers(merge) if step not in self._lost]
        idle = [step for step in losers if step not in self._working]
        never_started = [step for step in idle if not self._frontier.was_given(step)]
        self._lost.update(losers)
        for step in losers:
            if step in self._working:
                self._working[step].cancel()
        for step in never_started:
            self._frontier.drop(step)
        for step in idle:
            await self._settling.let_go(self._plan.steps[step], self._tally)
        return never_started

    async def _end_all(self) -> None:
        """Ends every branch and settles what is left; a step that doesn't let itself be ended is left behind."""
        self._ending = True
        interrupted = False
        self._run.begin()  # who ends others doesn't wait for anybody
        try:
            for patience in PATIENCE:
                for task in self._branches:
                    task.cancel()
                interrupted |= await self._branches_done(patience)
            for index in self._frontier.unsettled():
                self._run.emit(
                    NodeSettled(self._run.now, self._plan.steps[index].id, self._scope, "cancelled")
                )
            self._over = True
        finally:
            if not self._branches:  # else one is left behind in the place of who executes this
                self._run.end()
        if interrupted:
            raise asyncio.CancelledError

    async def _branches_done(self, patience: float) -> bool:
        """Waits for them at most so long; True where Stop was pressed meanwhile: the books are closed all the same."""
        interrupted = False
        due = asyncio.get_running_loop().time() + patience
        while self._branches and (left := due - asyncio.get_running_loop().time()) > 0:
            try:
                await asyncio.wait(self._branches, timeout=left)
            except asyncio.CancelledError:
                interrupted = True
        return interrupted


async def _within(
    run: Run, plan: Plan, where: Where, values: Mapping[str, Json], tally: Tally
) -> Mapping[str, Token]:
    """A scope inside another."""
    return await ScopeRun(run, plan, where, values, tally).execute()


def _this_task() -> asyncio.Task[Any]:
    return cast("asyncio.Task[Any]", asyncio.current_task())


def _previews(inputs: Inputs) -> dict[str, Preview]:
    return {
        name: token[0].preview if isinstance(token, list) else token.preview
        for name, token in inputs.items()
        if token
    }

"""One scope of a run (the whole workflow once, or for one row): fires steps until all have settled."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from app.document.workflow import Json
from app.events.run_events import Failure, NodeSettled, NodeStarted, Preview, Scope
from app.executor.attempt import InstanceFailed, run_attempts
from app.executor.frontier import Frontier, SkipStep
from app.executor.run import Run
from app.executor.run_context import InstanceContext
from app.executor.values import Token
from app.planner.plan import Plan, PlanStep
from app.sdk.data_types import Value
from app.sdk.ports import ERROR_PORT, SKIP

_NOTHING: Mapping[str, Token] = {}
_NO_PREVIEWS: Mapping[str, Preview] = {}


class ScopeFailed(Exception):
    """A step failed and its policy stops the scope."""

    def __init__(self, node: str, failure: Failure) -> None:
        super().__init__(f"{node}: {failure.code}")
        self.node = node
        self.failure = failure


class ScopeRun:
    """Straight lines run in one task; a fork starts a task for each further branch."""

    def __init__(
        self, run: Run, plan: Plan, scope: Scope, row: int | None, values: Mapping[str, Json]
    ) -> None:
        self._run = run
        self._plan = plan
        self._scope = scope
        self._row = row
        self._values = values
        self._frontier = Frontier(plan)
        self._tasks: set[asyncio.Task[None]] = set()
        self._through: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._working: dict[int, asyncio.Task[Any]] = {}  # step → the task that executes it now
        self._lost: set[int] = set()
        self.outputs: dict[str, Token] = {}

    async def execute(self) -> Mapping[str, Token]:
        """The results by name. Raises ScopeFailed; when cancelled, every instance is settled first."""
        try:
            for step in self._pass_skips(self._frontier.start()):
                self._branch(step)
            if self._tasks:
                await self._through
        except BaseException:
            await self._end_all()
            raise
        return self.outputs

    def _branch(self, step: int) -> None:
        task = asyncio.get_running_loop().create_task(self._follow(step))
        self._tasks.add(task)
        task.add_done_callback(self._branch_ended)

    def _branch_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if self._through.done():
            return
        if error:
            self._through.set_exception(error)
        elif not self._tasks:
            self._through.set_result(None)

    async def _follow(self, step: int) -> None:
        self._run.begin()
        try:
            ready = [step]
            while ready:
                for other in ready[1:]:
                    self._branch(other)
                ready = self._pass_skips(await self._instance(ready[0]))
        finally:
            self._run.end()

    def _pass_skips(self, given: list[int]) -> list[int]:
        """Settles what is skipped without running; gives the steps that really run."""
        runnable: list[int] = []
        for step in given:  # grows while it is walked
            decision = SkipStep("lost") if step in self._lost else self._frontier.decide(step)
            if isinstance(decision, SkipStep):
                plan_step = self._plan.steps[step]
                self._run.emit(
                    NodeSettled(self._run.now, plan_step.id, self._scope, "skipped", skip=decision.why)
                )
                given += self._frontier.settle(step, _NOTHING)
            else:
                runnable.append(step)
        return runnable

    async def _instance(self, index: int) -> list[int]:
        """Runs one step; gives the steps that became ready."""
        if index in self._lost:  # between being handed out and having its turn
            return [index]
        step = self._plan.steps[index]
        fire = self._frontier.decide(index)
        if isinstance(fire, SkipStep):  # skips were passed before
            return [index]
        losers = self._frontier.losers(index) if step.merge and step.merge.wait_for != "all" else []
        dropped = self._drop(losers)
        run, scope = self._run, self._scope
        begun = run.now
        run.emit(NodeStarted(begun, step.id, scope, _previews(fire.inputs)))
        ctx = InstanceContext(run, step.id, scope, self._row, self._values)
        self._working[index] = _this_task()
        try:
            outputs, attempts = await run_attempts(run, step, scope, _values(fire.inputs), ctx)
        except InstanceFailed as failed:
            return dropped + self._failed(step, failed, begun, ctx)
        except asyncio.CancelledError:
            if index not in self._lost:
                raise
            _this_task().uncancel()
            self._settled(step, "cancelled", begun, ctx, skip="lost")
            return dropped + self._frontier.settle(index, _NOTHING)
        finally:
            self._working.pop(index, None)
        result = fire.inputs.get("value")
        if step.result_name and isinstance(result, Token):
            self.outputs[step.result_name] = result
        return dropped + self._succeeded(step, outputs, attempts, begun, ctx)

    def _succeeded(
        self, step: PlanStep, outputs: Mapping[str, Any], attempts: int, begun: float, ctx: InstanceContext
    ) -> list[int]:
        tokens: dict[str, Token] = {}
        verdict: Mapping[str, Json] | None = None
        for port in step.ports.outputs:
            value = outputs.get(port.name, SKIP)
            if value is SKIP:
                continue
            if port.type == "verdict":
                verdict = value
            tokens[port.name] = self._run.values.token(value, port.type, self._scope, step.id, port.name)
        self._settled(step, "ok", begun, ctx, attempts=attempts, tokens=tokens, verdict=verdict)
        return self._frontier.settle(step.index, tokens)

    def _failed(
        self, step: PlanStep, failed: InstanceFailed, begun: float, ctx: InstanceContext
    ) -> list[int]:
        tokens = self._tokens_after_failure(step, failed.failure)
        self._settled(
            step, "failed", begun, ctx, attempts=failed.attempts, tokens=tokens, failure=failed.failure
        )
        if not tokens and step.node.on_error.policy == "stop":
            self._frontier.settle(step.index, _NOTHING)
            raise ScopeFailed(step.id, failed.failure)
        return self._frontier.settle(step.index, tokens)

    def _tokens_after_failure(self, step: PlanStep, failure: Failure) -> dict[str, Token]:
        """A joined error port gets the error; else the fallback value goes to every normal port."""
        store, scope = self._run.values, self._scope
        if step.error_joined:
            record: Value = {"code": failure.code, "step": step.node.title or step.id, **_plain_args(failure)}
            return {ERROR_PORT: store.token(record, "record", scope, step.id, ERROR_PORT)}
        if step.node.on_error.policy == "fallback":
            value = step.node.on_error.value
            return {p.name: store.token(value, p.type, scope, step.id, p.name) for p in step.ports.outputs}
        return {}

    def _settled(  # noqa: PLR0913 - the parts of one event
        self,
        step: PlanStep,
        status: Any,
        begun: float,
        ctx: InstanceContext,
        *,
        attempts: int = 1,
        tokens: Mapping[str, Token] = _NOTHING,
        verdict: Mapping[str, Json] | None = None,
        failure: Failure | None = None,
        skip: str = "",
    ) -> None:
        account, now = ctx.account, self._run.now
        self._run.emit(
            NodeSettled(
                now,
                step.id,
                self._scope,
                status,
                round(now - begun, 4),
                attempts,
                account.calls,
                account.usage,
                account.cost,
                account.model,
                tuple(tokens),
                {name: token.preview for name, token in tokens.items()} if tokens else _NO_PREVIEWS,
                verdict,
                failure,
                skip,
            )
        )

    def _drop(self, losers: list[int]) -> list[int]:
        """Ends steps that lost a race; gives those that never started, to be settled as skipped."""
        never_started: list[int] = []
        for step in losers:
            self._lost.add(step)
            if step in self._working:
                self._working[step].cancel()
            elif not self._frontier.was_given(step):
                self._frontier.drop(step)
                never_started.append(step)
        return never_started

    async def _end_all(self) -> None:
        for task in self._tasks:
            task.cancel()
        interrupted = False
        while pending := [task for task in self._tasks if not task.done()]:
            try:
                await asyncio.wait(pending)
            except asyncio.CancelledError:  # Stop was pressed meanwhile; the books are closed all the same
                interrupted = True
        for index in self._frontier.unsettled():
            self._run.emit(NodeSettled(self._run.now, self._plan.steps[index].id, self._scope, "cancelled"))
        if interrupted:
            raise asyncio.CancelledError


def _this_task() -> asyncio.Task[Any]:
    return cast("asyncio.Task[Any]", asyncio.current_task())


def _values(inputs: Mapping[str, Token | list[Token]]) -> dict[str, Value]:
    return {
        name: [t.value for t in token] if isinstance(token, list) else token.value
        for name, token in inputs.items()
    }


def _previews(inputs: Mapping[str, Token | list[Token]]) -> dict[str, Preview]:
    return {
        name: token[0].preview if isinstance(token, list) else token.preview
        for name, token in inputs.items()
        if token
    }


def _plain_args(failure: Failure) -> dict[str, Json]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in failure.args.items()}

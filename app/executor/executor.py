"""The executor: a plan and its inputs become a stream of events and, at the end, results."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal

from app.document.problem import Problem
from app.document.workflow import Json
from app.events.run_events import Failure, Preview, RunEvent, RunFinished, RunStarted, RunStatus, Scope
from app.executor.doors import Doors, Limits
from app.executor.failures import bug_args
from app.executor.rows import Rows, RowsRun, TooManyFailures
from app.executor.run import Run
from app.executor.scope_run import ScopeFailed, ScopeRun
from app.executor.values import Token
from app.planner.plan import Plan
from app.sdk.context import Answer
from app.sdk.errors import NodeError


class Execution:
    """A run that has been started. Iterate `batches` to the end; it ends with RunFinished, whatever happens."""

    def __init__(
        self,
        plan: Plan,
        doors: Doors,
        limits: Limits,
        run_id: str,
        values: Mapping[str, Json],
        rows: Rows | None = None,
        row_count: int | None = None,
        prices_of: str = "",
    ) -> None:
        """`values` are the run's inputs by name; with `rows`, each row's own values come over them.
        `row_count` is -1 where it isn't known before the end.
        """
        self._plan = plan
        self._values = values
        self._run = Run(run_id, doors, limits)
        self._rows = RowsRun(self._run, plan, rows, values) if rows is not None else None
        self._begun = False
        self._stopped_as: RunStatus = "cancelled"
        self.outputs: Mapping[str, Json] = {}
        budget = None if limits.budget is None else str(limits.budget)
        self._run.emit(
            RunStarted(
                run_id,
                plan.workflow.id,
                plan.workflow.name,
                plan.digest,
                dt.datetime.now().astimezone().isoformat(timespec="seconds"),
                plan.ids,
                row_count if rows is not None else None,
                budget,
                prices_of,
            )
        )
        self._task = asyncio.get_running_loop().create_task(self._main())

    @property
    def id(self) -> str:
        return self._run.id

    async def batches(self) -> AsyncIterator[list[RunEvent]]:
        """The events in order, as many at a time as have come."""
        while events := await self._run.take():
            yield events
        await asyncio.gather(self._task, return_exceptions=True)

    def stop(self, status: RunStatus = "cancelled") -> None:
        """No call starts after this; calls in flight are ended; the last event says `status`.

        A program that can't wait for a paused run leaves it with the status that it had.
        """
        self._run.stopping = True
        self._stopped_as = status
        if self._begun:
            self._task.cancel()

    def answer(self, node: str, scope: Scope, answer: Answer) -> bool:
        """False if nothing waits there."""
        return self._run.answer(node, scope, answer)

    def raise_budget(self, cap: Decimal | None) -> None:
        """Lets a paused run go on under a new cap."""
        self._run.raise_budget(cap)

    def value(self, ref: str) -> Json:
        """A whole value by reference. Raises KeyError if it is no longer kept."""
        return self._run.value(ref)

    async def _main(self) -> None:
        run = self._run
        status: RunStatus = "failed"
        problems: tuple[Problem, ...] = ()
        self._begun = True  # a task that is cancelled before its first step would end without an event
        try:
            if run.stopping:
                raise asyncio.CancelledError
            async with run.time_limit:
                status, problems = await (self._all_rows(self._rows) if self._rows else self._once())
        except ScopeFailed as failed:
            problems = (_problem(failed.node, failed.failure),)
        except TimeoutError as late:
            limit = run.time_limit
            args = {"seconds": limit.seconds}
            problems = (Problem("run.time_limit", args=args) if limit.expired else self._bug(late),)
        except NodeError as error:  # the source of the rows
            problems = (Problem(error.code, args=error.args_by_name),)
        except asyncio.CancelledError:
            status = self._stopped_as
        except Exception as bug:  # noqa: BLE001 - the run ends with it, and says so
            problems = (self._bug(bug),)
        finally:
            run.emit(RunFinished(run.now, status, self._result_previews(), problems))
            run.close()

    def _bug(self, bug: Exception) -> Problem:
        """People get the Problem, the log gets the traceback."""
        context = {"message": f"run {self.id} broke off", "exception": bug}
        asyncio.get_running_loop().call_exception_handler(context)
        return Problem("engine.bug", args=bug_args(bug))

    async def _once(self) -> tuple[RunStatus, tuple[Problem, ...]]:
        scope = ScopeRun(self._run, self._plan, "", None, self._values)
        outputs = await scope.execute()
        self.outputs = {name: token.value for name, token in outputs.items()}
        return "done", ()

    async def _all_rows(self, rows: RowsRun) -> tuple[RunStatus, tuple[Problem, ...]]:
        status: RunStatus = "done"
        problems: tuple[Problem, ...] = ()
        try:
            await rows.execute()
        except TooManyFailures:
            status, problems = "failed", (Problem("run.too_many_rows_failed", args={"n": rows.failed}),)
        finally:
            self.outputs = _by_name(rows.outputs, self._plan)
        if rows.failed and not rows.done:
            status, problems = (
                "failed",
                (*problems, Problem("run.every_row_failed", args={"n": rows.failed})),
            )
        return status, problems

    def _result_previews(self) -> dict[str, Preview]:
        previews: dict[str, Preview] = {}
        for name, value in self.outputs.items():
            previews[name] = self._run.values.token(value, "any", "", "", name).preview
        return previews


def _by_name(outputs: Mapping[int, Mapping[str, Token]], plan: Plan) -> dict[str, Json]:
    """For every result a list over the rows in the order of the input; None where a row gave none."""
    came = {name for row in outputs.values() for name in row}
    rows = range(max(outputs, default=-1) + 1)
    return {
        name: [outputs[i][name].value if name in outputs.get(i, ()) else None for i in rows]
        for name in (step.result_name for step in plan.steps)
        if name in came
    }


def _problem(node: str, failure: Failure) -> Problem:
    return Problem(failure.code, node=node, field=failure.field, args=failure.args)

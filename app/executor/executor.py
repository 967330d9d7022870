"""The executor: a plan and its inputs become a stream of events and, at the end, results."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Collection, Coroutine, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.document.problem import Problem
from app.document.workflow import Json, Node
from app.events.run_events import (
    Failure,
    Preview,
    RunEvent,
    RunFinished,
    RunPaused,
    RunStarted,
    RunStatus,
    Scope,
)
from app.executor.booking import Booking
from app.executor.doors import Doors, Limits
from app.executor.failures import bug_args
from app.executor.journal import ItemRecord, JournalError, RunSummary
from app.executor.map_run import Element, MapRun, Rows, TooManyFailures
from app.executor.past import Keeping
from app.executor.root import Root
from app.executor.run import Run
from app.executor.scope_failed import ScopeFailed
from app.executor.scope_run import ScopeRun
from app.executor.tally import Tally
from app.executor.values import Token
from app.executor.where import Where
from app.planner.plan import Plan
from app.sdk.context import Answer
from app.sdk.errors import NodeError
from app.sdk.node_type import MapRule


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
        keeping: Keeping | None = None,
    ) -> None:
        """`values` are the run's inputs by name; with `rows`, each row's own values come over them.
        `row_count` is -1 where it isn't known before the end. Without a journal nothing outlives the run.
        """
        self._plan = plan
        self._values = values
        keeping = keeping or Keeping()
        booking = Booking(run_id, plan, doors, keeping.journal)
        self._run = Run(run_id, doors, limits, keeping, booking, plan.workflow.id)
        self._run.root = Root(plan, values)
        self._rows = self._over(rows) if rows is not None else None
        self._row_count = row_count if rows is not None else None
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
                self._row_count,
                budget,
                doors.prices_of,
                self._run.past.elapsed,
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

    async def over(self, seconds: float) -> None:
        """Comes back when the run is over, or after so many seconds."""
        await asyncio.wait((self._task,), timeout=seconds)

    def stop(self, status: RunStatus = "cancelled") -> None:
        """No call starts after this; calls in flight are ended; the last event says `status`.

        A program that can't wait for a paused run leaves it with the status that it had.
        """
        self._run.stopping = True
        self._stopped_as = status
        if self._begun:
            self._task.cancel()

    def so_far(self) -> RunSummary | None:
        """What a run with a limit of time has come to by now; None where it rests or is over, or has no such limit."""
        run = self._run
        if run.limits.time is None or run.is_at_rest:
            return None
        return replace(self.summary(RunPaused(run.now, "paused", ())), status="running")

    def summary(self, at: RunPaused | RunFinished) -> RunSummary:
        """What the run has come to by this event, over all its lives."""
        paid, past, over = self._run.paid, self._run.past, at if isinstance(at, RunFinished) else None
        return RunSummary(
            status=at.status,
            elapsed=at.t,
            usage=past.usage + paid.usage,
            cost=past.spent + paid.cost,
            calls=past.calls + paid.calls,
            rows_done=self._rows.done if self._rows else 0,
            rows_failed=self._rows.failed if self._rows else 0,
            outputs={name: shown.text for name, shown in over.outputs.items()} if over else {},
            problems=over.problems if over else (),
            waits=self._run.waits if at.status in ("paused", "waiting") else (),
            timed=round(self._run.time_limit.used, 3),
            skipped=dict(self._run.skipped),
            rows=self._row_count,
        )

    @property
    def result_names(self) -> tuple[str, ...]:
        """The results that may come, in the order of the plan."""
        return self._plan.result_names

    @property
    def steps(self) -> Mapping[str, Node]:
        """Every step by its id, those inside frames too."""
        return {step.id: step.node for step in self._plan.all_steps()}

    @property
    def is_over_rows(self) -> bool:
        return self._rows is not None

    @property
    def rows_read(self) -> int:
        """How many rows were read from the source so far."""
        return self._rows.count if self._rows else 0

    async def items(self, first: int, count: int) -> Sequence[ItemRecord]:
        """The rows `first` up to `first + count - 1` that are through, in this order. Raises JournalError."""
        return await self._run.journal.items("", first, count)

    async def flush(self) -> None:
        """What was noted of the run so far is on the disk. Raises JournalError."""
        await self._run.journal.flush()

    def answer(self, node: str, scope: Scope, answer: Answer) -> bool:
        """False if nothing waits there."""
        return self._run.answer(node, scope, answer)

    def raise_budget(self, cap: Decimal | None) -> None:
        """Lets a paused run go on under a new cap."""
        self._run.raise_budget(cap)

    def look(self, steps: Collection[str] | None) -> None:
        """Somebody looks at what these steps write, and at no others; None: at every step. Until then nobody does."""
        self._run.onlookers.look(steps)

    def value(self, ref: str) -> Json:
        """A whole value by reference. Raises KeyError if it is no longer kept."""
        return self._run.value(ref)

    async def _main(self) -> None:
        run = self._run
        status: RunStatus = "failed"
        problems: tuple[Problem, ...] = ()
        self._begun = True  # a task that is cancelled before its first step would end without an event
        run.begin()
        try:
            if run.stopping:
                raise asyncio.CancelledError
            with run.time_limit:
                status, problems = await (self._all_rows(self._rows) if self._rows else self._once())
        except ScopeFailed as failed:
            problems = (_problem(failed.node, failed.failure),)
        except TimeoutError as late:
            limit = run.time_limit
            args = {"seconds": limit.seconds}
            problems = (Problem("run.time_limit", args=args) if limit.expired else self._bug(late),)
        except JournalError as error:
            problems = (Problem(error.code, args={"path": error.path, "reason": error.reason}),)
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
        outputs = await self._scope(Where(), self._values, Tally())
        self.outputs = {name: token.value for name, token in outputs.items()}
        return "done", ()

    def _scope(
        self, where: Where, values: Mapping[str, Json], tally: Tally
    ) -> Coroutine[Any, Any, Mapping[str, Token]]:
        return ScopeRun(self._run, self._plan, where, values, tally).execute()

    def _over(self, rows: Rows) -> MapRun:
        """The workflow as the body of one outermost Map."""

        async def elements() -> AsyncIterator[Sequence[Element]]:
            async for batch in rows:
                yield [Element(row, {**self._values, **row}) for row in batch]

        rule = MapRule(stop_after=self._run.limits.stop_after)
        return MapRun(self._run, Where(), "", "", elements(), rule, self._scope)

    async def _all_rows(self, rows: MapRun) -> tuple[RunStatus, tuple[Problem, ...]]:
        status: RunStatus = "done"
        problems: tuple[Problem, ...] = ()
        try:
            await rows.execute()
        except TooManyFailures:
            status, problems = "failed", (Problem("run.too_many_rows_failed", args={"n": rows.failed}),)
        finally:
            self.outputs = {name: await rows.results(name, "as_nothing") for name in self._names(rows)}
        if rows.failed and not rows.done:
            every = Problem("run.every_row_failed", args={"n": rows.failed})
            first = () if rows.first_failure is None else (_problem(*rows.first_failure),)
            status, problems = "failed", (*problems, every, *first)
        return status, problems

    def _names(self, rows: MapRun) -> list[str]:
        """The results that came, in the order of the plan."""
        return [step.result_name for step in self._plan.steps if step.result_name in rows.names]

    def _result_previews(self) -> dict[str, Preview]:
        previews: dict[str, Preview] = {}
        for name, value in self.outputs.items():
            previews[name] = self._run.values.token(value, "any", "", "", name).preview
        return previews


def _problem(node: str, failure: Failure) -> Problem:
    return Problem(failure.code, node=node, field=failure.field, args=failure.args)

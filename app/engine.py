"""The engine: the headless front door (check, run, models), and the one place where adapters are wired in."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from app.adapters.event_files import EventFile
from app.adapters.outside import Outside
from app.adapters.reviewed_store import ReviewedStore
from app.adapters.starter import Starter
from app.document.json_codec import digest
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.events.run_events import RunEvent, RunFinished
from app.executor.broker import Broker, own_grants, powers_of
from app.executor.doors import Doors, Limits
from app.executor.executor import Execution
from app.executor.rows import Rows
from app.planner.inputs import check_inputs
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.sdk.errors import NodeError
from app.sdk.grants import Grants
from app.sdk.powers import Power
from app.settings import Folders, Preferences

SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a workflow before it runs. `grants` None: it was neither made nor reviewed here."""

    plan: Plan | None
    problems: tuple[Problem, ...]
    powers: tuple[Power, ...]
    grants: Grants | None


@dataclass(frozen=True, slots=True)
class RunRequest:
    """One run to start. `rows` is "samples" or the path of a table.

    `grants` is what a person allowed just now; None: what this machine remembers for this content.
    `own`: the workflow was made here, so what stands in it is allowed. Relative paths in the
    workflow are relative to `folder`.
    """

    workflow: Workflow
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    budget: Decimal | None = None
    rows_at_a_time: int | None = None
    stop_after: int | None = None
    grants: Grants | None = None
    own: bool = False
    folder: Path = field(default_factory=Path.cwd)


class RunHandle:
    """A run that goes on: its events as they come, and what may be done to it.

    `warnings` are what was found wrong beforehand and didn't keep it from running.
    """

    def __init__(self, execution: Execution, events: EventFile, warnings: tuple[Problem, ...]) -> None:
        self._execution = execution
        self._events = events
        self.warnings = warnings
        self.stop = execution.stop
        self.answer = execution.answer
        self.raise_budget = execution.raise_budget
        self.value = execution.value

    @property
    def id(self) -> str:
        return self._execution.id

    @property
    def event_file(self) -> Path:
        return self._events.path

    @property
    def outputs(self) -> Mapping[str, Json]:
        """The results by name, once the run is over; over rows a list each, in the rows' order."""
        return self._execution.outputs

    async def batches(self) -> AsyncIterator[list[RunEvent]]:
        """The events in order, each written to the run's file before it is handed out."""
        try:
            async for batch in self._execution.batches():
                self._events.write(batch)
                yield self._with_loss(batch)
        finally:
            self._events.close()

    def _with_loss(self, batch: list[RunEvent]) -> list[RunEvent]:
        """The end of a run also says that its events could not be kept."""
        last = batch[-1]
        if not self._events.lost or not isinstance(last, RunFinished):
            return batch
        args = {"path": str(self._events.path), "reason": self._events.lost}
        problem = Problem("run.events_lost", args=args, severity="warning")
        return [*batch[:-1], replace(last, problems=(*last.problems, problem))]


class Engine:
    """Everything that can be asked without a screen. Belongs to one event loop; close it with `close`."""

    def __init__(
        self,
        where: Folders,
        preferences: Preferences,
        starter: Starter,
        host_command: Sequence[str],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.where = where
        self.preferences = preferences
        self._starter = starter
        self._host_command = host_command
        self._environment = environment

    def use(self, preferences: Preferences) -> None:
        """Other preferences hold from the next run on; add-ons and threads from the next start."""
        self.preferences = preferences
        if "outside" in self.__dict__:
            self.outside.preferences = preferences

    @cached_property
    def registry(self) -> Registry:
        return discover(self.preferences.addons)

    @cached_property
    def outside(self) -> Outside:
        """Models, network, files, prices and keys of this profile; nothing is opened before it is used."""
        return Outside(self.where, self.preferences, self._starter, self._host_command, self._environment)

    @cached_property
    def reviewed(self) -> ReviewedStore:
        return ReviewedStore(self.where)

    def check(self, workflow: Workflow) -> Checked:
        """What is wrong and what a run would use. Runs, opens and asks nothing."""
        content = digest(workflow)
        capped = self._cap(workflow) is not None
        planned = make_plan(
            workflow,
            content,
            self.registry.get,
            self.outside.resolve,
            self.outside.has_price if capped else None,
        )
        powers = powers_of(planned.plan) if planned.plan else ()
        problems = (*self.registry.problems, *planned.problems)
        return Checked(planned.plan, problems, powers, self._remembered(planned.plan, content))

    def _remembered(self, plan: Plan | None, content: str) -> Grants | None:
        """Shipped examples were reviewed by us and may do what stands in them."""
        if plan is not None and self.reviewed.shipped(content):
            return own_grants(plan)
        return self.reviewed.reviewed(content)

    async def start(self, request: RunRequest) -> RunHandle:
        """Starts a run. Raises ProblemError: what keeps the workflow from running, `run.*`, `file.*`."""
        checked = self.check(request.workflow)
        if checked.plan is None:
            raise ProblemError(*checked.problems)
        plan = checked.plan
        grants = own_grants(plan) if request.own else request.grants or checked.grants
        if grants is None:
            raise ProblemError(Problem("run.not_reviewed"))
        limits = self._limits(request, grants)
        check_inputs(plan, request.values, complete=not request.rows)
        rows, count = await self._rows(plan, request)
        broker = Broker(grants, request.folder)
        run_id = secrets.token_hex(6)
        execution = Execution(
            plan,
            self._doors(broker, request.folder),
            limits,
            run_id,
            request.values,
            rows,
            count,
            self.outside.prices.as_of,
        )
        events = EventFile(self.where.data / "runs", run_id, self.preferences.keep_run_files)
        return RunHandle(execution, events, checked.problems)

    async def close(self) -> None:
        """Ends local models and open connections."""
        if "outside" in self.__dict__:
            await self.outside.close()

    def _doors(self, broker: Broker, folder: Path) -> Doors:
        outside = self.outside
        return Doors(
            models=outside.models,
            net=outside.net(broker),
            files=outside.files(broker, folder),
            may_ask=broker.may_ask,
            cost_of=outside.prices.cost_of,
            upper_bound=outside.prices.upper_bound,
        )

    def _limits(self, request: RunRequest, grants: Grants) -> Limits:
        settings = request.workflow.settings
        cap = self._cap(request.workflow, request.budget)
        if grants.max_cost.is_finite():
            cap = grants.max_cost if cap is None else min(cap, grants.max_cost)
        return Limits(
            budget=cap,
            time=settings.time_limit,
            rows_at_a_time=request.rows_at_a_time or settings.concurrency or self.preferences.rows_at_a_time,
            stop_after=request.stop_after,
        )

    def _cap(self, workflow: Workflow, asked: Decimal | None = None) -> Decimal | None:
        """The tighter of what the workflow says and what the person says, for this run or for every run."""
        person = _amount(self.preferences.budget_usd) if asked is None else asked
        caps = [cap for cap in (person, _amount(workflow.settings.budget_usd)) if cap is not None]
        return min(caps, default=None)

    async def _rows(self, plan: Plan, request: RunRequest) -> tuple[Rows | None, int | None]:
        if not request.rows:
            return None, None
        if request.rows != SAMPLES:
            try:
                return await self.outside.rows(request.folder / request.rows)
            except NodeError as error:
                raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
        if not plan.samples:
            raise ProblemError(Problem("run.no_samples"))
        return _each(plan.samples), len(plan.samples)


async def _each(rows: Iterable[Mapping[str, Json]]) -> AsyncIterator[Mapping[str, Json]]:
    for row in rows:
        yield row


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None

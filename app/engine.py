"""The engine: the headless front door (check, run, models), and the one place where adapters are wired in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
from collections.abc import Collection, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from app.adapters.boot_clock import this_moment
from app.adapters.broken_off_calls import BrokenOffCalls
from app.adapters.connection import Connection
from app.adapters.connection_bill import ConnectionBill
from app.adapters.connection_check import ConnectionCheck
from app.adapters.costs_export import export_costs
from app.adapters.event_files import EventFile
from app.adapters.file_rows import restored
from app.adapters.forecasting import Inputs, forecast_of
from app.adapters.kept_ahead import kept_ahead
from app.adapters.live_caps import LiveCaps
from app.adapters.model_records import MeasuredSpeed
from app.adapters.model_speed import measure_speed
from app.adapters.model_uses import ModelUses, uses_of
from app.adapters.outside import Outside
from app.adapters.recent_files import recent_files
from app.adapters.replaying import Replaying
from app.adapters.reviewed_store import ReviewedStore
from app.adapters.run_handle import RunHandle
from app.adapters.sqlite_cache import SqliteCache
from app.adapters.sqlite_memory import SqliteConversations
from app.adapters.sqlite_runs import SqliteRuns
from app.adapters.starter import Starter
from app.adapters.table_survey import Survey
from app.adapters.workflow_parts import WorkflowParts
from app.costs.ledger import Days, Filter
from app.costs.limits import Span, standings, with_cap
from app.costs.spending import Spending, spending_of
from app.document import json_codec
from app.document.json_codec import digest
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.events.run_events import RunEvent, Scope
from app.executor.broker import Broker, own_grants, powers_of
from app.executor.doors import Doors, Limits
from app.executor.executor import Execution
from app.executor.garbage import look_seldom
from app.executor.journal import Journal, JournalError, RunHead
from app.executor.map_run import Rows
from app.executor.past import Keeping, Past
from app.executor.prompts import Said
from app.executor.revisit import Revisited, RevisitFailed, revisit, said_there
from app.executor.run_request import AS_IT_WAS, Anew, RunRequest, from_plain, to_plain
from app.executor.totals import totals_of
from app.forecast.asking import asks_models
from app.forecast.forecast import Forecast
from app.hindsight.experience import Experience
from app.hindsight.labelling import Labelling, Reviewed
from app.hindsight.replay import Replays
from app.planner.inputs import check_inputs
from app.planner.partial import before
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.discovery import discover
from app.registry.registry import Registry
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from app.sdk.grants import Grants
from app.sdk.memory import Memory, MemoryOfProcess, ReadOnlyMemory
from app.sdk.node_type import WorkflowRule
from app.sdk.powers import Power
from app.settings import Folders, Preferences, read_preferences, save_preferences

SAMPLES = "samples"

_MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a workflow before it runs. `grants` None: it was neither made nor reviewed here."""

    plan: Plan | None
    problems: tuple[Problem, ...]
    powers: tuple[Power, ...]
    grants: Grants | None


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
        self._told: list[Problem] = []
        look_seldom()

    def use(self, preferences: Preferences) -> None:
        """Other preferences hold from the next run on; add-ons and threads from the next start."""
        self.preferences = preferences
        self._caps.use(preferences)
        if "runs" in self.__dict__:
            self.runs.limits.wake()
        if "outside" in self.__dict__:
            self.outside.preferences = preferences

    def raise_limit(self, span: Span, connection: str, cap: Decimal | None) -> None:
        """Sets a limit of this profile for now and later; runs that wait for it look again. Raises OSError."""
        kept, whole = read_preferences(self.where)
        preferences = with_cap(kept if whole else self.preferences, span, connection, cap)
        save_preferences(self.where, preferences)
        self.use(preferences)

    async def test_connection(self, connection: Connection, key: str | None = None) -> ConnectionCheck:
        """Tries a connection, saved or not, within the limits of this profile, and books what that costs; `key` None:
        with the kept one.
        """
        bill = ConnectionBill(connection, self.outside.prices, self.runs)
        return await self.outside.models.test_connection(connection, key, bill.paid)

    async def spending(self, days: Days) -> Spending:
        """What was spent in these days, and how the limits stand now. Raises JournalError."""
        await self._broken_off.book_all(self._costs_since)
        today, spent, held = await self.runs.limits.standing()
        limits = standings(self._caps(), today, spent, held)
        return await spending_of(self.runs.ledger, days, today, limits)

    async def export_costs(self, path: Path, days: Days) -> int:
        """Writes every call of these days as a table; gives how many. Raises JournalError, NodeError `file.*`."""
        await self._broken_off.book_all(self._costs_since)
        return await export_costs(self.runs.ledger, path, days)

    async def uses_of_model(self, name: str) -> ModelUses:
        """Which roles stand for a model of this computer, and which of the workflows that were open lately ask it."""
        default = next(iter(self.outside.model_files.names()), "")
        paths = recent_files(self.where)
        return await asyncio.to_thread(uses_of, name, default, self.preferences.roles, self.registry, paths)

    async def measure_model(self, name: str) -> MeasuredSpeed:
        """How fast a model of this computer is; kept with the day. Raises ProblemError `model.*`, OSError."""
        outside = self.outside
        outside.model_files.facts(name)  # says what is wrong with the file
        try:
            async with outside.local_models.lease(name) as endpoint:
                speed = await measure_speed(outside.egress, endpoint)
        except NodeError as error:
            args = {"model": name, **error.args_by_name}
            raise ProblemError(Problem(error.code, args=args)) from error
        outside.model_files.records.put(name, speed=speed)
        return speed

    @cached_property
    def registry(self) -> Registry:
        return discover(self.preferences.addons)

    @cached_property
    def outside(self) -> Outside:
        """Models, network, files, prices and keys of this profile; nothing is opened before it is used."""
        return Outside(self.where, self.preferences, self._starter, self._host_command, self._environment)

    @cached_property
    def runs(self) -> SqliteRuns:
        """All runs of this profile."""
        return SqliteRuns(self.where, restored, caps=self._caps)

    @cached_property
    def labelling(self) -> Labelling:
        """What people said of results, and how far verifiers agree with it."""
        return Labelling(self.runs, self.runs.labels, self.revisit)

    @cached_property
    def experience(self) -> Experience:
        """Which model passed its checks on which texts."""
        return Experience(self.runs, self.revisit, self.registry.get)

    @cached_property
    def replays(self) -> Replaying:
        """Rows of past runs once more with the strong model alone."""
        made = Replays(self.runs, self.revisit, self.registry.get)
        return Replaying(made, self.outside, self.runs.replays)

    @cached_property
    def _broken_off(self) -> BrokenOffCalls:
        """Who books what was under way when an engine of this profile was killed."""

        async def plan_of(run: str) -> Plan:
            return (await self._as_it_ran(run))[0]

        return BrokenOffCalls(self.runs, self.outside, self.where.data / "runs", plan_of)

    @property
    def _costs_since(self) -> str:
        """The first day whose costs are kept; empty: all are."""
        days = self.preferences.keep_costs_days
        return (datetime.now().astimezone().date() - timedelta(days=days)).isoformat() if days else ""

    @cached_property
    def _caps(self) -> LiveCaps:
        return LiveCaps(self.where, self.preferences)

    @cached_property
    def cache(self) -> SqliteCache:
        """Results of model steps, by what made them."""
        return SqliteCache(self.where, self.preferences.cache_mb * _MB)

    @cached_property
    def conversations(self) -> SqliteConversations:
        """What steps with a memory keep, by workflow and name."""
        return SqliteConversations(self.where)

    @cached_property
    def parts(self) -> WorkflowParts:
        """Workflows that others run as a step."""
        return WorkflowParts(self.where)

    @cached_property
    def reviewed(self) -> ReviewedStore:
        return ReviewedStore(self.where)

    def check(self, workflow: Workflow, folder: Path | None = None) -> Checked:
        """What is wrong and what a run would use. Runs and asks nothing; Sub-workflows are looked up here."""
        return self._checked(workflow, digest(workflow), folder or Path.cwd())

    def _checked(
        self,
        workflow: Workflow,
        content: str,
        folder: Path,
        frozen: Mapping[str, Workflow] | None = None,
        pinned: Collection[str] = (),
        to: str = "",
    ) -> Checked:
        def part_of(rule: WorkflowRule) -> Workflow | None:
            return frozen.get(rule.digest) if frozen is not None else self.parts.find(rule, folder)

        capped = self._cap(workflow) is not None
        planned = make_plan(
            workflow,
            content,
            self.registry.get,
            self.outside.resolve,
            self.outside.has_price if capped else None,
            part_of,
            pinned,
            to,
        )
        powers = powers_of(planned.plan) if planned.plan else ()
        problems = (*self.registry.problems, *planned.problems)
        return Checked(planned.plan, problems, powers, self._remembered(planned.plan, content))

    async def forecast(
        self,
        plan: Plan,
        values: Mapping[str, Json] | None = None,
        rows: str = "",
        folder: Path | None = None,
        at_a_time: int | None = None,
        *,
        from_past: bool = True,
        fresh: bool = False,
        own: bool = False,
    ) -> Forecast:
        """What a run would take: tokens, money and time, from this person's own past runs where there are any.

        `values` are the inputs where they are known already; `rows` "samples" or the path of a table in `folder`, of
        which some rows are read. Reads the ledger where models are asked, unless `from_past` is False; then and where
        the run is `fresh`, kept answers don't count either. Of a workflow that was neither made nor reviewed here no
        step is computed and no file that it names is looked at; who knows that it was made here says so: `own`. Asks
        no server.
        Raises ProblemError `file.*`, `run.no_samples`.
        """
        settings = plan.workflow.settings
        together = at_a_time or settings.concurrency or self.preferences.rows_at_a_time
        ledger = self.runs.ledger if from_past and asks_models(plan) and self.runs.are_kept else None
        grants = self._remembered(plan, plan.digest)
        is_known = own or grants is not None
        contents = await self.outside.read_ahead(plan, folder, grants) if is_known else None
        table = await self._survey(plan, rows, folder or Path.cwd())
        kept: Sequence[Collection[str]] = ()
        if from_past and not fresh and is_known:
            doors = self._doors(Broker(own_grants(plan), Path.cwd()), Path.cwd(), MemoryOfProcess())
            kept = await kept_ahead(plan, values or {}, table, doors, self.cache)
        inputs = Inputs(values or {}, table, contents or {}, kept)
        return await forecast_of(plan, self.outside, ledger, inputs, together)

    async def _survey(self, plan: Plan, rows: str, folder: Path) -> Survey | None:
        if not rows:
            return None
        if rows == SAMPLES:
            return Survey(len(_samples_of(plan)), plan.samples, exact=True)
        try:
            return await self.outside.survey(folder / rows)
        except NodeError as error:
            raise ProblemError(Problem(error.code, args=error.args_by_name)) from error

    def _remembered(self, plan: Plan | None, content: str) -> Grants | None:
        """Shipped examples were reviewed by us and may do what stands in them."""
        if plan is not None and self.reviewed.shipped(content):
            return own_grants(plan)
        return self.reviewed.reviewed(content)

    async def start(self, request: RunRequest) -> RunHandle:
        """Starts a run. Raises ProblemError: what keeps the workflow from running, `run.*`, `file.*`."""
        workflow = request.workflow
        checked = self._checked(workflow, digest(workflow), request.folder, None, request.pins, request.to)
        plan, grants = self._allowed(checked, request)
        if request.to or request.pins:  # what only the left-out steps ask for, nobody takes
            asked = {ask.name for ask in plan.asks}
            values = {name: value for name, value in request.values.items() if name in asked}
            request = replace(request, values=values)
        past = await self._past(request, plan)
        request = await self._with_inputs_of_base(request, plan)
        check_inputs(plan, request.values, complete=not request.rows)
        rows, count = await self._rows(plan, request)
        with contextlib.suppress(OSError, ProblemError):  # they are frozen with the run all the same
            for part in plan.parts.values():
                self.parts.keep(part)
        run = secrets.token_hex(6)
        head = RunHead(
            run,
            workflow.id,
            workflow.name,
            plan.digest,
            datetime.now().astimezone().isoformat(timespec="seconds"),
            json_codec.compact(request.workflow),
            to_plain(request),
            {part: json_codec.compact(content) for part, content in plan.parts.items()},
            count,
            self.outside.prices.as_of,
        )
        warnings, journal = checked.problems, None
        try:
            if self._caps().bind_any:  # they count what was under way when another engine was killed
                await self._broken_off.book_all(self._costs_since)
            journal = await self.runs.begin(head)
            warnings = (*warnings, *self.untold())
        except JournalError as error:  # people may run on a disk that takes nothing; they are told
            if self._caps().bind_any:  # what nobody writes down, no limit of a day can hold
                raise ProblemError(error.problem, Problem("run.limits_not_counted")) from error
            warnings = (
                *warnings,
                *self.untold(),
                Problem(
                    "run.not_recorded", args={"code": error.code, "path": error.path}, severity="warning"
                ),
            )
        limits, keeping = self._limits(request, grants), self._keeping(request, journal, past)
        return self._launch(run, request, plan, grants, limits, (rows, count), keeping, warnings)

    async def resume(
        self,
        run: str,
        anew: Anew = AS_IT_WAS,
        *,
        retry_failed: bool = False,
    ) -> RunHandle:
        """Goes on with a run that ended before its work did. Limits of `anew` outrank the workflow's; a run whose
        time was up gets as much again. Raises ProblemError.
        """
        try:
            head, summary, journal = await self.runs.reopen(run)
        except KeyError:
            raise ProblemError(Problem("run.unknown", args={"run": run})) from None
        except JournalError as error:
            raise ProblemError(error.problem) from error
        try:
            workflow = _workflow_of(head.workflow)
            frozen = {part: _workflow_of(text) for part, text in head.parts.items()}
            await self._broken_off.book(run, self._costs_since, is_mine=True)
            request = anew.of(from_plain(head.request, workflow))
            part = request.pins, request.to
            checked = self._checked(workflow, head.digest, request.folder, frozen, *part)
            plan, grants = self._allowed(checked, request)
            totals = await totals_of(journal)
            # A run that could still say what it came to counted calls that were ended, too.
            taken = summary if summary.cost.known > totals.cost.known else totals
            booked = await self.runs.ledger.sums((), only=Filter(run=run))
            past = replace(
                await self._past(request, plan, gone="run.base_gone"),
                elapsed=max(summary.elapsed, totals.until),
                spent=taken.cost,
                usage=taken.usage,
                calls=taken.calls,
                retry_failed=retry_failed,
                counted=sum((one.counted for one in booked), Decimal(0)),
                timed=max(summary.timed, totals.timed),
            )
            rows, count = await self._rows(plan, request)
            people = {step.id for step in plan.all_steps() if step.effect == "person"}
            decided = await self.labelling.decided_before(run, people)
            await self.runs.summarise(run, replace(summary, status="running", rows=count))
            limits = self._limits(request, grants)
            if anew.budget is not None:  # a person says it now: it outranks what the workflow says
                limits = replace(limits, budget=anew.budget)
            if anew.time_limit is None:
                limits = replace(limits, time=_more_time(limits.time, past.timed))
            keeping, warnings = self._keeping(request, journal, past), checked.problems
            handle = self._launch(run, request, plan, grants, limits, (rows, count), keeping, warnings)
            handle.recall(decided)
            return handle
        except JournalError as error:
            await self._let_go(run)
            raise ProblemError(error.problem) from error
        except BaseException:
            await self._let_go(run)
            raise

    async def revisit(self, run: str, scope: Scope) -> Revisited:
        """One scope of a run as its records have it, with every input. Raises ProblemError, RevisitFailed,
        JournalError, KeyError.
        """
        plan, values, journal, past = await self._as_it_ran(run)
        return await revisit(plan, run, values, journal, past, scope)

    async def said(self, run: str, scope: Scope, node: str) -> Sequence[Said]:
        """What a step and its model said to each other, there; nothing where nobody can say. Raises as `revisit`."""
        plan, values, journal, past = await self._as_it_ran(run)
        head = (await self.runs.look(run))[0]
        own = from_plain(head.request, _workflow_of(head.workflow)).own
        memory = self.conversations.before(plan.workflow.id if own else f"sha256:{plan.digest}")
        return await said_there(plan, run, values, journal, past, scope, node, memory)

    async def result_names(self, run: str) -> tuple[str, ...]:
        """The results that a run may have, in the order of its plan. Raises ProblemError, JournalError, KeyError."""
        return (await self._as_it_ran(run))[0].result_names

    async def _as_it_ran(self, run: str) -> tuple[Plan, Mapping[str, Json], Journal, Past]:
        head, _, journal = await self.runs.look(run)
        workflow = _workflow_of(head.workflow)
        frozen = {part: _workflow_of(text) for part, text in head.parts.items()}
        request = from_plain(head.request, workflow)
        planned = make_plan(
            workflow,
            head.digest,
            self.registry.get,
            _some_model,  # nothing is asked, so it doesn't matter which are still there
            part_of=lambda rule: frozen.get(rule.digest),
            pinned=request.pins,
            to=request.to,
        )
        if planned.plan is None:
            raise ProblemError(*planned.problems)
        past = Past(pins=request.pins, dry=request.dry)
        with contextlib.suppress(ProblemError):  # the run before is gone: its steps stay empty
            past = await self._past(request, planned.plan)
        return planned.plan, request.values, journal, past

    async def _with_inputs_of_base(self, request: RunRequest, plan: Plan) -> RunRequest:
        """A run from a later step is given what the run before was given, where nothing else is said."""
        if not request.start_from:
            return request
        base = from_plain((await self.runs.look(request.base))[0].request, request.workflow)
        asked = {ask.name for ask in plan.asks}
        values = {name: value for name, value in base.values.items() if name in asked}
        if base.rows and not request.rows and not request.values:
            rows = base.rows if base.rows == SAMPLES else str(base.folder / base.rows)
            return replace(request, values=values, rows=rows)
        return replace(request, values={**values, **request.values})

    @contextlib.contextmanager
    def at_rest(self) -> Generator[None]:
        """Inside, this process may be stopped without being in the way of others that use the profile."""
        with contextlib.ExitStack() as resting:
            for name in {"runs", "cache"} & self.__dict__.keys():  # what was never used holds nothing
                resting.enter_context(getattr(self, name).at_rest())
            yield

    async def outermost(self, head: RunHead) -> Sequence[RunEvent]:
        """What began and settled outside of all rows and frames; nothing where that can't be known."""
        if head.rows is not None:
            return ()
        with contextlib.suppress(ProblemError, RevisitFailed):
            return (await self.revisit(head.run, "")).events
        return ()

    async def close(self) -> None:
        """Ends local models and open connections."""
        if "outside" in self.__dict__:
            await self.outside.close()
        for store in ("runs", "cache", "conversations"):
            if store in self.__dict__:
                await asyncio.to_thread(getattr(self, store).close)

    def untold(self) -> tuple[Problem, ...]:
        """What the store of runs has to tell, each once: that a damaged one was put aside."""
        told = self.runs.told if "runs" in self.__dict__ else ()
        new = tuple(problem for problem in told if problem not in self._told)
        self._told += new
        return new

    async def tidy(self) -> None:
        """Throws away what is kept beyond the person's limits."""
        kept = self.preferences
        with contextlib.suppress(JournalError):
            await self.runs.keep(kept.keep_runs, kept.keep_runs_mb * _MB)
            if self._costs_since:
                await self.runs.ledger.throw_away(self._costs_since)

    async def _let_go(self, run: str) -> None:
        with contextlib.suppress(JournalError):
            await self.runs.leave(run)

    def _allowed(self, checked: Checked, request: RunRequest) -> tuple[Plan, Grants]:
        if checked.plan is None:
            raise ProblemError(*checked.problems)
        grants = own_grants(checked.plan) if request.own else request.grants or checked.grants
        if grants is None:
            raise ProblemError(Problem("run.not_reviewed"))
        return checked.plan, grants

    async def _past(self, request: RunRequest, plan: Plan, gone: str = "run.unknown") -> Past:
        """What the run is given, and what the steps that are not run again had in the run before. Raises ProblemError:
        `gone` where that is no longer there.
        """
        past = Past(pins=request.pins, dry=request.dry)
        if not request.start_from:
            return past
        if request.start_from not in plan.ids:
            raise ProblemError(Problem("run.no_such_step", args={"step": request.start_from}))
        try:
            head, _, journal = await self.runs.look(request.base)
            records = await journal.steps("")
        except KeyError as error:
            raise ProblemError(Problem(gone, args={"run": request.base})) from error
        except JournalError as error:
            raise ProblemError(error.problem) from error
        stays = before(plan, request.start_from)
        given = {name: one.outputs for name, one in records.items() if name in stays and one.status == "ok"}
        pinned = from_plain(head.request, plan.workflow).pins
        given |= {name: pinned[name] for name in pinned.keys() & stays}
        return replace(past, before=given, stays=stays, base=journal)

    def _launch(
        self,
        run: str,
        request: RunRequest,
        plan: Plan,
        grants: Grants,
        limits: Limits,
        rows: tuple[Rows | None, int | None],
        keeping: Keeping,
        warnings: tuple[Problem, ...],
    ) -> RunHandle:
        doors = self._doors(Broker(grants, request.folder), request.folder, self._memory(request, plan))
        execution = Execution(plan, doors, limits, run, request.values, *rows, keeping)
        events = EventFile(self.where.data / "runs", run, self.preferences.keep_run_files)
        store = self.runs if keeping.limits else None
        return RunHandle(execution, events, store, self.tidy, warnings, self.raise_limit, self._review)

    async def _review(self, run: str, decided: Sequence[Reviewed]) -> Sequence[Reviewed]:
        """People's decisions are labels of what they saw; what can't be kept or worked out again is none."""
        with contextlib.suppress(JournalError, ProblemError):
            return await self.labelling.review(run, decided)
        return decided

    def _keeping(self, request: RunRequest, journal: Journal | None, past: Past) -> Keeping:
        cache = None if request.fresh else self.cache
        if journal is None:
            return Keeping(cache=cache, past=past)
        return Keeping(journal, cache, past, self.runs.limits)

    def _memory(self, request: RunRequest, plan: Plan) -> Memory:
        """A workflow from elsewhere may say whatever id it likes, so it has a memory of its exact content alone."""
        own = self.conversations.of(request.workflow.id if request.own else f"sha256:{plan.digest}")
        return ReadOnlyMemory(own) if request.dry else own

    def _doors(self, broker: Broker, folder: Path, memory: Memory) -> Doors:
        outside = self.outside
        return Doors(
            models=outside.models,
            net=outside.net(broker),
            files=outside.files(broker, folder),
            may_ask=broker.may_ask,
            cost_of=outside.prices.cost_of,
            upper_bound=outside.prices.upper_bound,
            prices_of=outside.prices.as_of,
            price_of=outside.prices.price_of,
            memory=memory,
            moment=this_moment,
        )

    def _limits(self, request: RunRequest, grants: Grants) -> Limits:
        settings = request.workflow.settings
        cap = self._cap(request.workflow, request.budget)
        if grants.max_cost.is_finite():
            cap = grants.max_cost if cap is None else min(cap, grants.max_cost)
        return Limits(
            budget=cap,
            time=settings.time_limit if request.time_limit is None else request.time_limit,
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
        samples = _samples_of(plan)
        return _together(samples), len(samples)


def _some_model(_: ModelChoice) -> ModelFacts:
    return ModelFacts("", "", "", can_score=True, can_schema=True, can_tools=True)


def _samples_of(plan: Plan) -> Sequence[Mapping[str, Json]]:
    if not plan.samples:
        raise ProblemError(Problem("run.no_samples"))
    return plan.samples


async def _together(rows: Sequence[Mapping[str, Json]]) -> Rows:
    yield rows


def _more_time(limit: float | None, used: float) -> float | None:
    """A run whose time was up gets as much again: somebody lets it go on."""
    return limit and round(limit * (used // limit + 1), 3)


def _amount(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def _workflow_of(text: str) -> Workflow:
    return json_codec.read(text.encode()).workflow

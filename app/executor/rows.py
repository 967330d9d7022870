"""A run over rows: the workflow as the body of one outermost Map, W rows at a time, read lazily."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import TypeAlias

from app.document.workflow import Json
from app.events.run_events import Failure, RowSettled
from app.executor.failures import bug_args
from app.executor.run import Run
from app.executor.scope_run import ScopeFailed, ScopeRun
from app.executor.values import Token
from app.planner.plan import Plan

Rows: TypeAlias = AsyncIterator[Mapping[str, Json]]


class TooManyFailures(Exception):
    """The run stops: as many rows failed as it was told to bear."""


class RowsRun:
    """W workers over one iterator, not a task a row: the source is read only when a slot is free."""

    def __init__(self, run: Run, plan: Plan, rows: Rows, values: Mapping[str, Json]) -> None:
        self._run = run
        self._plan = plan
        self._rows = rows
        self._values = values
        self._reading = asyncio.Lock()
        self._next = 0
        self._failed = 0
        self.outputs: dict[int, Mapping[str, Token]] = {}

    @property
    def done(self) -> int:
        return len(self.outputs)

    @property
    def failed(self) -> int:
        return self._failed

    async def execute(self) -> None:
        """Runs every row. Raises TooManyFailures, and whatever the source of rows raises."""
        workers = max(1, self._run.limits.rows_at_a_time)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(self._work())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from several

    async def _work(self) -> None:
        self._run.begin()
        try:
            while not self._run.stopping and (taken := await self._take()) is not None:
                await self._row(*taken)
                await asyncio.sleep(0)  # a row of pure steps never waits: let Stop and events through
        finally:
            self._run.end()

    async def _take(self) -> tuple[int, Mapping[str, Json]] | None:
        async with self._reading:
            try:
                row = await anext(self._rows)
            except StopAsyncIteration:
                return None
            self._next += 1
            return self._next - 1, row

    async def _row(self, number: int, row: Mapping[str, Json]) -> None:
        run = self._run
        scope = ScopeRun(run, self._plan, f"#{number}", number, {**self._values, **row})
        try:
            with run.idle():  # its branches are at work
                self.outputs[number] = await scope.execute()
        except ScopeFailed as failed:
            self._failed += 1
            run.emit(RowSettled(run.now, number, "failed", failed.failure, failed.node))
            if run.limits.stop_after is not None and self._failed >= run.limits.stop_after:
                raise TooManyFailures from failed
        except asyncio.CancelledError:
            run.emit(RowSettled(run.now, number, "cancelled"))
            raise
        except Exception as bug:
            run.emit(RowSettled(run.now, number, "failed", Failure("engine.bug", bug_args(bug))))
            raise
        else:
            run.emit(RowSettled(run.now, number, "done"))

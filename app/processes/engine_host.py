"""The engine host: the child process of a window that runs workflows and answers questions about them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any, BinaryIO, NoReturn

from app.adapters.redaction import log_to
from app.document import json_codec
from app.document.problem import Problem, ProblemError
from app.engine import Engine, RunHandle, RunRequest
from app.events.run_events import RunEvent, RunPaused, RunStatus
from app.executor.broker import own_grants
from app.executor.run_request import Anew
from app.processes import children
from app.processes.account_answers import AccountAnswers, loaded_of, workflow_of
from app.processes.conversation_answers import ConversationAnswers
from app.processes.hindsight_answers import HindsightAnswers
from app.processes.history_answers import HistoryAnswers
from app.processes.message_lines import MessageError, read_request, reply_line
from app.processes.messages import (
    AnswerPerson,
    AskForecast,
    Check,
    Checked,
    Content,
    Done,
    Forecasted,
    GetValue,
    LookAt,
    Ping,
    Pong,
    Quit,
    RaiseBudget,
    Refused,
    RememberOwn,
    Reply,
    Request,
    ResumeRun,
    Started,
    StartRun,
    StopRun,
    TakePreferences,
)
from app.processes.model_answers import ModelAnswers
from app.processes.outbox import Outbox
from app.processes.parent import die_with_parent, private_stdout
from app.processes.replay_answers import ReplayAnswers
from app.processes.version_answers import VersionAnswers
from app.sdk.context import Answer
from app.sdk.grants import Grants
from app.settings import folders, load_preferences

_FAREWELL = 2.0  # seconds for runs to end and models to be let go
_KEPT_RUNS = 20  # whose values can still be asked for


class EngineHost:
    """Answers requests in the order of their arrival, each in a task of its own."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox
        self._runs: dict[str, RunHandle] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._standing: dict[str, RunStatus] = {}  # runs that wait for somebody, and for what
        self._history = HistoryAnswers(engine, outbox)
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended = asyncio.Event()
        self._answers: Mapping[type[Any], Callable[[Any], Awaitable[Reply]]] = {
            Ping: self._ping,
            Check: self._check,
            AskForecast: self._forecast,
            StartRun: self._start,
            ResumeRun: self._resume,
            StopRun: self._stop,
            LookAt: self._look_at,
            AnswerPerson: self._answer,
            RaiseBudget: self._raise_budget,
            GetValue: self._value,
            RememberOwn: self._remember_own,
            TakePreferences: self._take_preferences,
            Quit: self._quit,
            **AccountAnswers(engine).answers,
            **ModelAnswers(engine).answers,
            **self._history.answers,
            **ConversationAnswers(engine).answers,
            **HindsightAnswers(engine).answers,
            **ReplayAnswers(engine).answers,
            **VersionAnswers(engine).answers,
        }

    def take(self, line: bytes) -> None:
        """One line from the window."""
        asked = read_request(line)
        self._keep(self._reply(asked.number, asked.request))

    async def close(self) -> None:
        """Ends all runs and what the engine has started. A run that waits keeps its state, and can go on one day."""
        for run in self._going:
            self._runs[run].stop(self._standing.get(run, "cancelled"))
        await asyncio.gather(*self._going.values())
        await self._engine.close()

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _reply(self, number: int, request: Request[Any]) -> None:
        try:
            reply = await self._answers[type(request)](request)
        except ProblemError as error:
            reply = Refused(error.problems)
        except Exception as error:  # noqa: BLE001 - a fault in one answer must not end the runs of others
            # The traceback goes to the log; its text is no sentence for people.
            sys.excepthook(type(error), error, error.__traceback__)
            reply = Refused((Problem("engine.fault", args={"kind": type(error).__name__}),))
        line = reply_line(number, reply)
        if len(line) >= children.LINE_LIMIT:
            line = reply_line(number, Refused((Problem("run.value_too_large"),)))
        self._outbox.put(line)

    async def _ping(self, _: Ping) -> Pong:
        return Pong(os.getpid())

    async def _quit(self, _: Quit) -> Done:
        asyncio.get_running_loop().call_soon(self.ended.set)
        return Done()

    async def _check(self, asked: Check) -> Checked:
        loaded = loaded_of(asked.workflow)
        checked = self._engine.check(loaded.workflow)
        return Checked((*loaded.warnings, *checked.problems), checked.grants is not None)

    async def _forecast(self, asked: AskForecast) -> Forecasted:
        folder = Path(asked.folder) if asked.folder else None
        plan = self._engine.check(loaded_of(asked.workflow).workflow, folder).plan
        if plan is None:
            return Forecasted()
        known = asked.from_past  # the window asks for it of what was made or reviewed here, saved or not
        made = await self._engine.forecast(plan, asked.values, asked.rows, folder, from_past=known, own=known)
        return Forecasted(made)

    async def _remember_own(self, asked: RememberOwn) -> Done:
        workflow = workflow_of(asked.workflow)
        plan = self._engine.check(workflow).plan
        # What can't run yet may do nothing either, but it is the person's own all the same.
        grants = own_grants(plan) if plan else Grants(max_cost=Decimal("Infinity"))
        self._engine.reviewed.remember(json_codec.digest(workflow), grants, workflow.name)
        return Done()

    async def _take_preferences(self, _: TakePreferences) -> Done:
        self._engine.use(load_preferences(self._engine.where))
        return Done()

    async def _start(self, asked: StartRun) -> Started:
        loaded = loaded_of(asked.workflow)
        if lost := [warning for warning in loaded.warnings if warning.severity == "error"]:
            raise ProblemError(*lost)  # what would run isn't what the file says
        handle = await self._engine.start(
            RunRequest(
                workflow=loaded.workflow,
                values=asked.values,
                rows=asked.rows,
                budget=Decimal(asked.budget) if asked.budget else None,
                rows_at_a_time=asked.rows_at_a_time,
                grants=asked.grants,
                own=asked.own,
                folder=Path(asked.folder) if asked.folder else Path.home(),
                to=asked.to,
                start_from=asked.start_from,
                base=asked.base,
                pins=asked.pins,
                dry=asked.dry,
                fresh=asked.fresh,
            )
        )
        return self._going_on(handle, asked.look_at)

    async def _resume(self, asked: ResumeRun) -> Started:
        anew = Anew(Decimal(asked.budget) if asked.budget else None, asked.time_limit)
        handle = await self._engine.resume(asked.run, anew, retry_failed=asked.retry_failed)
        return self._going_on(handle, asked.look_at)

    def _going_on(self, handle: RunHandle, look_at: tuple[str, ...]) -> Started:
        handle.look(look_at)
        self._runs.pop(handle.id, None)  # a run that goes on is the newest again
        self._runs[handle.id] = handle
        self._forget_oldest()
        self._going[handle.id] = self._keep(self._follow(handle))
        return Started(handle.id)

    async def _follow(self, handle: RunHandle) -> None:
        try:
            async for batch in handle.batches():
                self._stand(handle.id, batch)
                self._outbox.add(handle.id, batch)
        finally:
            self._going.pop(handle.id, None)
            self._standing.pop(handle.id, None)

    def _stand(self, run: str, batch: list[RunEvent]) -> None:
        if isinstance(batch[-1], RunPaused):
            self._standing[run] = batch[-1].status
        else:
            self._standing.pop(run, None)

    def _forget_oldest(self) -> None:
        for run in list(self._runs)[:-_KEPT_RUNS]:
            if run not in self._going:
                del self._runs[run]

    def _run(self, run: str) -> RunHandle:
        if run not in self._runs:
            raise ProblemError(Problem("run.gone"))
        return self._runs[run]

    async def _stop(self, asked: StopRun) -> Done:
        self._run(asked.run).stop()
        return Done()

    async def _look_at(self, asked: LookAt) -> Done:
        self._run(asked.run).look(asked.steps)
        return Done()

    async def _answer(self, asked: AnswerPerson) -> Done:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        answer = Answer(asked.decision, asked.value, asked.comment, asked.who, now)
        if not self._run(asked.run).answer(asked.node, asked.scope, answer):
            raise ProblemError(Problem("person.not_waiting", node=asked.node))
        return Done()

    async def _raise_budget(self, asked: RaiseBudget) -> Done:
        self._run(asked.run).raise_budget(Decimal(asked.budget))
        return Done()

    async def _value(self, asked: GetValue) -> Content:
        handle = self._runs.get(asked.run)
        if handle is not None:
            with contextlib.suppress(KeyError):
                return Content(handle.value(asked.ref))
        return Content(await self._history.value(asked.run, asked.ref))


async def serve(channel: BinaryIO, lines: BinaryIO) -> None:
    """Serves until the window closes the pipe, says goodbye or says something that is no message."""
    where = folders()
    with contextlib.suppress(OSError):  # a log that can't be written is no reason not to run
        log_to(where.logs / "engine.log")
    outbox = Outbox(channel)
    engine = Engine(where, load_preferences(where), children, children.own_command("model-host"))
    host = EngineHost(engine, outbox)
    loop = asyncio.get_running_loop()
    # A thread, since a pipe can't be awaited on every system.
    Thread(target=_read, args=(lines, loop, host), daemon=True).start()
    await host.ended.wait()
    async with asyncio.timeout(_FAREWELL):
        await host.close()
        await outbox.flush()


def _read(lines: BinaryIO, loop: asyncio.AbstractEventLoop, host: EngineHost) -> None:
    def take(line: bytes) -> None:
        try:
            host.take(line)
        except MessageError as error:
            sys.stderr.write(f"{error}\n")
            host.ended.set()

    for line in lines:
        loop.call_soon_threadsafe(take, line)
    loop.call_soon_threadsafe(host.ended.set)


def main() -> NoReturn:
    """The hidden verb `engine-host`."""
    channel = private_stdout()
    die_with_parent()
    code = 0
    try:
        asyncio.run(serve(channel, sys.stdin.buffer))
    except TimeoutError:
        code = 1
    sys.stderr.flush()
    # Threads of libraries that still wait for something must not keep the process.
    os._exit(code)

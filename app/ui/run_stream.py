"""The run stream: starts, steers and stops runs in the engine process and folds what happens into the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from PySide6.QtCore import QObject, QTimer, Signal

from app.document.problem import Problem, ProblemError
from app.document.workflow import Json, Workflow
from app.events.interrupted import ending
from app.events.run_events import Scope
from app.executor.run_request import AS_IT_WAS, Anew
from app.processes.messages import (
    AnswerPerson,
    AskForecast,
    Forecasted,
    GetValue,
    LookAt,
    RaiseBudget,
    RememberOwn,
    ResumeRun,
    StartRun,
    StopRun,
)
from app.sdk.context import Decision
from app.sdk.grants import Grants
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.session import Session
from app.ui.workflow_text import folder_of, text_of

DRAIN = 33  # ms between two looks at what has arrived
STARTING = "?"  # no run's name
STOP_PATIENCE = 6.0  # seconds that an engine gets for stopping a run by itself


@dataclass(frozen=True, slots=True)
class Part:
    """What of a workflow is to run: all; only what leads `to` a step; or all from a step on, with what the run `base`
    had before it.
    """

    to: str = ""
    start_from: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class RunWish:
    """What a person wants to run: once with `values`, or over `rows` ("samples" or a table's path)."""

    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    rows: str = ""
    grants: Grants | None = None
    budget: Decimal | None = None
    rows_at_a_time: int | None = None
    part: Part = Part()
    pins: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])
    dry: bool = False


class RunStream(QObject):
    """One run at a time. `failed` brings the Problems of a run that lost its engine."""

    failed = Signal(object)
    state_changed = Signal()

    def __init__(self, session: Session, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._link = link
        self.in_sight: Callable[[], Collection[str]] = tuple  # the steps that somebody sees now
        self._run = ""
        self._stopping = False
        self._told: tuple[str, ...] = ()  # the steps in sight, as the engine knows them
        self._looking = Awaiting(self)
        self._over = asyncio.Event()
        self._timer = QTimer(self, interval=DRAIN)
        self._timer.timeout.connect(self.drain)
        link.state_changed.connect(self._on_link)

    async def forecast(self, asked: AskForecast) -> Forecasted:
        """What a run would take. Raises ProblemError."""
        return await self._link.ask(asked)

    @property
    def session(self) -> Session:
        """Where the run is folded."""
        return self._session

    @property
    def is_running(self) -> bool:
        """Whether a run is under way, waits or is paused."""
        return bool(self._run)

    @property
    def is_starting(self) -> bool:
        """Whether a run was asked for and the engine has not answered yet."""
        return self._run == STARTING

    @property
    def is_stopping(self) -> bool:
        return self._stopping

    async def start(self, wish: RunWish) -> None:
        """Starts a run of the document as it is now. Raises ProblemError: why the engine refuses it."""
        if self._run:
            return
        workflow = self._session.workflow
        request = StartRun(
            text_of(workflow),
            folder_of(self._session.place),
            own=self._session.place.trust == "mine",
            grants=wish.grants,
            values=dict(wish.values),
            rows=wish.rows,
            budget=str(wish.budget) if wish.budget is not None else None,
            rows_at_a_time=wish.rows_at_a_time,
            to=wish.part.to,
            start_from=wish.part.start_from,
            base=wish.part.base,
            pins=dict(wish.pins),
            dry=wish.dry,
            look_at=self._see(),
        )
        await self._begin(request, workflow)

    async def resume(
        self, run: str, workflow: Workflow, anew: Anew = AS_IT_WAS, *, retry_failed: bool = False
    ) -> None:
        """Goes on with a run of this workflow. Raises ProblemError: why the engine refuses it."""
        if not self._run:
            cap = str(anew.budget) if anew.budget is not None else None
            request = ResumeRun(run, cap, retry_failed, self._see(), anew.time_limit)
            await self._begin(request, workflow)

    async def _begin(self, request: StartRun | ResumeRun, workflow: Workflow) -> None:
        self._over.clear()
        self._run = STARTING  # the button must not start a second one meanwhile
        self.state_changed.emit()
        try:
            started = await self._link.ask(request)
        except ProblemError:
            self._end()
            raise
        self._run = started.run
        self.look()  # it may be others since
        self._session.begin_run(workflow)
        self._timer.start()
        self.state_changed.emit()

    async def stop(self) -> None:
        """Stops the run; an engine that doesn't do so in time is killed. A second call kills at once."""
        if not self._run:
            return
        if self._stopping or self.is_starting:
            self._link.kill()
            return
        self._stopping = True
        self.state_changed.emit()
        try:
            async with asyncio.timeout(STOP_PATIENCE):
                await self._link.ask(StopRun(self._run))
                await self._over.wait()
        except TimeoutError:
            self._link.kill()
        except ProblemError:
            return  # the engine is gone, and the run with it

    def look(self) -> None:
        """Other steps are in sight now: what they write is to be seen while it is written."""
        told = self._told
        if self._run and not self.is_starting and self._see() != told:
            # A run that is over by now writes nothing, and an engine that is gone is told of elsewhere.
            self._looking.start(self._link.ask(LookAt(self._run, self._told)), _nothing, _nothing)

    def _see(self) -> tuple[str, ...]:
        self._told = tuple(sorted(self.in_sight()))
        return self._told

    async def answer(
        self, node: str, scope: Scope, decision: Decision, value: Json, comment: str = ""
    ) -> None:
        """Hands over what a person decided. Raises ProblemError."""
        await self._link.ask(AnswerPerson(self._run, node, scope, decision, value, comment))

    async def until_asked(self, node: str, scope: Scope) -> None:
        """Comes back when this question is asked, or the run is over."""
        asked = asyncio.Event()

        def look() -> None:
            if (node, scope) in self._session.run.questions or not self._run:
                asked.set()

        watching = self._session.ran.connect(look)
        ending = self.state_changed.connect(look)
        try:
            look()
            await asked.wait()
        finally:
            self._session.ran.disconnect(watching)
            self.state_changed.disconnect(ending)

    async def raise_budget(self, budget: Decimal) -> None:
        """Lets a paused run go on. Raises ProblemError."""
        await self._link.ask(RaiseBudget(self._run, str(budget)))

    async def value(self, reference: str) -> Json:
        """A whole value by its reference. Raises ProblemError."""
        return (await self._link.ask(GetValue(self._session.run.run, reference))).value

    async def remember_own(self) -> None:
        """What was made and saved here counts as reviewed when it is opened again. Raises ProblemError."""
        await self._link.ask(RememberOwn(text_of(self._session.workflow)))

    def drain(self) -> None:
        """Folds what has arrived into the session."""
        events = self._link.take(self._run)
        if events:
            self._session.fold(events)
        if self._run and self._session.run.is_over:
            self._end()

    def _on_link(self, state: str) -> None:
        if state not in ("gone", "off"):
            return
        self.drain()
        if self._run and not self.is_starting:  # who waits for the start is told by the link
            problem = None if self._stopping or state == "off" else Problem("engine.ended")
            self._session.fold(ending(self._session.run, self._session.elapsed, problem))
            self._end()
            if problem:
                self.failed.emit((problem,))

    def _end(self) -> None:
        self._timer.stop()
        self._run = ""
        self._stopping = False
        self._over.set()
        self.state_changed.emit()


def _nothing(_: object) -> None:
    """It shows by itself."""

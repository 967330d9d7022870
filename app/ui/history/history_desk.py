"""The history desk: what a person asks of earlier runs, carried to the engine and back onto the Runs page."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.document.problem import Problem, ProblemError
from app.document.workflow import Workflow
from app.events.run_events import Failure
from app.events.run_state import RunState
from app.executor.journal import RunLine
from app.executor.run_request import Anew
from app.registry.registry import Registry
from app.texts import text
from app.ui.asking import Choice, ask, table_to_save
from app.ui.awaiting import Awaiting
from app.ui.engine_link import EngineLink
from app.ui.hindsight_desk import Rater
from app.ui.history.archive import Archive, PastRun
from app.ui.history.run_words import hour, needs_somebody
from app.ui.problem_words import in_short, what_happened
from app.ui.run_steering import RunSteering
from app.ui.run_stream import RunStream
from app.ui.session import Session
from app.ui.strips import Strip

if TYPE_CHECKING:
    from app.ui.history.runs_page import RunsPage
    from app.ui.history.tape import Tape

_PASSING = 9000  # ms that something said stays
_OURS = ("status", "cost", "seconds", "error", "done", "failed", "cancelled")


class HistoryDesk(QObject):
    """Runs that are resumed here go on here: `stream` carries them. `unfinished(n)` says how many runs broke off or
    wait, as it is known once the engine is there.
    """

    unfinished = Signal(int)
    limit_raised = Signal(object, object)  # as BudgetBanner
    earlier = Signal(bool)  # the open workflow has run before
    compared = Signal(str, str)  # these two runs are to be put side by side
    run_wanted = Signal()  # of the open workflow, which has none yet
    clearing = Signal()  # what is kept is to be looked at

    def __init__(self, main: Session, registry: Registry, link: EngineLink, window: QWidget) -> None:
        super().__init__(window)
        self._main = main
        self._window = window
        self._link = link
        self._archive = Archive(link)
        self._awaiting = Awaiting(self)
        self._listing = Awaiting(self)
        self._opening = Awaiting(self)
        self._passing = QTimer(self, singleShot=True, interval=_PASSING)
        self._passing.timeout.connect(self._drop_said)
        self._lines: Sequence[RunLine] = ()
        self._wanted = ""  # the run that is opened when the list has it
        self._asked = False
        self.session = Session(Workflow("", ""), self)
        self.stream = RunStream(self.session, link, self)
        self._specs = registry.get
        self.stream.state_changed.connect(self._on_stream)
        self.stream.failed.connect(self._refuse)
        link.state_changed.connect(self._on_link)
        self._looked_back = ""  # the workflow of which it is known whether it has run before
        self._looking_back = Awaiting(self)
        main.changed.connect(self._look_back)

    @cached_property
    def page(self) -> RunsPage:
        """Made when somebody turns to it: a window that is only drawn on needs none of its many parts."""
        from app.ui.history.runs_page import RunsPage

        reading = self._archive.reading(self.stream.value)
        page = RunsPage(self.session, self._specs, reading, self._archive.items)
        self._join(page)
        return page

    def _join(self, page: RunsPage) -> None:
        details, listed = page.details, page.list
        RunSteering(details.panel, self.stream, self._refuse, self, self._go_on)
        details.panel.limit_raised.connect(self.limit_raised)
        Rater(self.session, self._link, details.panel, self._refuse, self)
        listed.clearing.connect(self.clearing)
        listed.empty.pressed.connect(self.run_wanted)
        listed.chosen.connect(self.open)
        listed.scoped.connect(self.refresh)
        details.resumed.connect(self.resume)
        head = details.head
        head.pinned.connect(self._pin)
        head.forgotten.connect(self._forget)
        head.compared.connect(self._compare)
        head.stopped.connect(lambda: self._do(self.stream.stop(), _nothing))
        head.exported.connect(self._export)

    def _drop_said(self) -> None:
        self.page.strips.drop("said")

    @property
    def is_busy(self) -> bool:
        """Whether a run goes on here."""
        return self.stream.is_running

    @property
    def archive(self) -> Archive:
        return self._archive

    # --- the list ------------------------------------------------------------------------------------------

    def show(self, run: str = "") -> None:
        """The page has been turned to: what stands there is asked for anew; a run is opened if one is named."""
        self._wanted = run
        self.refresh()

    def show_unfinished(self) -> None:
        """The runs that somebody has to look after, of all workflows."""
        self.page.list.scope.set_value("all")
        self.page.list.show_filter("needs")
        self.show()

    def refresh(self, _: object = None) -> None:
        """Asks for the list of runs."""
        self._listing.cancel()
        workflow = "" if self.page.list.of_all else self._main.workflow.id
        self._listing.start(self._archive.lines(workflow), self._listed, self._refuse)

    def _listed(self, lines: Sequence[RunLine]) -> None:
        self._lines = lines
        self.page.list.show_lines(lines)
        self.page.can_pick(bool(lines))
        current = self.page.details.line
        if self._wanted:
            wanted, self._wanted = self._wanted, ""
            self.open(wanted)
        elif current is not None:
            self._show_again(current.run)
        elif shown := self.page.list.shown():
            self.open(shown[0].run)

    def _show_again(self, run: str) -> None:
        line = self._line(run)
        if line is None:
            return
        self.page.details.show_line(line)
        self._offer_others(line)
        self.page.list.pick(run)

    def _line(self, run: str) -> RunLine | None:
        return next((line for line in self._lines if line.run == run), None)

    # --- one run -------------------------------------------------------------------------------------------

    def open(self, run: str) -> None:
        """Shows a run of the list."""
        line = self._line(run)
        if line is None or (self.is_busy and run != self.session.run.run):
            if line is not None:
                self._refuse((Problem("history.busy"),))
                self.page.list.pick(self.session.run.run)
            return
        if self.is_busy:
            return
        self.page.list.pick(run)
        self._opening.cancel()
        self._opening.start(self._read(run), partial(self._opened, line), self._refuse)

    async def _read(self, run: str) -> tuple[PastRun, Tape]:
        from app.ui.history.tape import Tape

        past = await self._archive.open(run)
        try:
            return past, await Tape.read(past.events)
        except OSError as error:
            detail = error.strerror or str(error)
            raise ProblemError(Problem("history.unreadable", args={"detail": detail})) from error

    def _opened(self, line: RunLine, read: tuple[PastRun, Tape]) -> None:
        self.page.show_details()
        self.page.details.show_run(line, *read)
        self._offer_others(line)

    def _offer_others(self, line: RunLine) -> None:
        others = [
            other for other in self._lines if other.workflow_id == line.workflow_id and other.run != line.run
        ]
        self.page.details.head.show_others(others)

    def resume(self, anew: Anew, retry_failed: bool) -> None:
        """Lets the run that is shown go on, here."""
        past = self.page.details.past
        if past is not None and not self.is_busy:
            work = self.stream.resume(past.run, past.workflow, anew, retry_failed=retry_failed)
            self._do(work, _nothing)

    async def _go_on(self) -> None:
        """A question of a run that rests is answered: first the run goes on."""
        past = self.page.details.past
        if past is not None and not self.is_busy:
            await self.stream.resume(past.run, past.workflow)

    def _on_stream(self) -> None:
        live = self.stream.is_running and not self.stream.is_starting
        was_live = self.page.details.is_live
        self.page.details.show_live(live)
        if live and not was_live:
            self.refresh()  # the list says of it that it goes on
        if was_live and not self.stream.is_running:
            self._wanted = self.session.run.run
            self.refresh()

    def _pin(self, pinned: bool) -> None:
        line = self.page.details.line
        if line is not None:
            self.page.details.show_line(replace(line, pinned=pinned))
            self._do(self._archive.pin(line.run, pinned), self.refresh)

    def _forget(self) -> None:
        line = self.page.details.line
        if line is not None:
            self._do(self._ask_and_forget(line), self._forgotten)

    async def _ask_and_forget(self, line: RunLine) -> bool:
        choices = (
            Choice("keep", text("history.forget.keep"), "primary"),
            Choice("drop", text("history.forget.drop"), "danger"),
        )
        question = text("history.forget.question", time=hour(line))
        needing = [hour(other) for other in self._lines if other.base == line.run]
        more = text("history.forget.needed", times=tuple(needing)) if needing else text("history.forget.more")
        if await ask(self._window, question, more, choices, "keep") != "drop":
            return False
        await self._archive.forget(line.run)
        return True

    def _forgotten(self, gone: bool) -> None:
        if gone:
            self.page.details.clear()
            self.page.show_nothing()
            self.refresh()

    def _export(self) -> None:
        line = self.page.details.line
        if line is not None:
            self.export(self.session.run, partial(self._say, "check", "quiet"))

    def export(self, run: RunState, told: Callable[[Callable[[], str]], object]) -> None:
        """Writes the rows of a run where the person says; `told` takes the words for what was done."""
        self._do(self._ask_and_export(run.run, run), partial(self._exported, told))

    async def _ask_and_export(self, run: str, state: RunState) -> tuple[int, Path] | None:
        folder = self._main.place.path.parent if self._main.place.path else Path.home()
        proposed = folder / f"{text('history.export.name')}.csv"
        path = await table_to_save(self._window, text("history.export"), proposed)
        if path is None:
            return None
        return await self._archive.export(run, path, export_titles(), export_errors(state)), path

    def _exported(self, told: Callable[[Callable[[], str]], object], done: tuple[int, Path] | None) -> None:
        if done is not None:
            n, path = done
            told(partial(text, "history.exported", n=n, path=str(path)))

    def _compare(self, other: str) -> None:
        line = self.page.details.line
        if line is not None:
            self.compared.emit(line.run, other)

    # --- at the start --------------------------------------------------------------------------------------

    def _on_link(self, state: str) -> None:
        if state == "ready":
            self._look_back()
        if state == "ready" and not self._asked:
            self._asked = True
            self._awaiting.start(self._archive.lines(), self._count_unfinished, _nothing)

    def _look_back(self, _: object = None) -> None:
        """Another workflow is open: whether it has run before is said where its last run would stand."""
        workflow = self._main.workflow.id
        if workflow == self._looked_back or self._link.state != "ready":
            return
        self._looked_back = workflow
        self.earlier.emit(False)
        self._looking_back.cancel()
        self._looking_back.start(
            self._archive.lines(workflow, 1), lambda lines: self.earlier.emit(bool(lines)), _nothing
        )

    def _count_unfinished(self, lines: Sequence[RunLine]) -> None:
        n = sum(map(needs_somebody, lines))
        if n:
            self.unfinished.emit(n)

    def _do(self, work: Coroutine[Any, Any, Any], done: Callable[[Any], object]) -> None:
        self._awaiting.start(work, done, self._refuse)

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self._say("circle-alert", "warning", partial(in_short, problems))

    def _say(self, icon: str, tone: str, words: Callable[[], str]) -> None:
        """Over the page; goes by itself."""
        self.page.strips.show_strip("said", Strip(icon, tone, words))
        self._passing.start()


def export_titles() -> dict[str, str]:
    """What our columns and the states of rows are called in a written table."""
    return {name: text(f"history.export.{name}") for name in _OURS}


def export_errors(state: RunState) -> dict[str, str]:
    """What went wrong, by row number."""
    failures: dict[int, Failure] = {
        row: settled.failure for row, settled in state.rows_settled.items() if settled.failure
    }
    return {str(row): what_happened(failure) for row, failure in failures.items()}


def _nothing(_: object) -> None:
    """The result shows by itself."""

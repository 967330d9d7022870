"""The run desk: what happens between pressing Run and the run, and what a person tells a run on its way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.adapters.shelf import UNREAD_SHELF, Shelf
from app.adapters.workflow_parts import WorkflowParts
from app.document.problem import Problem, ProblemError
from app.document.workflow import Node
from app.planner.sheet import sheet
from app.registry.registry import Registry
from app.texts import text
from app.ui.asking import file_to_open, shown
from app.ui.awaiting import Awaiting
from app.ui.budget_cap import cap_of
from app.ui.engine_client import EngineClient
from app.ui.kept_preferences import KeptPreferences
from app.ui.pinning import Pinning
from app.ui.run_form.asks import Asks, asks_of, keeps_samples
from app.ui.run_form.cost_words import cost_words
from app.ui.run_form.foresight import Foresight
from app.ui.run_form.last_values import LastValues
from app.ui.run_form.run_form import RunForm
from app.ui.run_steering import RunSteering
from app.ui.run_stream import RunStream, RunWish
from app.ui.runs.panel import RunPanel
from app.ui.session import Session
from app.ui.trust.facts import TrustFacts
from app.ui.trust.trust_sheet import TrustSheet
from app.ui.workflow_text import text_of


class RunDesk(QObject):
    """`refused` carries what keeps a run from beginning; `begun` comes when one has begun."""

    refused = Signal(object)
    begun = Signal()
    shelf_changed = Signal()

    def __init__(
        self,
        session: Session,
        stream: RunStream,
        registry: Registry,
        panel: RunPanel,
        preferences: KeptPreferences,
        client: EngineClient,
        pinning: Pinning,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._pinning = pinning
        self._client = client
        self._last_values = LastValues(preferences.where.state)
        self._preferences = preferences
        self._shelf = UNREAD_SHELF
        self._looked_at: tuple[Mapping[str, Node], Asks] | None = None
        self._session = session
        self._stream = stream
        self._registry = registry
        self._window = window
        self._awaiting = Awaiting(self)
        self._steering = RunSteering(panel, stream, self._refuse, self)

    @property
    def has_samples(self) -> bool:
        """Whether a step keeps sample rows to run over."""
        return keeps_samples(self._session.workflow, self._registry.get)

    def _asks(self) -> Asks:
        """What the workflow asks for; looked up once for each state of its steps."""
        nodes = self._session.workflow.graph.nodes
        if self._looked_at is None or self._looked_at[0] is not nodes:
            self._looked_at = (nodes, asks_of(self._session.workflow, self._registry.get))
        return self._looked_at[1]

    def show_shelf(self, shelf: Shelf) -> None:
        """The models of this machine: what a run may cost is said with them."""
        self._shelf = shelf
        self.shelf_changed.emit()

    # --- starting and stopping -----------------------------------------------------------------------------

    def toggle(self) -> None:
        """Stops the run, or runs once."""
        if self._stream.is_running:
            self.stop()
        else:
            self.run_once()

    def run_once(self) -> None:
        """Asks what the workflow asks for, if anything, and runs."""
        self.run_like(RunWish())

    def run_dry(self) -> None:
        """Everything but what would act outside: that is only shown."""
        self.run_like(RunWish(dry=True))

    def run_like(self, wish: RunWish) -> None:
        """Runs a part or a dry run, with what the person fills in."""
        asks = self._asks()
        self._begin(self._fill_in(asks, wish) if asks.inputs else self._run(wish))

    def run_with(self, wish: RunWish) -> None:
        """Runs what is known to the last value."""
        self._begin(self._run(wish))

    def retry_failures(self) -> None:
        """The rows that failed, and nothing else, once more: the run that is shown goes on."""
        session = self._session
        if session.run_workflow is not None:
            self._begin(self._stream.resume(session.run.run, session.run_workflow, retry_failed=True))

    def run_samples(self) -> None:
        self._begin(self._run(RunWish(rows="samples")))

    def run_table(self) -> None:
        """Over the rows of a table that the person picks."""
        self._begin(self._run_table())

    def stop(self) -> None:
        """Stops the run; a second time, at once."""
        self._awaiting.start(self._stream.stop(), _nothing, self._refuse)

    async def _run_table(self) -> None:
        folder = self._session.place.path.parent if self._session.place.path else Path.home()
        filters = (text("window.files.tables", endings="*.csv *.xlsx *.jsonl"),)
        path = await file_to_open(self._window, text("action.run.table"), folder, filters)
        if path is not None:
            await self._run(RunWish(rows=str(path)))

    async def _fill_in(self, asks: Asks, like: RunWish) -> None:
        """The run form; what was filled in is there again next time."""
        workflow, place = self._session.workflow, self._session.place
        cap = cap_of(workflow, self._preferences.now)
        folder = place.path.parent if place.path else None
        cost = cost_words(asks.models, self._shelf, cap)
        form = RunForm(asks, self._last_values.of(workflow.id), cost, folder, self._window)
        known = self.shelf_changed.connect(lambda: form.show_cost(cost_words(asks.models, self._shelf, cap)))
        Foresight(form, self._session, self._stream)
        wishes: list[RunWish] = []
        form.chosen.connect(wishes.append)
        try:
            await shown(form)
        finally:
            self.shelf_changed.disconnect(known)
        if wishes:
            self._last_values.keep(workflow.id, form.values())
            await self._run(replace(wishes[0], part=like.part, dry=like.dry))

    async def _run(self, wish: RunWish) -> None:
        """Runs; what comes from outside is shown on the trust sheet first, also when it has changed since."""
        wish = replace(wish, pins=self._pinning.now)
        if self._session.place.trust == "new":
            await self._review_and_run(wish)
            return
        try:
            await self._stream.start(wish)
        except ProblemError as refused:
            if all(problem.code != "run.not_reviewed" for problem in refused.problems):
                raise
            await self._review_and_run(wish)
        else:
            self.begun.emit()

    async def _review_and_run(self, wish: RunWish) -> None:
        workflow, place = self._session.workflow, self._session.place
        own_hosts = {line.connection.host for line in self._shelf.connections if line.connection.host}
        folder = place.path.parent if place.path else Path.home()
        parts = WorkflowParts(self._preferences.where)
        asked = sheet(workflow, self._registry, own_hosts, lambda rule: parts.find(rule, folder))
        facts = TrustFacts(workflow, self._registry.get, self._shelf, folder)
        decided = await TrustSheet(asked, facts, self._window).review()
        if decided is None:
            return
        if decided.from_now_on:
            await self._client.remember_reviewed(text_of(workflow), decided.grants)
            if self._session.workflow is workflow:
                self._session.set_place(replace(self._session.place, trust="reviewed"))
        await self._stream.start(replace(wish, grants=decided.grants))
        self.begun.emit()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of running do, by their ids."""
        return {
            "run.toggle": self.toggle,
            "run.once": self.run_once,
            "run.samples": self.run_samples,
            "run.table": self.run_table,
            "run.dry": self.run_dry,
            "run.stop": self.stop,
        }

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._awaiting.start(work, _nothing, self._refuse)

    def _refuse(self, problems: tuple[Problem, ...]) -> None:
        self.refused.emit(problems)


def _nothing(_: object) -> None:
    """The result shows by itself."""

"""The window's signals: what one part of it says, and what another does about it."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication

from app.adapters.shelf import ModelLine
from app.costs.cost import Cost
from app.costs.limits import Span, with_cap
from app.costs.spending import Spending
from app.document.change import Change
from app.document.operations import SetWorkflow
from app.document.problem import Problem
from app.events.run_events import BudgetReached, Scope
from app.ui.awaiting import Awaiting
from app.ui.notices import unfinished_strip

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow


class WindowSignals(QObject):
    """Made when all parts are there. Only what concerns several parts is here."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._awaiting = Awaiting(self)
        self._join_session()
        self._join_edits()
        self._join_runs()
        self._join_pages()
        self._join_money()

    # --- the document and the canvas -----------------------------------------------------------------------

    def _join_session(self) -> None:
        window, session = self._window, self._window.session
        session.changed.connect(self._on_change)
        session.ran.connect(self._on_run)
        session.checked.connect(self._on_checked)
        session.foreseen.connect(self._on_foreseen)
        session.moved.connect(window.retitle)
        window.canvas.selection_changed.connect(self._on_selection)
        window.files.saved_own.connect(self._remember_own)
        for possible in (
            session.undo_stack.indexChanged,
            window.stream.state_changed,
            window.canvas.level_changed,
            window.pinning.changed,
            QGuiApplication.clipboard().dataChanged,
        ):
            possible.connect(window.update_actions)

    def _join_edits(self) -> None:
        window = self._window
        for asked in (window.canvas.intents.open_requested, window.outline.opened, window.runs.chosen):
            asked.connect(window.show_step)
        window.canvas.intents.problem_requested.connect(window.show_problems)
        for picked in (window.library.picked, window.first.step):
            picked.connect(window.finders.add_in_sight)
        window.runs.mended.connect(window.editing.do)
        window.top.name.named.connect(self._rename)
        for source in (window.editing, window.inspector, window.opening, window.partial, window.pinning):
            source.refused.connect(window.notices.refused)
        window.partial.told.connect(window.notices.told)
        preferences, inspector = window.preferences_desk, window.inspector
        inspector.preferences_asked.connect(preferences.open)
        inspector.models_wanted.connect(preferences.find_models)
        inspector.server_taken.connect(preferences.take_found)
        for part in (inspector, window.models):
            part.price_wanted.connect(self._ask_price)
        inspector.entered.connect(self._enter)
        window.pinning.looked_at = inspector.looked_at
        for shelf in (inspector, window.desk):
            preferences.shelf_changed.connect(shelf.show_shelf)
        preferences.scale_changed.connect(partial(window.notices.offer_restart, window.restart))

    def _on_change(self, change: Change) -> None:
        self._window.show_document()
        if change.all:  # read anew, the same workflow keeps what is selected in it
            self._on_selection()

    def _on_run(self, nodes: frozenset[str]) -> None:
        self._window.canvas.show_run(self._window.session.run, nodes)

    def _on_checked(self) -> None:
        self._window.canvas.show_problems(self._window.session.problems)

    def _on_foreseen(self) -> None:
        made = self._window.session.forecast
        self._window.canvas.show_forecast(made.steps if made else {})

    def _on_selection(self) -> None:
        self._window.inspector.select(self._window.canvas.selection.nodes)
        self._window.update_actions()

    def _enter(self, node: str, scope: Scope) -> None:
        """A step inside a frame, with what it took and gave in one element or turn."""
        self._window.show_step(node)
        if (page := self._window.inspector.step) is not None:
            page.show_tab("data")
            page.data.show_scope(scope)

    def _rename(self, name: str) -> None:
        self._window.editing.do(SetWorkflow({"name": name}))

    def _remember_own(self) -> None:
        self._awaiting.start(self._window.stream.remember_own(), _nothing, _nothing)

    # --- the run -------------------------------------------------------------------------------------------

    def _join_runs(self) -> None:
        window = self._window
        window.desk.refused.connect(self._on_no_run)
        window.desk.begun.connect(partial(window.panels.show_panel, "runs", True))
        window.runs.rows.retried.connect(window.desk.retry_failures)
        window.runs.rows.exported.connect(self._export)
        window.runs.needed.connect(partial(window.panels.show_panel, "runs", True))
        window.runs.folded.connect(partial(window.panels.show_panel, "runs", False))
        window.runs.sized.connect(self._turn_runs)
        window.panels.folded.connect(self._on_fold)
        window.top.run.pressed.connect(window.desk.toggle)
        window.run_shown.bar.stop.connect(window.desk.stop)

    def _on_no_run(self, problems: tuple[Problem, ...]) -> None:
        """What belongs to a step is listed; the strip says the first of it."""
        self._window.notices.run_failed(problems)
        if any(problem.node for problem in problems):
            self._window.session.show_problems(problems)
            self._window.show_problems()

    def _export(self) -> None:
        self._window.history.export(self._window.session.run, self._window.notices.told)

    def _turn_runs(self) -> None:
        self._window.panels.turn_runs()
        # The canvas has its new size with the next events.
        QTimer.singleShot(0, self._window.canvas, self._window.canvas.fit)

    def _on_fold(self) -> None:
        self._window.runs.show_grown(self._window.panels.runs_grown)

    # --- pages ---------------------------------------------------------------------------------------------

    def _join_pages(self) -> None:
        window = self._window
        window.pages.turned.connect(window.retitle)
        window.pages.at_home.connect(window.opening.look_for_lost)
        window.opening.opened.connect(window.show_work)
        window.start.tutorial.connect(window.help.open_tutorial)
        window.history.unfinished.connect(self._offer_unfinished)
        window.history.earlier.connect(window.runs.timeline.show_earlier)
        window.runs.timeline.earlier.clicked.connect(partial(window.show_history, ""))
        window.history.compared.connect(window.pages.show_compare)
        for desk in (window.history, window.compare):
            desk.run_wanted.connect(self._first_run)
        window.history.clearing.connect(partial(window.preferences_desk.open, "storage"))
        window.models.manage_wanted.connect(partial(window.preferences_desk.open, "models"))
        window.models.shelf_changed.connect(window.preferences_desk.shelf_changed)
        window.preferences_desk.shelf_changed.connect(window.models.show_shelf)

    def _first_run(self) -> None:
        """Where the run is seen; a workflow without steps says there what to do first."""
        self._window.show_work()
        if self._window.action_set["run.once"].isEnabled():
            self._window.action_set["run.once"].trigger()

    def _offer_unfinished(self, n: int) -> None:
        """Wherever the person is now."""
        for strips in (self._window.strips, self._window.home_strips):
            strips.show_strip("unfinished", unfinished_strip(n, self._show_unfinished))

    def _show_unfinished(self) -> None:
        for strips in (self._window.strips, self._window.home_strips):
            strips.drop("unfinished")
        self._window.show_history()
        self._window.history.show_unfinished()

    # --- money ---------------------------------------------------------------------------------------------

    def _join_money(self) -> None:
        window, costs = self._window, self._window.costs
        costs.stood.connect(self._show_wallet)
        costs.limits_wanted.connect(partial(window.preferences_desk.open, "money"))
        costs.told.connect(window.notices.told)
        costs.prices.given.connect(window.preferences_desk.find_models)
        for priced in (costs.prices.given, window.preferences_desk.priced):
            priced.connect(window.checking.check_now)  # with what it will cost
        costs.refused.connect(window.notices.refused)
        window.preferences.changed.connect(costs.look_soon)
        for stream in (window.stream, window.history.stream):
            stream.state_changed.connect(costs.look_soon)
        for reached in (window.runs.limit_raised, window.history.limit_raised):
            reached.connect(self._set_limit)
        window.rater.rated.connect(window.report_cards.look)
        window.report_cards.told.connect(window.notices.told)
        window.report_cards.refused.connect(window.notices.refused)
        window.replay.replayed.connect(costs.look)
        costs.replay_wanted.connect(window.replay.open)
        window.inspector.replay_wanted.connect(self._replay)

    def _ask_price(self, line: ModelLine) -> None:
        self._window.costs.prices.open([(line.connection, line.model)])

    def _replay(self, node: str) -> None:
        self._window.replay.open(self._window.session.workflow.id, node)

    def _set_limit(self, reached: BudgetReached, cap: Decimal) -> None:
        """A limit of a day or month that a run waits for."""
        preferences, span = self._window.preferences, cast("Span", reached.limit)
        preferences.take(with_cap(preferences.now, span, reached.connection, cap))

    def _show_wallet(self, spending: Spending) -> None:
        """What today has cost, and what its limit is."""
        day = spending.standing("day")
        if day is not None:
            today = next((line for line in spending.bill().days if line.key == spending.today), None)
            is_guess = today is not None and (today.unknown or not today.cost.is_exact)
            spent = Cost(day.spent, "estimated" if is_guess else "priced")
            self._window.top.wallet.show_budget(day.cap, spent if day.spent else None)
        self._window.budget_question.show_standings(spending.limits)


def _nothing(_: object) -> None:
    """The result shows by itself, or not at all."""

"""The main window: makes the parts, lays them out and joins them; what they do is theirs."""

from __future__ import annotations

import sys
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import cast

from PySide6.QtCore import QByteArray, QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.costs.cost import Cost
from app.costs.limits import Span, with_cap
from app.costs.spending import Spending
from app.document.ids import new_id
from app.document.operations import SetWorkflow
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_events import BudgetReached
from app.registry.registry import Registry
from app.texts import text
from app.ui import menus
from app.ui.action_set import ActionSet
from app.ui.appearance import appearance
from app.ui.awaiting import Awaiting
from app.ui.budget_question import BudgetQuestion
from app.ui.canvas.canvas import Canvas
from app.ui.canvas_menus import CanvasMenus
from app.ui.checking import Checking
from app.ui.costs.costs_desk import CostsDesk
from app.ui.editing import Editing
from app.ui.engine_link import EngineLink
from app.ui.finders import Finders
from app.ui.framing import Framing
from app.ui.history.archive import Archive
from app.ui.history.history_desk import HistoryDesk
from app.ui.inspector.inspector import Inspector
from app.ui.kept_preferences import KeptPreferences
from app.ui.keys_sheet import KeysSheet
from app.ui.leaving import may_close
from app.ui.linked_engine import LinkedEngine
from app.ui.looking import Looking
from app.ui.notices import Notices, unfinished_strip
from app.ui.open_and_save import OpenAndSave
from app.ui.opening import Opening
from app.ui.outline import Outline
from app.ui.palette.library import Library
from app.ui.panels import Panels
from app.ui.partial_runs import PartialRuns
from app.ui.pinning import Pinning
from app.ui.plain import visible
from app.ui.preferences_desk import PreferencesDesk
from app.ui.run_desk import RunDesk
from app.ui.run_shown import RunShown
from app.ui.run_stream import RunStream
from app.ui.runs.panel import RunPanel
from app.ui.session import Session
from app.ui.situation import situation
from app.ui.staleness import Staleness
from app.ui.strips import Strips
from app.ui.top_bar import TopBar
from app.ui.viewing import Viewing
from app.ui.welcome.start_page import StartPage
from app.ui.window_state import load_window_state, save_window_state


class MainWindow(QMainWindow):
    """`closed`: the person has let the window go and everything is put away."""

    closed = Signal()

    def __init__(self, registry: Registry, preferences: KeptPreferences, link: EngineLink) -> None:
        super().__init__()
        self.preferences = preferences
        self.registry = registry
        self.link = link
        self.start_again = False  # the person wants the program back after it has closed
        self._state = load_window_state(preferences.where)
        self.first_start = not self._state.opened_before
        self._may_close = False
        self._awaiting = Awaiting(self)
        self.session = Session(Workflow(new_id(), text("window.untitled")), self)
        self.stream = RunStream(self.session, link, self)
        self.files = OpenAndSave(self.session, preferences.where, preferences.now.autosave_seconds, self)
        self.action_set = ActionSet(self, preferences.now.shortcuts)
        self._make_views()
        self._make_workers()
        self._lay_out()
        self._join_actions()
        self._join_views()
        self._restore()

    def _make_views(self) -> None:
        self.canvas = Canvas(self.registry.get)
        self.outline = Outline(self.session, self.canvas)
        self.library = Library(self.registry.specs)
        archive = Archive(self.link)
        reading = archive.reading(self.stream.value)
        self.inspector = Inspector(self.session, self.registry.get, self.action_set.__getitem__, reading)
        self.runs = RunPanel(self.session, self.registry.get, archive.items)
        self.strips = Strips(partial(text, "window.strip.close"))
        self.start = StartPage(self.registry)
        self.home_strips = Strips(partial(text, "window.strip.close"))
        self._home = QWidget()
        home = QVBoxLayout(self._home)
        home.setContentsMargins(0, 0, 0, 0)
        home.setSpacing(0)
        home.addWidget(self.home_strips)
        home.addWidget(self.start, 1)
        self.menu = QMenu(self)
        self.top = TopBar(self.action_set, self.menu)
        self.work = QWidget()
        column = QVBoxLayout(self.work)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strips)
        column.addWidget(self.canvas, 1)
        self.panels = Panels(self.library, self.outline, self.work, self.inspector, self.runs)

    def _make_workers(self) -> None:
        client = LinkedEngine(self.link, self.stream)
        self.editing = Editing(self.session, self.canvas, self)
        self.framing = Framing(self.session, self.canvas, self.editing, self)
        self.finders = Finders(self.session, self.registry, self.canvas, self.editing, self.action_set, self)
        self.viewing = Viewing(self.action_set, self.canvas, self.panels, self.preferences)
        self.opening = Opening(self.files, self.start, self)
        self.pinning = Pinning(
            self.session, self.stream, self.canvas, self.registry, self.preferences.where, self
        )
        self.looking = Looking(self.canvas, self.stream)
        self.staleness = Staleness(self.session, self.pinning, self.canvas)
        self.desk = RunDesk(
            self.session, self.stream, self.registry, self.runs, self.preferences, client, self.pinning, self
        )
        self.partial = PartialRuns(self.session, self.canvas, self.desk, self.link, self)
        self.history = HistoryDesk(self.session, self.registry, self.link, self)
        self.costs = CostsDesk(self.registry, self.link, self)
        self.checking = Checking(self.session, self.link, self)
        self.notices = Notices(
            self.strips,
            self.session,
            self.files,
            self.link,
            self.stream,
            self.preferences,
            self.desk.run_once,
        )
        self.canvas_menus = CanvasMenus(self.canvas, self.action_set, self.editing, self)
        self.run_shown = RunShown(self.session, self.stream, self.canvas, self.top, self.preferences)
        self.budget_question = BudgetQuestion(self.session, self.preferences, self.top.budget)
        self.preferences_desk = PreferencesDesk(
            self.preferences, client, self.link, self.session, self.registry, self.action_set, self
        )

    def _lay_out(self) -> None:
        self.setObjectName("main")
        self.setMinimumSize(900, 600)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.panels)
        self._pages.addWidget(self._home)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(central)
        self.canvas.set_run_bar(self.run_shown.bar)

    def _join_actions(self) -> None:
        self.action_set.on(
            {
                "file.home": self.switch_start,
                "file.rename": self.top.name.edit,
                "file.quit": self.close,
                "edit.find": self.finders.in_workflow,
                "step.add": self.finders.add_here,
                "view.palette": self.finders.everything,
                "view.keys": self.show_keys,
                "view.history": self.switch_history,
                **self.opening.handlers(),
                **self.editing.handlers(),
                **self.framing.handlers(),
                **self.viewing.handlers(),
                **self.desk.handlers(),
                **self.pinning.handlers(),
                **self.partial.handlers(),
                **self.preferences_desk.handlers(),
            }
        )
        self.action_set.work_in(self.canvas)
        self.action_set.work_in(self.outline.tree)
        self.session.undo_stack.indexChanged.connect(self.update_actions)
        self.stream.state_changed.connect(self.update_actions)
        QGuiApplication.clipboard().dataChanged.connect(self.update_actions)

    def _join_views(self) -> None:
        self.session.changed.connect(self._on_change)
        self.session.ran.connect(self._on_run)
        self.session.checked.connect(self._on_checked)
        self.session.foreseen.connect(self._on_foreseen)
        self.session.moved.connect(self.retitle)
        self.canvas.selection_changed.connect(self._on_selection)
        self.canvas.level_changed.connect(self.update_actions)
        self.canvas.intents.open_requested.connect(self.show_step)
        self.canvas.intents.problem_requested.connect(self.show_problems)
        self.library.picked.connect(self.finders.add_in_sight)
        self.outline.opened.connect(self.show_step)
        self.inspector.preferences_asked.connect(self.preferences_desk.open)
        self.inspector.models_wanted.connect(self.preferences_desk.find_models)
        self.inspector.server_taken.connect(self.preferences_desk.take_found)
        self.preferences_desk.shelf_changed.connect(self.inspector.show_shelf)
        self.preferences_desk.scale_changed.connect(partial(self.notices.offer_restart, self.restart))
        self.preferences_desk.shelf_changed.connect(self.desk.show_shelf)
        self.desk.refused.connect(self._on_no_run)
        self.partial.refused.connect(self.notices.refused)
        self.partial.told.connect(self.notices.told)
        self.pinning.refused.connect(self.notices.refused)
        self.pinning.changed.connect(self.update_actions)
        self.desk.begun.connect(self._on_begun)
        for source in (self.editing, self.inspector, self.opening):
            source.refused.connect(self.notices.refused)
        self.runs.chosen.connect(self.show_step)
        self.runs.mended.connect(self.editing.do)
        self.runs.rows.retried.connect(self.desk.retry_failures)
        self.runs.rows.exported.connect(self._export)
        self.runs.folded.connect(partial(self.panels.show_panel, "runs", False))
        self.runs.sized.connect(self._turn_runs)
        self.panels.folded.connect(self._on_fold)
        for reached in (self.runs.limit_raised, self.history.limit_raised):
            reached.connect(self._set_limit)
        self.history.unfinished.connect(self._offer_unfinished)
        self.history.clearing.connect(partial(self.preferences_desk.open, "storage"))
        self.top.page.connect(self._show_page)
        self.top.home.connect(self.switch_start)
        self.top.place.connect(self._show_place)
        self.top.wallet.clicked.connect(self.show_costs)
        self.costs.stood.connect(self._show_wallet)
        self.costs.limits_wanted.connect(partial(self.preferences_desk.open, "money"))
        self.costs.told.connect(self.notices.told)
        self.costs.refused.connect(self.notices.refused)
        self.preferences.changed.connect(self.costs.look_soon)
        for stream in (self.stream, self.history.stream):
            stream.state_changed.connect(self.costs.look_soon)
        self.top.name.named.connect(self._rename)
        self.top.run.pressed.connect(self.desk.toggle)
        self.run_shown.bar.stop.connect(self.desk.stop)
        self.opening.opened.connect(self.show_work)
        self.files.saved_own.connect(self._remember_own)
        appearance().changed.connect(self._retext)

    def _restore(self) -> None:
        if self._state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._state.geometry.encode()))
        else:
            room = self.screen().availableGeometry()
            self.resize(min(1600, room.width() - 40), min(1000, room.height() - 60))
        self.panels.restore(self._state)
        self._on_change()
        self._retext()

    def _set_limit(self, reached: BudgetReached, cap: Decimal) -> None:
        """A limit of a day or month that a run waits for."""
        span = cast("Span", reached.limit)
        self.preferences.take(with_cap(self.preferences.now, span, reached.connection, cap))

    # --- what is shown -------------------------------------------------------------------------------------

    def show_work(self) -> None:
        """The canvas with its panels."""
        self._pages.setCurrentWidget(self.panels)
        self.top.show_place("")
        self.top.pages.set_value("design")
        self.canvas.setFocus()
        self.retitle()

    def show_start(self) -> None:
        """The start page."""
        self.start.show_start(self.files.recent(), self.preferences.now.roles)
        self._pages.setCurrentWidget(self._home)
        self.top.show_place("home")
        self.retitle()

    def show_costs(self) -> None:
        """The Costs page, across all workflows."""
        if self._pages.indexOf(self.costs.page) < 0:
            self._pages.addWidget(self.costs.page)
        self._pages.setCurrentWidget(self.costs.page)
        self.top.show_place("costs")
        self.costs.show()
        self.retitle()

    def _show_place(self, place: str) -> None:
        if place == "costs":
            self.show_costs()
        else:
            self.show_start()

    def _show_wallet(self, spending: Spending) -> None:
        """What today has cost, and what its limit is."""
        day = spending.standing("day")
        if day is not None:
            state = "priced" if day.spent else "free"
            self.top.wallet.show_budget(day.cap, Cost(day.spent, state) if day.spent else None)
        self.budget_question.show_standings(spending.limits)

    def switch_start(self) -> None:
        """From wherever the person is to the start page, and from there to the canvas."""
        if self._pages.currentWidget() is self._home:
            self.show_work()
        else:
            self.show_start()

    def show_history(self, run: str = "") -> None:
        """The Runs page; with a run, that one."""
        if self._pages.indexOf(self.history.page) < 0:
            self._pages.addWidget(self.history.page)
        self._pages.setCurrentWidget(self.history.page)
        self.top.show_place("")
        self.top.pages.set_value("runs")
        self.history.show(run)
        self.history.page.list.table.setFocus()
        self.retitle()

    def switch_history(self) -> None:
        """From the canvas to the Runs page and back."""
        if self.top.pages.value() == "runs":
            self.show_work()
        else:
            self.show_history()

    def _show_page(self, page: str) -> None:
        if page == "runs":
            self.show_history()
        else:
            self.show_work()

    def _offer_unfinished(self, n: int) -> None:
        """Wherever the person is now."""
        for strips in (self.strips, self.home_strips):
            strips.show_strip("unfinished", unfinished_strip(n, self._show_unfinished))

    def _show_unfinished(self) -> None:
        for strips in (self.strips, self.home_strips):
            strips.drop("unfinished")
        self.show_history()
        self.history.show_unfinished()

    def show_step(self, node: str, field: str = "") -> None:
        """Picks a step, and one of its settings."""
        self.panels.show_panel("inspector", True)
        self.canvas.show_node(node)
        if field:
            self.inspector.point_at(node, field)

    def show_problems(self, node: str = "") -> None:
        """The list of problems, with its panel; the step that has one is picked."""
        self.panels.show_panel("runs", True)
        self.runs.show_tab("problems")
        if node:
            self.canvas.show_node(node)

    def show_keys(self) -> None:
        """All keys on one sheet."""
        KeysSheet(self.action_set, self).show()

    def retitle(self) -> None:
        """Name, saved or not, and what follows from it."""
        mark = "" if self.session.is_saved else "*"
        at_start = self._pages.currentWidget() is self._home
        name = text("window.start") if at_start else self.session.workflow.name
        if self.top.places.isVisibleTo(self.top) and not at_start:
            name = text("costs.title")
        self.setWindowTitle(f"{mark}{visible(name)} — Baton")
        self.run_shown.show_saved()
        self.canvas.set_read_only(self.session.place.read_only)
        self.update_actions()

    def update_actions(self) -> None:
        """Which actions are possible now."""
        now = situation(
            self.session, self.canvas, self.stream, self.pinning.now, samples=self.desk.has_samples
        )
        self.action_set.update_possible(now)
        self.action_set.explain("edit.undo", self.session.undo_stack.undoText())
        self.action_set.explain("edit.redo", self.session.undo_stack.redoText())

    def _on_change(self) -> None:
        self.canvas.sync(self.session.workflow)
        self.top.name.show_name(self.session.workflow.name)
        self.retitle()

    def _on_run(self, nodes: frozenset[str]) -> None:
        self.canvas.show_run(self.session.run, nodes)

    def _on_checked(self) -> None:
        self.canvas.show_problems(self.session.problems)

    def _on_foreseen(self) -> None:
        made = self.session.forecast
        self.canvas.show_forecast(made.steps if made else {})

    def _on_selection(self) -> None:
        self.inspector.select(self.canvas.selection.nodes)
        self.update_actions()

    def _turn_runs(self) -> None:
        self.panels.turn_runs()
        # The canvas has its new size with the next events.
        QTimer.singleShot(0, self.canvas, self.canvas.fit)

    def _on_fold(self) -> None:
        self.runs.show_grown(self.panels.runs_grown)

    def _on_begun(self) -> None:
        self.panels.show_panel("runs", True)

    def _on_no_run(self, problems: tuple[Problem, ...]) -> None:
        """What belongs to a step is listed; the strip says the first of it."""
        self.notices.run_failed(problems)
        if any(problem.node for problem in problems):
            self.session.show_problems(problems)
            self.show_problems()

    def _export(self) -> None:
        self.history.export(self.session.run, self.notices.told)

    def _rename(self, name: str) -> None:
        self.editing.do(SetWorkflow({"name": name}))

    def _remember_own(self) -> None:
        self._awaiting.start(self.stream.remember_own(), _nothing, _nothing)

    def _retext(self) -> None:
        fills = {
            "recent": self.opening.fill_recent,
            "language": self.viewing.fill_languages,
            "scale": self.viewing.fill_scales,
        }
        menus.fill(self.menu, self.action_set.__getitem__, fills)
        if sys.platform == "darwin":  # where a program without a menu bar looks broken
            menus.fill(self.menuBar(), self.action_set.__getitem__, fills)
        self.strips.retext()
        self.home_strips.retext()
        self.retitle()

    # --- leaving -------------------------------------------------------------------------------------------

    def restart(self) -> None:
        """Closes the window, as ever with its questions, and starts the program again."""
        self.start_again = True
        self.close()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.files.look_at_disk()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        if not self._awaiting.busy:
            self._awaiting.start(
                may_close(self, (self.stream, self.history.stream), self.files), self._leave, _nothing
            )

    def _leave(self, let_go: bool) -> None:
        if not let_go:
            self.start_again = False
            return
        state = self.panels.state(self._state)
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        save_window_state(self.preferences.where, replace(state, geometry=geometry, opened_before=True))
        self.files.close()
        self._may_close = True
        self.close()
        self.closed.emit()


def _nothing(_: object) -> None:
    """The result shows by itself, or not at all."""

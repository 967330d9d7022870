"""The main window: makes the parts, lays them out and joins them; what they do is theirs."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QByteArray, QEvent, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QVBoxLayout, QWidget

from app.document.ids import new_id
from app.document.workflow import Workflow
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
from app.ui.help.help_desk import HelpDesk
from app.ui.hindsight_desk import Rater, ReportCardDesk
from app.ui.history.archive import Archive
from app.ui.history.compare_desk import CompareDesk
from app.ui.history.history_desk import HistoryDesk
from app.ui.inspector.inspector import Inspector
from app.ui.kept_preferences import KeptPreferences
from app.ui.keys_sheet import KeysSheet
from app.ui.leaving import may_close
from app.ui.linked_engine import LinkedEngine
from app.ui.looking import Looking
from app.ui.models.models_desk import ModelsDesk
from app.ui.notices import Notices
from app.ui.open_and_save import OpenAndSave
from app.ui.opening import Opening
from app.ui.outline import Outline
from app.ui.palette.library import Library
from app.ui.panels import Panels
from app.ui.partial_runs import PartialRuns
from app.ui.pinning import Pinning
from app.ui.plain import visible
from app.ui.preferences_desk import PreferencesDesk
from app.ui.replay.replay_desk import ReplayDesk
from app.ui.run_desk import RunDesk
from app.ui.run_shown import RunShown
from app.ui.run_stream import RunStream
from app.ui.runs.panel import RunPanel
from app.ui.session import Session
from app.ui.situation import situation
from app.ui.staleness import Staleness
from app.ui.strips import Strips
from app.ui.top_bar import TopBar
from app.ui.version_desk import VersionDesk
from app.ui.viewing import Viewing
from app.ui.welcome.first_step import FirstStep
from app.ui.welcome.start_page import StartPage
from app.ui.widgets.column_widths import column_widths
from app.ui.window_pages import WindowPages
from app.ui.window_signals import WindowSignals
from app.ui.window_state import load_window_state, save_window_state

_HIGH = 800  # pixels of a window in which canvas and run panel both have room
_READABLE = 0.53  # the least zoom that a workflow is opened at: a little below, cards have no words any more


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
        column_widths().load(self._state.columns)
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
        WindowSignals(self)
        appearance().changed.connect(self._retext)
        self._restore()

    def _make_views(self) -> None:
        self.canvas = Canvas(self.registry.get)
        self.canvas.keep_readable(_READABLE)
        self.outline = Outline(self.session, self.canvas)
        self.library = Library(self.registry.specs)
        archive = Archive(self.link)
        reading = archive.reading(self.stream.value)
        self.inspector = Inspector(self.session, self.registry.get, self.action_set.__getitem__, reading)
        self.runs = RunPanel(self.session, self.registry.get, archive.items)
        self.strips = Strips(partial(text, "window.strip.close"))
        self.start = StartPage(self.registry)
        self.first = FirstStep(self.registry)
        self.canvas.set_first_step(self.first)
        self.home_strips = Strips(partial(text, "window.strip.close"))
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
        self.opening = Opening(self.files, self.start, self.first, self)
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
        self.compare = CompareDesk(self.session, self.registry, self.link, self)
        self.costs = CostsDesk(self.registry, client, self.link, self)
        self.models = ModelsDesk(self.preferences, client, self.link, self)
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
        self.report_cards = ReportCardDesk(self.session, self.link, self.inspector)
        self.rater = Rater(self.session, self.link, self.runs, self.notices.refused, self)
        self.replay = ReplayDesk(self.link, self)
        self.canvas_menus = CanvasMenus(self.canvas, self.action_set, self.editing, self)
        self.run_shown = RunShown(self.session, self.stream, self.canvas, self.top, self.preferences)
        self.budget_question = BudgetQuestion(self.session, self.preferences, self.top.budget)
        self.preferences_desk = PreferencesDesk(
            self.preferences, client, self.link, self.session, self.registry, self.action_set, self
        )
        self.versions = VersionDesk(self.link, (self.strips, self.home_strips), self)

    def _lay_out(self) -> None:
        self.setObjectName("main")
        self.setMinimumSize(900, 600)
        self.pages = WindowPages(
            self.top,
            (self.panels, self.canvas),
            (self.start, self.home_strips),
            (self.history, self.compare, self.costs, self.models),
            self.session,
            self.files,
            self.preferences,
        )
        self.budget_question.costs_wanted.connect(self.pages.show_costs)
        self.show_work, self.show_start = self.pages.show_work, self.pages.show_start
        self.show_history = self.pages.show_history
        self.help = HelpDesk(self.pages, self.session, self.canvas, self)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self.help.area, 1)
        self.setCentralWidget(central)
        self.canvas.set_run_bar(self.run_shown.bar)

    def _join_actions(self) -> None:
        self.action_set.on(
            {
                "file.home": self.pages.switch_start,
                "file.rename": self.top.name.edit,
                "file.quit": self.close,
                "edit.find": self.finders.in_workflow,
                "step.add": self.finders.add_here,
                "view.palette": self.finders.everything,
                "view.keys": self.show_keys,
                "view.history": self.pages.switch_history,
                "view.compare": self.pages.show_compare,
                "view.models": self.pages.show_models,
                **self.opening.handlers(),
                **self.editing.handlers(),
                **self.framing.handlers(),
                **self.viewing.handlers(),
                **self.desk.handlers(),
                **self.pinning.handlers(),
                **self.partial.handlers(),
                **self.preferences_desk.handlers(),
                **self.versions.handlers(),
                **self.help.handlers(),
            }
        )
        self.action_set.work_in(self.canvas)
        self.action_set.work_in(self.outline.tree)

    def _restore(self) -> None:
        if self._state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._state.geometry.encode()))
        else:
            room = self.screen().availableGeometry()
            self.resize(min(1600, room.width() - 40), min(1000, room.height() - 60))
        state = self._state
        if not state.opened_before and self.height() < _HIGH:
            state = replace(
                state, runs=False
            )  # it opens with the first run; until then the canvas has the room
        self.panels.restore(state)
        self.show_document()
        self._retext()

    # --- what is shown -------------------------------------------------------------------------------------

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
        self.setWindowTitle(f"{mark}{visible(self.pages.title)} — Baton")
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

    def show_document(self) -> None:
        """The document as it is now."""
        self.canvas.sync(self.session.workflow)
        self.top.name.show_name(self.session.workflow.name)
        self.retitle()

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
        state = replace(self.panels.state(self._state), opened_before=True, columns=column_widths().all())
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        save_window_state(self.preferences.where, replace(state, geometry=geometry))
        self.files.close()
        self._may_close = True
        self.close()
        self.closed.emit()


def _nothing(_: object) -> None:
    """The result shows by itself, or not at all."""

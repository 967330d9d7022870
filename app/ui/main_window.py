"""The main window: puts the parts together and carries what one part asks for to the part that does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.document.ids import new_id
from app.document.operations import SetWorkflow
from app.document.workflow import Workflow
from app.registry.registry import Registry
from app.texts import text
from app.ui import menus
from app.ui.action_set import ActionSet
from app.ui.appearance import appearance
from app.ui.asking import Choice, ask
from app.ui.awaiting import Awaiting
from app.ui.canvas.canvas import Canvas
from app.ui.canvas_menus import CanvasMenus
from app.ui.checking import Checking
from app.ui.editing import Editing
from app.ui.engine_link import EngineLink
from app.ui.finders import Finders
from app.ui.keys_sheet import KeysSheet
from app.ui.kept_preferences import KeptPreferences
from app.ui.notices import Notices
from app.ui.open_and_save import OpenAndSave
from app.ui.outline import Outline
from app.ui.panels import Panels
from app.ui.run_desk import RunDesk
from app.ui.run_shown import RunShown
from app.ui.run_stream import RunStream
from app.ui.runs.panel import RunPanel
from app.ui.session import Session
from app.ui.situation import situation
from app.ui.strips import Strips
from app.ui.top_bar import TopBar
from app.ui.viewing import Viewing
from app.ui.welcome.start_page import StartPage
from app.ui.window_state import load_window_state, save_window_state


class MainWindow(QMainWindow):
    """`closed` comes when the person has let the window go and everything is put away."""

    closed = Signal()

    def __init__(self, registry: Registry, preferences: KeptPreferences, link: EngineLink) -> None:
        super().__init__()
        self.preferences = preferences
        self.registry = registry
        self.link = link
        self._state = load_window_state(preferences.where)
        self.first_start = not self._state.opened_before
        self._may_close = False
        self._awaiting = Awaiting(self)
        self.session = Session(Workflow(new_id(), text("window.untitled")), self)
        self.stream = RunStream(self.session, link, self)
        self.files = OpenAndSave(self.session, preferences.where, preferences.now.autosave_seconds, self)
        self.actions_ = ActionSet(self, preferences.now.shortcuts)
        self._make_parts()
        self._make_workers()
        self._lay_out()
        self._join()
        self._restore()

    # --- building ------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.canvas = Canvas(self.registry.get)
        self.outline = Outline(self.session, self.canvas)
        self.library = QWidget()
        self.inspector = QWidget()
        self.runs = RunPanel(self.session, self.registry.get)
        self.strips = Strips(lambda: text("window.strip.close"))
        self.start = StartPage(self.registry)
        self.menu = QMenu(self)
        self.top = TopBar(self.actions_, self.menu)
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strips)
        column.addWidget(self.canvas, 1)
        self.panels = Panels(self.library, self.outline, middle, self.inspector, self.runs)

    def _make_workers(self) -> None:
        self.editing = Editing(self.session, self.canvas, self)
        self.finders = Finders(self.session, self.registry, self.canvas, self.editing, self.actions_, self)
        self.viewing = Viewing(self.actions_, self.canvas, self.panels, self.preferences)
        self.desk = RunDesk(self.session, self.stream, self.registry, self)
        self.checking = Checking(self.session, self.link, self)
        self.notices = Notices(self.strips, self.session, self.files, self.link, self.stream, self.desk.run_once)
        self.canvas_menus = CanvasMenus(self.canvas, self.actions_, self.editing, self)
        self.run_shown = RunShown(self.session, self.stream, self.canvas, self.top, self.preferences)
        self.keys_sheet: KeysSheet | None = None

    def _lay_out(self) -> None:
        self.setObjectName("main")
        self.setMinimumSize(900, 600)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.panels)
        self._pages.addWidget(self.start)
        central = QWidget()
        column = QVBoxLayout(central)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(central)

    def _join(self) -> None:
        self.actions_.on(
            {
                "file.home": self.switch_start,
                "file.new": lambda: self.begin(self.files.new()),
                "file.open": lambda: self.begin(self.files.open_some()),
                "file.save": lambda: self.begin(self.files.save()),
                "file.save_as": lambda: self.begin(self.files.save_as()),
                "file.rename": self.top.name.edit,
                "file.quit": self.close,
                "edit.find": self.finders.in_workflow,
                "step.add": self.finders.add_here,
                "view.palette": self.finders.everything,
                "view.keys": self.show_keys,
                **self.editing.handlers(),
                **self.viewing.handlers(),
                **self.desk.handlers(),
            }
        )
        self.actions_.work_in(self.canvas)
        self.actions_.work_in(self.outline.tree)
        session = self.session
        session.changed.connect(self._on_change)
        session.ran.connect(lambda nodes: self.canvas.show_run(session.run, nodes))
        session.checked.connect(lambda: self.canvas.show_problems(session.problems))
        session.moved.connect(self._retitle)
        session.undo_stack.indexChanged.connect(lambda _index: self.update_actions())
        self.canvas.selection_changed.connect(self.update_actions)
        self.stream.state_changed.connect(self.update_actions)
        for source in (self.editing.refused, self.desk.refused):
            source.connect(self.notices.refused)
        self.runs.chosen.connect(self.show_step)
        self.runs.wanted.connect(self._fetch)
        self.runs.decided.connect(self._answer)
        self.runs.raised.connect(lambda cap: self.begin(self.stream.raise_budget(cap)))
        self.runs.folded.connect(lambda: self.panels.show_panel("runs", False))
        self.runs.sized.connect(lambda: self.panels.grow_runs(not self.panels.runs_grown))
        self.panels.folded.connect(lambda: self.runs.show_grown(self.panels.runs_grown))
        self.outline.opened.connect(lambda node: self.show_step(node, ""))
        self.canvas.intents.open_requested.connect(lambda node: self.show_step(node, ""))
        self.canvas.intents.problem_requested.connect(lambda _node: self.show_problems())
        self.top.home.connect(self.switch_start)
        self.top.name.named.connect(lambda name: self.editing.do(SetWorkflow({"name": name})))
        self.top.run.pressed.connect(self.desk.toggle)
        self.run_shown.bar.stop.connect(self.desk.stop)
        self.start.example.connect(lambda path: self.begin(self.files.open_example(path), self.show_work))
        self.start.file.connect(lambda path: self.begin(self.files.open(path), self.show_work))
        self.start.new.connect(lambda: self.begin(self.files.new(), self.show_work))
        self.start.open.connect(lambda: self.begin(self.files.open_some(), self.show_work))
        self.files.saved_own.connect(self._remember_own)
        appearance().changed.connect(self._retext)

    def _restore(self) -> None:
        if self._state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(self._state.geometry.encode()))
        else:
            room = self.screen().availableGeometry()
            self.resize(min(1600, room.width() - 40), min(1000, room.height() - 60))
        self.panels.restore(self._state)
        self.canvas.set_run_bar(self.run_shown.bar)
        self._on_change(None)
        self._retext()

    # --- what is shown -------------------------------------------------------------------------------------

    def show_work(self, done: object = True) -> None:
        """The canvas; `done` False: what should have been shown could not be opened."""
        if done:
            self._pages.setCurrentWidget(self.panels)
            self.top.show_start(False)
            self.canvas.setFocus()
            self._retitle()

    def show_start(self) -> None:
        """The start page."""
        self.start.show_start(self.files.recent(), self.preferences.now.roles)
        self._pages.setCurrentWidget(self.start)
        self.top.show_start(True)
        self._retitle()

    def switch_start(self) -> None:
        """From the canvas to the start page and back."""
        self.show_start() if self._pages.currentWidget() is self.panels else self.show_work()

    def show_step(self, node: str, field: str = "") -> None:
        """Picks a step, and one of its settings."""
        del field
        self.panels.show_panel("inspector", True)
        self.canvas.show_node(node)

    def show_problems(self) -> None:
        """The list of problems, with its panel."""
        self.panels.show_panel("runs", True)
        self.runs.show_tab("problems")

    def show_keys(self) -> None:
        """All keys on one sheet."""
        self.keys_sheet = KeysSheet(self.actions_, self)
        self.keys_sheet.show()

    def _on_change(self, _change: object) -> None:
        self.canvas.sync(self.session.workflow)
        self.canvas.set_read_only(self.session.place.read_only)
        self.top.name.show_name(self.session.workflow.name)
        self._retitle()
        self.update_actions()

    def update_actions(self) -> None:
        """Which actions are possible now."""
        self.actions_.update_possible(situation(self.session, self.canvas, self.stream, samples=self.desk.has_samples))

    def _retitle(self) -> None:
        mark = "" if self.session.is_saved else "*"
        name = text("window.start") if self._pages.currentWidget() is self.start else self.session.workflow.name
        self.setWindowTitle(f"{mark}{name} — Baton")
        self.run_shown.show_saved()
        self.canvas.set_read_only(self.session.place.read_only)
        self.update_actions()

    def _retext(self) -> None:
        fills = {"recent": self._fill_recent, "language": self.viewing.fill_languages, "scale": self.viewing.fill_scales}
        menus.fill(self.menu, self.actions_.__getitem__, fills)
        self.strips.retext()
        self.update_actions()
        self._retitle()

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for path in self.files.recent():
            action = menu.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(
                lambda _checked=False, path=path: self.begin(self.files.open(path), self.show_work)
            )
        menu.setEnabled(not menu.isEmpty())

    # --- what takes its time -------------------------------------------------------------------------------

    def begin(self, work: object, then: object = None) -> None:
        """Does something that takes its time; Problems that it raises are shown."""
        self._awaiting.start(work, then or (lambda _done: None), self.notices.refused)  # type: ignore[arg-type]

    def open_path(self, path: Path) -> None:
        """Opens a file that was named when the program was started."""
        self.begin(self.files.open(path), self.show_work)

    def _fetch(self, reference: str) -> None:
        self.begin(self.stream.value(reference), lambda value: self.runs.show_value(reference, value))

    def _answer(self, node: str, scope: str, decision: str, value: object, comment: str) -> None:
        self.begin(self.stream.answer(node, scope, decision, value, comment))  # type: ignore[arg-type]

    def _remember_own(self) -> None:
        self.begin(self.stream.remember_own())

    # --- leaving -------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.files.look_at_disk()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.begin(self._leave())

    async def _leave(self) -> None:
        if self.stream.is_running and not await self._let_run_go():
            return
        if not await self.files.may_leave():
            return
        state = self.panels.state(self._state)
        geometry = bytes(self.saveGeometry().toBase64().data()).decode()
        save_window_state(self.preferences.where, replace(state, geometry=geometry, opened_before=True))
        self.files.close()
        self._may_close = True
        self.close()
        self.closed.emit()

    async def _let_run_go(self) -> bool:
        choices = (
            Choice("stay", text("ask.run.stay"), "primary"),
            Choice("stop", text("ask.run.stop"), "danger"),
        )
        kind = {"waiting": "waiting", "paused": "paused"}.get(self.session.run.status, "running")
        return await ask(self, text(f"ask.run.{kind}"), text("ask.run.more"), choices, "stay") == "stop"

"""The window's pages: one workflow from its three sides, and what there is across all of them; one is shown."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.texts import text
from app.ui.canvas.canvas import Canvas
from app.ui.costs.costs_desk import CostsDesk
from app.ui.history.compare_desk import CompareDesk
from app.ui.history.history_desk import HistoryDesk
from app.ui.kept_preferences import KeptPreferences
from app.ui.models.models_desk import ModelsDesk
from app.ui.open_and_save import OpenAndSave
from app.ui.panels import Panels
from app.ui.session import Session
from app.ui.strips import Strips
from app.ui.top_bar import TopBar
from app.ui.welcome.start_page import StartPage


class WindowPages(QObject):
    """Emits `turned` when another page has come to the top, `at_home` when it is the start page.

    Pages that few need are made when they are turned to.
    """

    turned = Signal()
    at_home = Signal()

    def __init__(
        self,
        top: TopBar,
        design: tuple[Panels, Canvas],
        home: tuple[StartPage, Strips],
        desks: tuple[HistoryDesk, CompareDesk, CostsDesk, ModelsDesk],
        session: Session,
        files: OpenAndSave,
        preferences: KeptPreferences,
    ) -> None:
        super().__init__()
        self._top = top
        self._panels, self._canvas = design
        self._start, strips = home
        self._history, self._compare, self._costs, self._models = desks
        self._session, self._files, self._preferences = session, files, preferences
        self.home = QWidget()
        column = QVBoxLayout(self.home)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(strips)
        column.addWidget(self._start, 1)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._panels)
        self.stack.addWidget(self.home)
        top.page.connect(self.show_side)
        top.place.connect(self.show_place)
        top.back.connect(self.show_work)
        top.home.connect(self.switch_start)
        top.wallet.clicked.connect(self.show_costs)

    @property
    def name(self) -> str:
        """Which page is on top: a side of the workflow, or one of the places across all."""
        places = self._top.places
        return places.value() if places.isVisibleTo(self._top) else self._top.pages.value()

    @property
    def title(self) -> str:
        """What the window is called while this page is on top."""
        if self.stack.currentWidget() is self.home:
            return text("window.start")
        if self._top.places.isVisibleTo(self._top):
            return text(f"window.place.{self._top.places.value()}")
        return self._session.workflow.name

    # --- of one workflow -----------------------------------------------------------------------------------

    def show_work(self) -> None:
        """The canvas with its panels."""
        self._turn(self._panels, side="design")
        self._canvas.setFocus()

    def show_history(self, run: str = "") -> None:
        """The Runs page; with a run, that one."""
        self._turn(self._history.page, side="runs")
        self._history.show(run)
        self._history.page.list.table.setFocus()

    def show_compare(self, left: str = "", right: str = "") -> None:
        """The Compare page; with two runs, those."""
        self._turn(self._compare.page, side="compare")
        self._compare.show(left, right)

    def show_side(self, side: str) -> None:
        """One of the sides of the open workflow."""
        {"runs": self.show_history, "compare": self.show_compare}.get(side, self.show_work)()

    def switch_history(self) -> None:
        """From the canvas to the Runs page and back."""
        if self.name == "runs":
            self.show_work()
        else:
            self.show_history()

    # --- across all ----------------------------------------------------------------------------------------

    def show_start(self) -> None:
        """The start page."""
        self._start.show_start(self._files.recent(), self._preferences.now.roles)
        self._turn(self.home, place="home")
        self.at_home.emit()

    def show_costs(self) -> None:
        """The Costs page."""
        self._turn(self._costs.page, place="costs")
        self._costs.show()

    def show_models(self) -> None:
        """The Models page."""
        self._turn(self._models.page, place="models")
        self._models.show()

    def show_place(self, place: str) -> None:
        """One of the pages across all workflows."""
        {"costs": self.show_costs, "models": self.show_models}.get(place, self.show_start)()

    def switch_start(self) -> None:
        """From wherever the person is to the start page, and from there to the canvas."""
        if self.stack.currentWidget() is self.home:
            self.show_work()
        else:
            self.show_start()

    def _turn(self, page: QWidget, *, side: str = "", place: str = "") -> None:
        if self.stack.indexOf(page) < 0:
            self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)
        work = self._session.workflow
        self._top.show_place(place, work.name if work.graph.nodes or self._session.place.path else "")
        if side:
            self._top.pages.set_value(side)
        self.turned.emit()

"""The help desk: opens Help beside the work, at the page that fits what the person is doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QDialog, QSplitter, QWidget

from app.document.frames import node_in
from app.guide.order import CONNECT_A_PROVIDER, FIRST_WORKFLOW, INDEX, REPLAY, RESUME, STEPS, WATCH_THE_BILL
from app.ui.canvas.canvas import Canvas
from app.ui.help.subject import subject_of
from app.ui.session import Session
from app.ui.window_pages import WindowPages

if TYPE_CHECKING:
    from app.ui.help.help_panel import HelpPanel

_WIDTH = 420
_BESIDE = 1280  # a window narrower than this has no room for both

# What is read on which page of the window, where no step says more.
_OF_PAGES = {
    "home": FIRST_WORKFLOW,
    "runs": RESUME,
    "compare": REPLAY,
    "models": CONNECT_A_PROVIDER,
    "costs": WATCH_THE_BILL,
}


class HelpDesk(QObject):
    """`area` holds the window's pages and, once somebody has asked for it, Help at their right."""

    def __init__(self, pages: WindowPages, session: Session, canvas: Canvas, window: QWidget) -> None:
        super().__init__(window)
        self._pages, self._session, self._canvas = pages, session, canvas
        self._panel: HelpPanel | None = None
        self.area = QSplitter(Qt.Orientation.Horizontal)
        self.area.setHandleWidth(1)
        self.area.setChildrenCollapsible(False)
        self.area.addWidget(pages.stack)
        self.area.setStretchFactor(0, 1)

    @property
    def panel(self) -> HelpPanel:
        """Made when it is first wanted."""
        if self._panel is None:
            from app.ui.help.help_panel import HelpPanel

            self._panel = HelpPanel()
            self._panel.hide()
            self._panel.closed.connect(self.close)
            self._panel.grown.connect(self._turn_size)
            self.area.addWidget(self._panel)
        return self._panel

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the actions of Help do, by their ids."""
        return {
            "help.fitting": self.open_fitting,
            "help.contents": self.open_contents,
            "help.tutorial": self.open_tutorial,
        }

    def open_fitting(self) -> None:
        """The page on the picked step, else on what the window shows; on a dialog that has the keyboard, beside it."""
        front = QApplication.activeWindow()
        if isinstance(front, QDialog):
            self._open_beside(front)
        else:
            self.open(self._fitting())

    def open_contents(self) -> None:
        self.open(INDEX)

    def open_tutorial(self) -> None:
        self.open(FIRST_WORKFLOW)

    def open(self, page: str, anchor: str = "") -> None:
        """Shows a page of Help."""
        from app.guide.library import Place

        panel = self.panel
        if not panel.isVisible():
            panel.show()
            self._grow(self.area.width() < _BESIDE)
        panel.open(Place(page, anchor))
        panel.view.setFocus()

    def _open_beside(self, dialog: QDialog) -> None:
        from app.guide.library import Place
        from app.ui.help.help_window import HelpWindow

        beside = dialog.findChild(HelpWindow) or HelpWindow(dialog)
        beside.open_at(subject_of(dialog) or Place(self._fitting()))

    def close(self) -> None:
        """The work has the whole window again."""
        self._pages.stack.show()
        self.panel.hide()
        (self._canvas if self._canvas.isVisible() else self._pages.stack).setFocus()

    def _turn_size(self) -> None:
        self._grow(self._pages.stack.isVisible())

    def _grow(self, large: bool) -> None:
        self._pages.stack.setVisible(not large)
        self.panel.show_large(large)
        if not large:
            width = self.area.width()
            self.area.setSizes([width - _WIDTH, _WIDTH])

    def _fitting(self) -> str:
        picked = self._canvas.selection.nodes
        if self._pages.name == "design":
            if len(picked) == 1 and (node := node_in(self._session.workflow, next(iter(picked)))):
                page = f"{STEPS}/{node.type}"
                return page if page in self.panel.library.names else STEPS
            if not self._session.workflow.graph.nodes:
                return FIRST_WORKFLOW
        return _OF_PAGES.get(self._pages.name, INDEX)

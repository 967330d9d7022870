"""Canvas: the widget that the window uses: the view, what floats over it, and the few calls that feed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPointF, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.empty_hint import EmptyHint
from app.ui.canvas.intents import Intents
from app.ui.canvas.look import Look
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.placed import SpecLookup
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.selection import Selection, only
from app.ui.canvas.title_editor import edit_title
from app.ui.canvas.view import CanvasView
from app.ui.canvas.zoom_bar import ZoomBar

_EDGE = 16  # between what floats and the canvas's border
_ZOOM_MS = 240


class Canvas(QWidget):
    """In: `sync`, `show_run`, `show_problems`. Out: `intents` and `selection_changed`."""

    selection_changed = Signal()
    tidy_requested = Signal()

    def __init__(self, specs: SpecLookup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.intents = Intents(self)
        self.scene = CanvasScene(_look(), specs)  # no child: it must outlive the view that shows it
        self.view = CanvasView(self.scene, self.intents, self)
        self._zoom_bar = ZoomBar(self)
        self._minimap = Minimap(self.view, self)
        self._hint = EmptyHint(self)
        self._run_bar: QWidget | None = None
        self._fit_when_shown = True
        self._workflow_id: str | None = None
        self._gliding = QVariantAnimation(
            self, duration=_ZOOM_MS, easingCurve=QEasingCurve(QEasingCurve.Type.OutCubic)
        )
        self._join()

    def _join(self) -> None:
        self.setFocusProxy(self.view)
        self.scene.selection_changed.connect(self.selection_changed)
        self.scene.outline_changed.connect(self._show_or_hide)
        self.view.zoom_changed.connect(self._zoom_bar.show_zoom)
        self._gliding.valueChanged.connect(self.view.set_zoom)
        self._zoom_bar.zoom_wanted.connect(self.glide_to)
        self._zoom_bar.fit_wanted.connect(self.fit)
        self._zoom_bar.tidy_wanted.connect(self.tidy_requested)
        self._hint.wanted.connect(self._first_step)
        appearance().changed.connect(self._restyle)
        self._restyle()

    # --- in ------------------------------------------------------------------------------------------------

    def sync(self, workflow: Workflow) -> None:
        """Shows this workflow. Cheap where little changed; another workflow's id starts with all in sight."""
        self.view.call_off()
        self.scene.sync(workflow)
        if workflow.id != self._workflow_id:
            self._workflow_id = workflow.id
            self._fit_when_shown = not self.isVisible()
            if self.isVisible():
                self.view.fit()
        self._show_or_hide()

    def show_run(self, run: RunState | None, changed: Iterable[str] | None = None) -> None:
        """Shows a run; `changed` are the nodes that moved since the last call, None: look at all."""
        self.scene.show_run(run, changed)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Marks nodes and edges with what the last check found."""
        self.scene.show_problems(problems)

    def set_read_only(self, read_only: bool) -> None:
        """A read-only workflow can be looked at and picked from, not changed."""
        self.view.read_only = read_only
        self._zoom_bar.set_tidy_shown(not read_only)
        self._show_or_hide()

    def set_run_bar(self, bar: QWidget) -> None:
        """Floats the window's own run bar at the bottom, in the middle; it follows the bar's size."""
        self._run_bar = bar
        bar.setParent(self)
        bar.installEventFilter(self)
        self._place()

    # --- what actions ask for ------------------------------------------------------------------------------

    @property
    def selection(self) -> Selection:
        return self.scene.selection

    def select(self, selection: Selection) -> None:
        self.scene.select(selection)

    def select_all(self) -> None:
        self.scene.select_all()

    def show_node(self, node: str) -> None:
        """Picks a node and brings it into sight."""
        item = self.scene.nodes.get(node)
        if item is not None:
            self.scene.select(only("nodes", node))
            if self.view.is_far:
                self.view.set_zoom(1.0)
            self.view.reveal(item.area)

    def rename(self, node: str) -> None:
        """Opens the editor of a node's title."""
        if node in self.scene.nodes and not self.view.read_only:
            edit_title(self.view, self.scene.nodes[node])

    @property
    def zoom(self) -> float:
        return self.view.zoom

    def zoom_by(self, steps: int) -> None:
        """Zooms in (1) or out (-1) by one step about the middle."""
        self.glide_to(self.view.zoom * 1.25**steps)

    def glide_to(self, zoom: float) -> None:
        """Goes to a zoom in a quarter of a second, or at once where nothing shall move."""
        self._gliding.stop()
        if not appearance().motion or not self.isVisible():
            self.view.set_zoom(zoom)
            return
        self._gliding.setStartValue(self.view.zoom)
        self._gliding.setEndValue(zoom)
        self._gliding.start()

    def fit(self) -> None:
        """Shows all of the workflow."""
        self._gliding.stop()
        self.view.fit()

    def middle(self) -> QPointF:
        """The scene's point in the middle of the view: where something new goes if nothing says where."""
        return self.view.visible().center()

    def pointer(self) -> tuple[QPointF, QPoint]:
        """Where the pointer is, in the scene and on the screen; the view's middle if it is elsewhere."""
        where = self.cursor().pos()
        inside = self.view.viewport().mapFromGlobal(where)
        if not self.view.viewport().rect().contains(inside):
            inside = self.view.viewport().rect().center()
            where = self.view.viewport().mapToGlobal(inside)
        return self.view.mapToScene(inside), where

    # --- inside --------------------------------------------------------------------------------------------

    def _first_step(self) -> None:
        where = self._hint.mapToGlobal(QPoint(0, self._hint.height()))
        self.intents.palette_requested.emit(self.middle(), where)

    def _restyle(self) -> None:
        self.scene.show_look(_look())
        self.view.setAccessibleName(text("canvas.name"))
        self.view.setBackgroundBrush(appearance().theme.canvas)
        self._place()

    def _show_or_hide(self) -> None:
        empty = not self.scene.nodes and not self.scene.notes
        self._hint.setVisible(empty and not self.view.read_only)
        self._minimap.setVisible(bool(self.scene.nodes) and self.width() >= 640)

    def _place(self) -> None:
        self.view.setGeometry(self.rect())
        self._zoom_bar.adjustSize()
        bottom = self.height() - _EDGE
        self._zoom_bar.move(_EDGE, bottom - self._zoom_bar.height())
        self._minimap.move(self.width() - _EDGE - self._minimap.width(), bottom - self._minimap.height())
        self._hint.adjustSize()
        self._hint.move((self.width() - self._hint.width()) // 2, (self.height() - self._hint.height()) // 2)
        if self._run_bar is not None:
            left = (self.width() - self._run_bar.width()) // 2
            beside = left > self._zoom_bar.geometry().right() + 8
            low = bottom if beside else self._zoom_bar.y() - 8
            self._run_bar.move(max(8, left), low - self._run_bar.height())
            self._run_bar.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._run_bar and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()
        self._show_or_hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fit_when_shown:
            self._fit_when_shown = False
            # The layout around the canvas settles with the first events.
            QTimer.singleShot(0, self, self.view.fit)


def _look() -> Look:
    return Look(appearance().theme, appearance().language)

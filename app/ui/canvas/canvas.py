"""Canvas: the widget that the window uses: the view, what floats over it, and the few calls that feed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from PySide6.QtCore import (
    QEasingCurve,
    QEvent,
    QObject,
    QPoint,
    QPointF,
    QRectF,
    QSize,
    QTimer,
    QVariantAnimation,
    Signal,
)
from PySide6.QtGui import QEnterEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.document.frames import TOP, at_level, frame_of, graphs, node_in
from app.document.problem import Problem
from app.document.workflow import Workflow
from app.events.run_state import RunState
from app.forecast.forecast import StepForecast
from app.texts import text
from app.ui.appearance import appearance
from app.ui.canvas.breadcrumb import Breadcrumb
from app.ui.canvas.card_facts import title_of
from app.ui.canvas.empty_hint import EmptyHint
from app.ui.canvas.intents import Intents
from app.ui.canvas.levels import Levels, Sight
from app.ui.canvas.look import Look
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.placed import NO_PORTS, Placed, SpecLookup, place_all
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.selection import NOTHING, Selection, only
from app.ui.canvas.title_editor import edit_title
from app.ui.canvas.view import CanvasView
from app.ui.canvas.zoom_bar import ZoomBar
from app.ui.plain import one_line

_EDGE = 16  # between what floats and the canvas's border
_AROUND_HINT = QSize(2 * _EDGE, 160)  # that what floats at the foot keeps its room
_ZOOM_MS = 240
_LEAST_FLOATED = 300  # pixels: over a canvas as low as this, the zoom bar shows only under the pointer
_LEAST_MAPPED = QSize(640, 420)  # over a canvas smaller than this, a map takes more than it gives


class Canvas(QWidget):
    """In: `sync`, `show_run`, `show_problems`. Out: `intents`, `selection_changed` and `level_changed`.

    Shows one level of the workflow at a time: the outermost graph, or what is inside a frame.
    """

    selection_changed = Signal()
    level_changed = Signal()
    tidy_requested = Signal()

    def __init__(self, specs: SpecLookup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.intents = Intents(self)
        self.scene = CanvasScene(_look(), specs)  # no child: it must outlive the view that shows it
        self.view = CanvasView(self.scene, self.intents, self)
        self._zoom_bar = ZoomBar(self)
        self._minimap = Minimap(self.view, self)
        self._hint = EmptyHint(self)
        self._hint.installEventFilter(self)
        self._breadcrumb = Breadcrumb(self)
        self._levels = Levels()
        self._workflow = Workflow("", "")  # with all its levels
        self._problems: Sequence[Problem] = ()
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
        self.view.looked.connect(self._show_or_hide)
        self._gliding.valueChanged.connect(self.view.set_zoom)
        self._zoom_bar.zoom_wanted.connect(self.glide_to)
        self._zoom_bar.fit_wanted.connect(self.fit_whole)
        self._zoom_bar.tidy_wanted.connect(self.tidy_requested)
        self._hint.wanted.connect(self._first_step)
        self._breadcrumb.wanted.connect(self._leave_to)
        self.intents.enter_requested.connect(self.open_level)
        appearance().changed.connect(self._restyle)
        self._restyle()

    # --- in ------------------------------------------------------------------------------------------------

    def sync(self, workflow: Workflow) -> None:
        """Shows this workflow. Cheap where little changed; another workflow's id starts with all in sight,
        and all stays in sight at any size until somebody zooms, pans or edits.
        """
        self.view.call_off()
        self._workflow = workflow
        if workflow.id != self._workflow_id:
            self._levels.forget()
            self.scene.select(NOTHING)  # a step of the same id is another step there
        if self._levels.stay_within(workflow):
            self._show_level()
            return
        self.scene.sync(at_level(workflow, self.level))
        self._show_way()
        if workflow.id != self._workflow_id:
            self._workflow_id = workflow.id
            self._fit_when_shown = not self.isVisible()
            if self.isVisible():
                self.view.fit()
        else:
            self.view.stay()
        self._show_or_hide()

    def show_run(self, run: RunState | None, changed: Iterable[str] | None = None) -> None:
        """Shows a run; `changed` are the nodes that moved since the last call, None: look at all."""
        self.scene.show_run(run, changed)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Marks nodes and edges with what the last check found."""
        self._problems = problems
        self.scene.show_problems(problems)

    def show_forecast(self, steps: Mapping[str, StepForecast]) -> None:
        """What steps that have not run yet will take, by their ids."""
        self.scene.show_forecast(steps)

    def set_read_only(self, read_only: bool) -> None:
        """A read-only workflow can be looked at and picked from, not changed."""
        self.view.read_only = read_only
        self._zoom_bar.set_tidy_shown(not read_only)
        self._show_or_hide()

    def set_first_step(self, more: QWidget) -> None:
        """What the window offers on an empty canvas beside a step."""
        self._hint.add_more(more)
        self._place()

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
        """Picks a node and brings it into sight, on whatever level it is."""
        frame = frame_of(self._workflow, node)
        if frame is not None:
            self.open_level(frame)
        item = self.scene.nodes.get(node)
        if item is not None:
            self.scene.select(only("nodes", node))
            if self.view.is_far:
                self.view.set_zoom(1.0)
            self.view.reveal(item.area)

    def show_note(self, name: str) -> None:
        """Picks a note and brings it into sight, on whatever level it is."""
        note = self._workflow.layout.notes.get(name)
        if note is not None:
            self.open_level(note.frame)
            self.scene.select(only("notes", name))
            self.view.reveal(self.scene.notes[name].area)

    def rename(self, node: str) -> None:
        """Opens the editor of a node's title."""
        if node in self.scene.nodes and not self.view.read_only:
            edit_title(self.view, self.scene.nodes[node])

    # --- levels --------------------------------------------------------------------------------------------

    @property
    def level(self) -> str:
        """The frame that is open; empty for the outermost graph."""
        return self._levels.level

    def open_level(self, frame: str) -> None:
        """Shows what is inside a frame, as it was looked at last; empty for the outermost graph."""
        if frame == self.level:
            return
        seen = Sight(self.view.zoom, self.view.visible().center())
        left = self.level
        if self._levels.open(self._workflow, frame):
            self._levels.sights[left] = seen
            self._show_level()

    def open_picked(self) -> None:
        """Opens the picked frame."""
        for node in self.selection.nodes:
            if self.scene.nodes[node].placed.opens:
                self.open_level(node)

    def go_up(self) -> None:
        """To the level around this one, where the frame that was open is picked."""
        frame = self.level
        if frame:
            self.open_level(self._levels.above)
            self.scene.select(only("nodes", frame))

    def _leave_to(self, frame: str) -> None:
        """The breadcrumb leads back; the keys then work on the canvas again."""
        self.open_level(frame)
        self.view.setFocus()

    def everywhere(self) -> Mapping[str, Placed]:
        """The nodes of all levels with their ports."""
        found = {node: item.placed for node, item in self.scene.nodes.items()}
        for frame, _ in graphs(self._workflow):
            if frame != self.level:
                found.update(place_all(at_level(self._workflow, frame), self.scene.specs))
        return found

    def _show_level(self) -> None:
        self.view.leave_level()
        self._gliding.stop()
        self.scene.select(NOTHING)
        self.scene.sync(at_level(self._workflow, self.level))
        self.scene.show_problems(self._problems)
        self.scene.show_run(self.scene.run)
        sight = self._levels.sights.get(self.level)
        if sight is not None:
            self.view.set_zoom(sight.zoom)
            self.view.look_at(sight.centre)
            self.view.settle()
        elif self.isVisible():
            self.view.fit()
            self.view.settle()
        else:
            self._fit_when_shown = True
        self._show_way()
        self._show_or_hide()
        self.level_changed.emit()

    def _show_way(self) -> None:
        """Writes the breadcrumb anew."""
        way = [(TOP, self._workflow.name)]
        for frame in self._levels.path:
            node = node_in(self._workflow, frame)
            if node is not None:
                way.append((frame, title_of(Placed(node, self.scene.specs(node.type), NO_PORTS))))
        # Whoever hears the canvas is told where in it they are.
        self.view.setAccessibleDescription(" › ".join(one_line(title) for _, title in way[1:]))
        self._breadcrumb.show_way(way, self.width() - 2 * _EDGE)
        self._breadcrumb.move(_EDGE, _EDGE)

    # --- the view ------------------------------------------------------------------------------------------

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

    def keep_readable(self, least: float) -> None:
        """From now on all is in sight only as long as it can be read: no zoom below `least` by itself."""
        self.view.least_fit = least

    def heed(self, node: str) -> None:
        """Where not all can be in sight, this step is; empty: the beginning."""
        item = self.scene.nodes.get(node)
        area = item.area if item is not None else QRectF()
        if self.view.heed != area:
            self.view.heed = area
            self.view.refit()

    def fit(self) -> None:
        """Shows all of the workflow, as far as it can be read."""
        self._gliding.stop()
        self.view.fit()

    def fit_whole(self) -> None:
        """Shows all of the workflow, however small."""
        self._gliding.stop()
        self.view.fit(whole=True)

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
        self.intents.palette_requested.emit(self.middle(), self._hint.foot)

    def _restyle(self) -> None:
        self.scene.show_look(_look())
        self.view.setAccessibleName(text("canvas.name"))
        self.view.setBackgroundBrush(appearance().theme.canvas)
        self._show_way()
        self._place()

    def _show_or_hide(self) -> None:
        empty = not self.scene.nodes and not self.scene.notes
        self._hint.setVisible(empty and not self.view.read_only)
        self._zoom_bar.setVisible(self.height() >= _LEAST_FLOATED or self.underMouse())
        roomy = self.width() >= _LEAST_MAPPED.width() and self.height() >= _LEAST_MAPPED.height()
        self._minimap.setVisible(bool(self.scene.nodes) and roomy and not self._covers())

    def _covers(self) -> bool:
        """Whether the map would lie over something although all is in sight, so that nobody needs it."""
        view = self.view
        if not view.visible().contains(self.scene.content()):
            return False
        place = QRectF(view.mapToScene(self._minimap.geometry()).boundingRect())
        shown = chain(self.scene.nodes.values(), self.scene.notes.values(), self.scene.groups.values())
        return any(item.area.intersects(place) for item in shown)

    def _place(self) -> None:
        self.view.setGeometry(self.rect())
        self._zoom_bar.adjustSize()
        bottom = self.height() - _EDGE
        self._zoom_bar.move(_EDGE, bottom - self._zoom_bar.height())
        self._minimap.move(self.width() - _EDGE - self._minimap.width(), bottom - self._minimap.height())
        self._hint.fit(self.size() - _AROUND_HINT, inside=bool(self.level))
        self._hint.move((self.width() - self._hint.width()) // 2, (self.height() - self._hint.height()) // 2)
        if self._run_bar is not None:
            left = (self.width() - self._run_bar.width()) // 2
            beside = left > self._zoom_bar.geometry().right() + 8
            if self._minimap.isVisibleTo(self):
                left = min(left, self._minimap.x() - 8 - self._run_bar.width())
                beside = left > self._zoom_bar.geometry().right() + 8
            low = bottom if beside else self._zoom_bar.y() - 8
            self._run_bar.move(max(8, left), low - self._run_bar.height())
            self._run_bar.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched in (self._run_bar, self._hint) and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()
        self._show_way()
        self._show_or_hide()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self._show_or_hide()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._show_or_hide()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._fit_when_shown:
            self._fit_when_shown = False
            # The layout around the canvas settles with the first events.
            QTimer.singleShot(0, self, self.view.fit)


def _look() -> Look:
    return Look(appearance().theme, appearance().language)

"""CanvasView: the scene on the screen: zoom, pan, painting in layers, and which gesture a press begins."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QToolTip, QWidget

from app.document.workflow import Edge
from app.sdk.data_types import DataType
from app.ui.appearance import appearance
from app.ui.canvas.backdrop import paint_backdrop
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.far_layer import FarLayer
from app.ui.canvas.hit import NO_HIT, Hit
from app.ui.canvas.intents import Intents
from app.ui.canvas.interactions.choice import gesture_for
from app.ui.canvas.interactions.drop import LibraryDrop
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.interactions.keys import press_key
from app.ui.canvas.interactions.pan import Pan
from app.ui.canvas.overlay import DraftEdge, Overlay
from app.ui.canvas.placed import Placed
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.selection import NOTHING, only
from app.ui.canvas.tips import tip_for
from app.ui.canvas.title_editor import edit_at
from app.ui.plain import tooltip

LEAST_ZOOM, MOST_ZOOM = 0.05, 3.0
FAR_BELOW = 0.25  # under this zoom the far layer draws everything
_FRAME = 33  # ms between two pictures of what moves
_SETTLE = 140  # ms after the last change of zoom until cards are painted anew, sharp
_FADE = 1800  # ms that a refusal stays readable
_BORDER = 28  # px from the view's border where a gesture pushes the canvas along


class CanvasView(QGraphicsView):
    """Emits `zoom_changed` and `looked` (another part of the scene is in sight); wishes go to `intents`."""

    zoom_changed = Signal(float)
    looked = Signal()

    def __init__(self, canvas: CanvasScene, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self.canvas = canvas
        self.intents = intents
        self.read_only = False
        self.overlay = Overlay(canvas, self.touch)
        self.far = FarLayer(canvas)
        self._gesture: Gesture | None = None
        self._drop: LibraryDrop | None = None
        self._space = False
        self._pointer = QPoint()
        self._animation = QTimer(self, interval=_FRAME)
        self._animation.timeout.connect(self._animate)
        self._settling = QTimer(self, interval=_SETTLE, singleShot=True)
        self._settling.timeout.connect(self.settle)
        self._fading = QTimer(self, interval=_FADE, singleShot=True)
        self._fading.timeout.connect(lambda: self.show_draft(None))
        self._pushing = QTimer(self, interval=16)
        self._pushing.timeout.connect(self._push)
        self._set_up()
        canvas.selection_changed.connect(self.refresh)
        canvas.outline_changed.connect(self._animate_or_rest)
        canvas.states_changed.connect(self._animate_or_rest)

    def _set_up(self) -> None:
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)

    # --- zoom and pan --------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def set_zoom(self, zoom: float, around: QPoint | None = None) -> None:
        """Zooms so that the scene's point at `around` (in the view; None: its middle) stays where it is."""
        zoom = max(LEAST_ZOOM, min(MOST_ZOOM, zoom))
        if zoom == self.zoom:
            return
        fixed = around if around is not None else self.viewport().rect().center()
        point = self.mapToScene(fixed)
        self.canvas.settled_zoom = None
        self.setTransform(QTransform.fromScale(zoom, zoom))
        drift = self.mapFromScene(point) - fixed
        self.pan(-drift.x(), -drift.y())
        self._settling.start()
        self.zoom_changed.emit(zoom)

    def fit(self, most: float = 1.0) -> None:
        """Shows all of the workflow, at 100 % at most."""
        content = self.canvas.content()
        if content.isNull():
            self.set_zoom(1.0)
            self.centerOn(0, 0)
            return
        room = self.viewport().rect().adjusted(48, 48, -48, -72)
        zoom = min(room.width() / content.width(), room.height() / content.height(), most)
        if 0.94 < zoom < 1:
            zoom = 1.0  # a margin a little narrower is better than blurred letters
        self.set_zoom(zoom)
        self.centerOn(content.center() + QPointF(0, 12 / self.zoom))
        self.looked.emit()

    def pan(self, dx: int, dy: int) -> None:
        """Moves the picture by pixels of the view."""
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() - dx)
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() - dy)

    def reveal(self, area: QRectF) -> None:
        """Brings a part of the scene into sight, moving no further than needed."""
        self.ensureVisible(area, 40, 40)

    def visible(self) -> QRectF:
        """The part of the scene that is in sight."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        if self.is_far:
            self.viewport().update()
        self.looked.emit()

    def settle(self) -> None:
        """The zoom stays as it is for now: cards are painted for exactly this one."""
        self.canvas.settled_zoom = self.zoom
        self.refresh()

    # --- painting ------------------------------------------------------------------------------------------

    @property
    def is_far(self) -> bool:
        return self.zoom < FAR_BELOW

    def refresh(self) -> None:
        """Asks for a repaint of all that is in sight."""
        self.viewport().update()

    def touch(self, area: QRectF) -> None:
        """Asks for a repaint of a part of the scene."""
        self.viewport().update(self.mapFromScene(area).boundingRect().adjusted(-2, -2, 2, 2))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.is_far:
            super().paintEvent(event)
            return
        # Far away, one painter instead of thousands of items; their paint() is never called.
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setTransform(self.viewportTransform())
        exposed = self.mapToScene(event.rect()).boundingRect()
        paint_backdrop(painter, exposed, self.zoom, self.canvas.look.theme)
        self.far.paint(painter, self.canvas.look.theme)
        self.overlay.paint_far(painter, exposed)
        painter.end()

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        paint_backdrop(painter, QRectF(rect), self.zoom, self.canvas.look.theme)

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        self.overlay.paint(painter, QRectF(rect), motion=self._motion())

    @staticmethod
    def _motion() -> bool:
        return appearance().motion

    def _animate_or_rest(self) -> None:
        """Runs the clock of what moves while something does."""
        if self.is_far:
            self.refresh()
        nodes, edges = self.overlay.moving(self.visible())
        moving = bool(nodes or edges)
        if moving and self._motion() and self.isVisible():
            if not self._animation.isActive():
                self._animation.start()
        elif self._animation.isActive():
            self._animation.stop()
            self.refresh()

    @property
    def is_animating(self) -> bool:
        """Whether pictures of what moves are being drawn."""
        return self._animation.isActive()

    def _animate(self) -> None:
        if not self.is_far:
            self.overlay.tick(_FRAME / 1000, self.visible())

    # --- what gestures show --------------------------------------------------------------------------------

    def show_draft(self, draft: DraftEdge | None) -> None:
        """The edge that is being drawn, or none."""
        self._fading.stop()
        self._touch_draft()
        self.overlay.draft = draft
        self._touch_draft()

    def let_draft_fade(self) -> None:
        """Keeps the words at the pointer readable for a while."""
        self._fading.start()

    def _touch_draft(self) -> None:
        area = self.overlay.draft_area()
        if not area.isNull():
            self.touch(area.adjusted(0, 0, area.width() / max(self.zoom, 0.2), 80 / max(self.zoom, 0.2)))

    def show_band(self, area: QRectF | None) -> None:
        """The rubber band, or none."""
        for band in (self.overlay.band, area):
            if band is not None:
                self.touch(band)
        self.overlay.band = area

    def show_target(self, area: QRectF | None) -> None:
        """What a drop would change, or none."""
        if area == self.overlay.target:
            return
        for target in (self.overlay.target, area):
            if target is not None:
                self.touch(target.adjusted(-12, -12, 12, 12))
        self.overlay.target = area

    # --- questions of gestures -----------------------------------------------------------------------------

    def hit(self, at: QPointF) -> Hit:
        """What lies at a point of the scene."""
        return self.canvas.hit(at, self.zoom)

    def edge_under(self, at: QPointF) -> EdgeItem | None:
        """The edge at a point, whatever lies over it."""
        reach = 14 / self.zoom
        area = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        found = self.canvas.items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        return next((item for item in found if isinstance(item, EdgeItem) and item.is_near(at, reach)), None)

    def placed(self) -> Mapping[str, Placed]:
        """All nodes with their ports."""
        return {node: item.placed for node, item in self.canvas.nodes.items()}

    def types_of(self, edge: Edge) -> tuple[DataType, DataType] | None:
        """The types at an edge's two ends, where both are known."""
        source = self.canvas.nodes[edge.source.node].placed.output(edge.source.port)
        target = self.canvas.nodes[edge.target.node].placed.ports.input(edge.target.port)
        return (source.type, target.type) if source and target else None

    # --- the pointer ---------------------------------------------------------------------------------------

    def _at(self, event: QMouseEvent | QContextMenuEvent) -> Pointer:
        view = event.position().toPoint() if isinstance(event, QMouseEvent) else event.pos()
        where = event.globalPosition().toPoint() if isinstance(event, QMouseEvent) else event.globalPos()
        return Pointer(self.mapToScene(view), view, where, event.modifiers())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            return
        pointer = self._at(event)
        self.show_draft(None)
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space and event.button() == Qt.MouseButton.LeftButton
        ):
            self._begin(Pan(self, pointer))
        elif event.button() == Qt.MouseButton.LeftButton:
            gesture = gesture_for(self, pointer, self.hit(pointer.at))
            if gesture is not None:
                self._begin(gesture)

    def _begin(self, gesture: Gesture) -> None:
        self._gesture = gesture
        if gesture.auto_pans:
            self._pushing.start()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointer = event.position().toPoint()
        pointer = self._at(event)
        if self._gesture is None:
            self._hover(self.hit(pointer.at))
            return
        self._gesture.follow(pointer)
        if self._gesture.moved or isinstance(self._gesture, Pan):
            self.viewport().setCursor(self._gesture.cursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        gesture, self._gesture = self._gesture, None
        self._pushing.stop()
        if gesture is not None:
            gesture.release(self._at(event))
            self._hover(self.hit(self.mapToScene(event.position().toPoint())))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pointer = self._at(event)
        hit = self.hit(pointer.at)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if not hit:
            if not self.read_only:
                self.intents.palette_requested.emit(pointer.at, pointer.where)
        elif hit.node is not None and hit.part != "header":
            self.intents.open_requested.emit(hit.node.id)
        elif not self.read_only:
            edit_at(self, hit)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        pointer = self._at(event)
        hit = self.hit(pointer.at)
        if hit.thing is None:
            self.canvas.select(NOTHING)
        elif not self.canvas.selection.holds(*hit.thing):
            self.canvas.select(only(*hit.thing))
        self.intents.menu_requested.emit(hit, pointer.at, pointer.where)

    def _hover(self, hit: Hit) -> None:
        if hit.node is not self.overlay.hovered:
            for node in (self.overlay.hovered, hit.node):
                if node is not None:
                    self.touch(node.area.adjusted(-12, 0, 140, 0))
            self.overlay.hovered = hit.node
        cursor = Qt.CursorShape.OpenHandCursor if self._space else _CURSORS.get(hit.part) if hit else None
        self.viewport().setCursor(cursor or Qt.CursorShape.ArrowCursor)

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(NO_HIT)
        super().leaveEvent(event)

    def _push(self) -> None:
        """Moves the canvas along while a gesture is held at its border."""
        if self._gesture is None or not self._gesture.moved:
            return
        room = self.viewport().rect().adjusted(_BORDER, _BORDER, -_BORDER, -_BORDER)
        at = self._pointer
        dx = max(0, room.left() - at.x()) - max(0, at.x() - room.right())
        dy = max(0, room.top() - at.y()) - max(0, at.y() - room.bottom())
        if dx or dy:
            self.pan(min(14, max(-14, dx)), min(14, max(-14, dy)))
            where = self.viewport().mapToGlobal(at)
            self._gesture.follow(Pointer(self.mapToScene(at), at, where, Qt.KeyboardModifier.NoModifier))

    # --- wheel, pinch, keys --------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        fingers = event.pixelDelta()
        zooming = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if not fingers.isNull() and event.phase() != Qt.ScrollPhase.NoScrollPhase and not zooming:
            self.pan(fingers.x(), fingers.y())  # two fingers on a touchpad
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(event.angleDelta().y() or event.angleDelta().x(), 0)
        else:
            steps = event.angleDelta().y() / 120
            self.set_zoom(self.zoom * 1.15**steps, event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if (
            isinstance(event, QNativeGestureEvent)
            and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture
        ):
            self.set_zoom(self.zoom * (1 + event.value()), event.position().toPoint())
            return True
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = tip_for(self.canvas, self.hit(self.mapToScene(event.pos())))
            QToolTip.showText(event.globalPos(), tooltip(words), self.viewport())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            gesture, self._gesture = self._gesture, None
            self._pushing.stop()
            gesture.cancel()
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        elif not press_key(self, event):
            # QGraphicsView would scroll with keys; here they belong to the window's actions.
            QWidget.keyPressEvent(self, event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        QWidget.keyReleaseEvent(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)

    # --- drops from the library ----------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self._drop = None if self.read_only else LibraryDrop.from_mime(self, event.mimeData())
        if self._drop is not None:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._drop is not None:
            self._drop.move(self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.show_target(None)
        self._drop = None

    def dropEvent(self, event: QDropEvent) -> None:
        drop, self._drop = self._drop, None
        if drop is not None:
            drop.drop(self.mapToScene(event.position().toPoint()))
            event.acceptProposedAction()
            self.setFocus()


_CURSORS = {
    "input": Qt.CursorShape.CrossCursor,
    "output": Qt.CursorShape.CrossCursor,
    "start": Qt.CursorShape.CrossCursor,
    "end": Qt.CursorShape.CrossCursor,
    "corner": Qt.CursorShape.SizeFDiagCursor,
    "right edge": Qt.CursorShape.SizeHorCursor,
}

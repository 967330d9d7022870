"""CanvasView: turns what mouse, keys and drops do on the canvas into gestures and intents."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, QTimer
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
)
from PySide6.QtWidgets import QToolTip, QWidget

from app.document.workflow import Edge
from app.sdk.data_types import DataType
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.hit import NO_HIT, Hit
from app.ui.canvas.intents import Intents
from app.ui.canvas.interactions.choice import gesture_for
from app.ui.canvas.interactions.connect import ConnectPorts
from app.ui.canvas.interactions.drop import LibraryDrop
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.interactions.keys import press_key
from app.ui.canvas.interactions.pan import Pan
from app.ui.canvas.layered_view import LayeredView
from app.ui.canvas.placed import Placed
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.selection import NOTHING, only
from app.ui.canvas.tips import tip_for
from app.ui.canvas.title_editor import edit_at
from app.ui.plain import tooltip

_REST = 200  # ms that the pointer rests on a card until its flap opens
_BORDER = 28  # px from the view's border where a gesture pushes the canvas along


class CanvasView(LayeredView):
    """Wishes go to `intents`."""

    def __init__(self, canvas: CanvasScene, intents: Intents, parent: QWidget | None = None) -> None:
        super().__init__(canvas, parent)
        self.intents = intents
        self.read_only = False
        self._gesture: Gesture | None = None
        self._drop: LibraryDrop | None = None
        self._space = False
        self._pointer = QPoint()
        self._pushing = QTimer(self, interval=16)
        self._pushing.timeout.connect(self._push)
        self._opening = QTimer(self, interval=_REST, singleShot=True)
        self._opening.timeout.connect(self._open_flap)

    def call_off(self) -> None:
        """Ends a gesture as if it had never begun: Escape, or what it works on has changed."""
        gesture, self._gesture = self._gesture, None
        self._pushing.stop()
        if gesture is not None:
            gesture.cancel()

    def leave_level(self) -> None:
        """Other things are about to be shown: nothing is under way and nothing under the pointer."""
        self.call_off()
        self._hover(NO_HIT)
        self.show_draft(None)

    # --- questions of gestures -----------------------------------------------------------------------------

    def hit(self, at: QPointF) -> Hit:
        """What lies at a point of the scene."""
        overlay = self.overlay
        return self.canvas.hit(at, self.zoom, overlay.hovered if overlay.flap_open else None)

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
        if self.overlay.hovered is not None and not isinstance(gesture, ConnectPorts):
            self.overlay.flap_open = False
            self.refresh()
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
        elif hit.node is not None and hit.node.placed.opens:
            self.intents.enter_requested.emit(hit.node.id)
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
                    self.touch(node.area.united(node.flap).adjusted(-16, 0, 140, 20))
            self.overlay.hovered = hit.node
            self.overlay.flap_open = False
        if hit.node is not None and not self.overlay.flap_open and not self._opening.isActive():
            self._opening.start()
        cursor = Qt.CursorShape.OpenHandCursor if self._space else _CURSORS.get(hit.part) if hit else None
        self.viewport().setCursor(cursor or Qt.CursorShape.ArrowCursor)

    def _open_flap(self) -> None:
        """The pointer has rested on a card: its quiet ports show."""
        node = self.overlay.hovered
        if node is not None and not node.flap.isNull() and self._gesture is None and not self.is_far:
            self.overlay.flap_open = True
            self.touch(node.flap.adjusted(-16, -8, 16, 20))

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

    # --- tooltips, keys --------------------------------------------------------------------------------

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = tip_for(self.canvas, self.hit(self.mapToScene(event.pos())))
            QToolTip.showText(event.globalPos(), tooltip(words), self.viewport())
            return True
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            self.call_off()
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

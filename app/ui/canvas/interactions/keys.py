"""Keys of the canvas itself: arrows walk the graph or nudge, Enter opens a frame or the settings, Escape lets go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QKeyEvent

from app.document.operations import MoveNodes
from app.ui.canvas.anatomy import SNAP
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.scene import CanvasScene
from app.ui.canvas.selection import NOTHING, only

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_ARROWS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


def press_key(view: CanvasView, event: QKeyEvent) -> bool:
    """Does what a key stands for; False where it stands for nothing here."""
    key = Qt.Key(event.key())
    if key in _ARROWS:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            _nudge(view, _ARROWS[key])
        else:
            _walk(view, _ARROWS[key])
        return True
    if key == Qt.Key.Key_Escape and view.canvas.selection:
        view.canvas.select(NOTHING)
        return True
    if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and len(view.canvas.selection.nodes) == 1:
        node = next(iter(view.canvas.selection.nodes))
        opens = view.canvas.nodes[node].placed.opens
        (view.intents.enter_requested if opens else view.intents.open_requested).emit(node)
        return True
    return False


def _nudge(view: CanvasView, towards: QPointF) -> None:
    """Moves the selected nodes by one step of the snapping grid."""
    if view.read_only or not view.canvas.selection.nodes:
        return
    places = {node: view.canvas.nodes[node].pos() + towards * SNAP for node in view.canvas.selection.nodes}
    view.intents.operation_requested.emit(MoveNodes({node: (at.x(), at.y()) for node, at in places.items()}))


def _walk(view: CanvasView, towards: QPointF) -> None:
    """Picks the next node in a direction: along an edge where there is one, else the nearest."""
    scene = view.canvas
    here = next((scene.nodes[node] for node in sorted(scene.selection.nodes)), None)
    there = next_node(scene, here, towards) if here else first_node(scene)
    if there is not None:
        scene.select(only("nodes", there.id))
        view.reveal(there.area)


def first_node(scene: CanvasScene) -> NodeItem | None:
    """Where a walk begins: the leftmost node, the upper one of two."""
    return min(scene.nodes.values(), key=lambda node: (node.pos().x(), node.pos().y()), default=None)


def next_node(scene: CanvasScene, here: NodeItem, towards: QPointF) -> NodeItem | None:
    """The neighbour in a direction: sideways along edges first."""
    edges = scene.edges_of.get(here.id, ())
    joined: list[NodeItem] = []
    if towards.x() > 0:
        joined = [edge.target for edge in edges if edge.source is here]
    elif towards.x() < 0:
        joined = [edge.source for edge in edges if edge.target is here]
    if joined:
        return min(joined, key=lambda node: _cost(here, node, towards, strict=False))
    others = [node for node in scene.nodes.values() if node is not here]
    ahead = [node for node in others if _cost(here, node, towards, strict=True) < float("inf")]
    return min(ahead, key=lambda node: _cost(here, node, towards, strict=True), default=None)


def _cost(here: NodeItem, there: NodeItem, towards: QPointF, *, strict: bool) -> float:
    """How far a node lies in a direction; what lies sideways counts double. Infinite if it lies behind."""
    away = there.area.center() - here.area.center()
    along = QPointF.dotProduct(away, towards)
    across = abs(away.x() * towards.y() - away.y() * towards.x())
    if strict and along <= across / 4:
        return float("inf")
    return abs(along) + 2 * across

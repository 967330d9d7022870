"""Overlay: what is drawn over the cards: rings, what moves (spinners, dots), the edge being drawn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.ui.canvas.anatomy import RADIUS
from app.ui.canvas.card_painter import badge_colour, badge_rect
from app.ui.canvas.draft_edge import DraftEdge, paint_draft
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.edge_look import flow_points, paint_dots
from app.ui.canvas.hover_painter import paint_hover
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.scene import CanvasScene
from app.ui.icons import paint_icon
from app.ui.theme import tint

RING = 5  # between a card and its selection ring
_LAP = 1.2  # seconds a dot takes from one end of an edge to the other
_TURN = 1.0  # seconds a spinner takes for a turn


class Overlay:
    """Draws in scene coordinates; `touch` asks for a repaint of a part of the scene."""

    def __init__(self, scene: CanvasScene, touch: Callable[[QRectF], None]) -> None:
        self._scene = scene
        self._touch = touch
        self.draft: DraftEdge | None = None
        self.band: QRectF | None = None
        self.target: QRectF | None = None  # the card or edge that a drop would change
        self.hovered: NodeItem | None = None
        self.flap_open = False  # the hovered card's quiet ports show
        self._time = 0.0
        self._dots: dict[str, list[QPointF]] = {}

    # --- animation -----------------------------------------------------------------------------------------

    def moving(self, visible: QRectF) -> tuple[list[NodeItem], list[EdgeItem]]:
        """The running nodes and active edges that can be seen."""
        scene = self._scene
        if not scene.running or scene.run is None or scene.run.status != "running":
            return [], []
        nodes = [scene.nodes[node] for node in scene.running]
        edges = {
            edge.id: edge for node in nodes for edge in scene.edges_of.get(node.id, ()) if edge.is_active
        }
        return (
            [node for node in nodes if node.area.intersects(visible)],
            [edge for edge in edges.values() if edge.boundingRect().intersects(visible)],
        )

    def tick(self, seconds: float, visible: QRectF) -> None:
        """Moves what moves on by a span of time."""
        self._time += seconds
        nodes, edges = self.moving(visible)
        for node in nodes:
            self._touch(badge_rect(node.anatomy).translated(node.pos()))
        before, self._dots = self._dots, {}
        for edge in edges:
            self._dots[edge.id] = flow_points(edge.path(), (self._time / _LAP) % 1.0)
        for points in (*before.values(), *self._dots.values()):
            for point in points:
                self._touch(QRectF(point.x() - 6, point.y() - 6, 12, 12))

    # --- painting ------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, exposed: QRectF, *, motion: bool) -> None:
        """Draws all that lies in `exposed`."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_moving(painter, exposed, motion=motion)
        if self.hovered is not None and self._scene.nodes.get(self.hovered.id) is self.hovered:
            paint_hover(painter, self.hovered, self._scene.look, flap=self.flap_open)
        self.paint_far(painter, exposed)

    def paint_far(self, painter: QPainter, exposed: QRectF) -> None:
        """Only what gestures and the selection show: far away nothing moves."""
        self._paint_selection(painter, exposed)
        if self.target is not None:
            self._ring(painter, self.target, RADIUS + 2)
        if self.draft is not None:
            paint_draft(painter, self.draft, self._scene.look)
        if self.band is not None:
            self._paint_band(painter, self.band)

    def _paint_moving(self, painter: QPainter, exposed: QRectF, *, motion: bool) -> None:
        nodes, edges = self.moving(exposed)
        for node in nodes:
            self._paint_spinner(painter, node, motion=motion)
        for edge in edges:
            points = self._dots.get(edge.id) or flow_points(edge.path(), 0.1)
            if edge.shown is not None:
                paint_dots(painter, points, edge.shown.colour(self._scene.look.theme))

    def _paint_band(self, painter: QPainter, band: QRectF) -> None:
        accent = self._scene.look.theme.accent2
        pen = QPen(accent, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(tint(accent, 10))
        painter.drawRect(band)

    def _paint_spinner(self, painter: QPainter, node: NodeItem, *, motion: bool) -> None:
        mark = node.card.badge
        if mark is None or not mark.spins:
            return
        badge = badge_rect(node.anatomy).translated(node.pos())
        ink = badge_colour(mark, self._scene.look.theme)
        if not motion:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ink)
            painter.drawEllipse(badge.center(), 4, 4)
            return
        painter.save()
        painter.translate(badge.center())
        # The icon has eight spokes: turning by whole spokes looks steady at every frame rate.
        painter.rotate(int(self._time / _TURN * 24) % 24 * 15)
        paint_icon(painter, mark.icon, ink, QRectF(-6, -6, 12, 12))
        painter.restore()

    def _paint_selection(self, painter: QPainter, exposed: QRectF) -> None:
        scene, picked = self._scene, self._scene.selection
        for sort, radius in (("nodes", 18), ("notes", 16), ("groups", 21)):
            items = getattr(scene, sort)
            for item_id in getattr(picked, sort):
                if item_id in items and items[item_id].area.adjusted(-9, -9, 9, 9).intersects(exposed):
                    self._ring(painter, items[item_id].area, radius)
        for edge_id in picked.edges:
            edge = scene.edges.get(edge_id)
            if edge is not None:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(tint(scene.look.theme.accent2, 45), 7, c=Qt.PenCapStyle.RoundCap))
                painter.drawPath(edge.path())

    def _ring(self, painter: QPainter, area: QRectF, radius: float) -> None:
        painter.setPen(QPen(self._scene.look.theme.accent2, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area.adjusted(-RING, -RING, RING, RING), radius, radius)

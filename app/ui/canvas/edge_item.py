"""EdgeItem: one edge in the scene, drawn by Qt itself; halo and pill are items that only some edges have."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsScene,
    QStyleOptionGraphicsItem,
    QWidget,
)

from app.document.workflow import Edge
from app.ui.canvas.edge_look import EdgeLook, Pill, edge_pen, paint_glow, paint_pill, pill_of
from app.ui.canvas.edge_path import distance, edge_path, polyline
from app.ui.canvas.look import Look
from app.ui.canvas.node_item import NodeItem

Z_HALO = 1.9
Z_EDGE = 2.0
Z_PILL = 3.5


class EdgeItem(QGraphicsPathItem):
    """Follows its two nodes; `show_look` gives it its pen and, where it has them, halo and pill."""

    def __init__(self, scene: QGraphicsScene, edge: Edge, source: NodeItem, target: NodeItem) -> None:
        super().__init__()
        self._scene = scene
        self.edge = edge
        self.source = source
        self.target = target
        self.shown: EdgeLook | None = None
        self._line: list[QPointF] | None = None
        self._halo: _Halo | None = None
        self._pill: _Pill | None = None
        self.setZValue(Z_EDGE)
        self.follow()
        scene.addItem(self)

    @property
    def id(self) -> str:
        return self.edge.id

    @property
    def start(self) -> QPointF:
        return self.source.output_point(self.edge.source.port)

    @property
    def end(self) -> QPointF:
        return self.target.input_point(self.edge.target.port)

    @property
    def is_active(self) -> bool:
        return self.shown is not None and self.shown.state == "active"

    def follow(self) -> None:
        """Takes the course that the nodes' places ask for."""
        self.setPath(edge_path(self.start, self.end, self.source.area, self.target.area))
        self._line = None
        self._decorate()

    def show_look(self, shown: EdgeLook, look: Look, *, restyle: bool = False) -> None:
        """What the edge shows now; `restyle`: theme or language changed."""
        if shown == self.shown and not restyle:
            return
        self.shown = shown
        self.setPen(edge_pen(shown, look.theme))
        self._set_halo(shown.colour(look.theme) if shown.state == "active" else None)
        self._set_pill(look if shown.pill else None)
        self._decorate()

    def is_near(self, point: QPointF, reach: float) -> bool:
        """Whether a point of the scene lies within `reach` of the edge."""
        if not self.boundingRect().adjusted(-reach, -reach, reach, reach).contains(point):
            return False
        if self._line is None:
            self._line = polyline(self.path())
        return distance(point, self._line) <= reach

    def leave(self) -> None:
        """Takes the edge and what decorates it out of the scene."""
        for item in (self._halo, self._pill, self):
            if item is not None:
                self._scene.removeItem(item)

    def pill_area(self) -> QRectF:
        """Where the pill stands in the scene; null if there is none."""
        return self._pill.boundingRect() if self._pill else QRectF()

    def _set_halo(self, colour: QColor | None) -> None:
        if colour is None:
            if self._halo is not None:
                self._scene.removeItem(self._halo)
                self._halo = None
            return
        if self._halo is None:
            self._halo = _Halo()
            self._scene.addItem(self._halo)
        self._halo.colour = colour

    def _set_pill(self, look: Look | None) -> None:
        if look is None or self.shown is None:
            if self._pill is not None:
                self._scene.removeItem(self._pill)
                self._pill = None
            return
        if self._pill is None:
            self._pill = _Pill()
            self._scene.addItem(self._pill)
        self._pill.show_pill(self.shown, look)

    def _decorate(self) -> None:
        if self._halo is not None:
            self._halo.setPath(self.path())
        if self._pill is not None:
            self._pill.put(self.path().pointAtPercent(0.5), (self.source.area, self.target.area))


class _Halo(QGraphicsPathItem):
    """The wide soft strokes around an active edge."""

    def __init__(self) -> None:
        super().__init__()
        self.colour = QColor()
        self.setZValue(Z_HALO)

    def boundingRect(self) -> QRectF:
        return self.path().boundingRect().adjusted(-8, -8, 8, 8)

    def shape(self) -> QPainterPath:
        return QPainterPathStroker().createStroke(self.path())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        paint_glow(painter, self.path(), self.colour)


class _Pill(QGraphicsItem):
    """The sentence on an edge's middle."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: EdgeLook | None = None
        self._look: Look | None = None
        self._middle = QPointF()
        self._cards: Sequence[QRectF] = ()
        self._pill = Pill("", QRectF())
        self.setZValue(Z_PILL)

    def show_pill(self, shown: EdgeLook, look: Look) -> None:
        self._shown, self._look = shown, look
        self._place()
        self.update()

    def put(self, middle: QPointF, cards: Sequence[QRectF]) -> None:
        """On the middle of the edge between two cards."""
        self._middle, self._cards = middle, cards
        self._place()

    def _place(self) -> None:
        self.prepareGeometryChange()
        if self._shown is not None and self._look is not None:
            self._pill = pill_of(self._shown, self._middle, self._look.language, self._cards)

    def boundingRect(self) -> QRectF:
        return self._pill.rect.adjusted(-1, -1, 1, 1) if self._shown else QRectF()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._shown is not None and self._look is not None:
            paint_pill(painter, self._shown, self._pill, self._look)

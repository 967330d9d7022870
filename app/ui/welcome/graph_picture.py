"""The picture of a workflow on a card: its steps as tiles where they lie, its links as curves."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.document.workflow import Workflow
from app.ui.appearance import appearance
from app.ui.canvas.ink import draw_soft, fill_rounded
from app.ui.canvas.placed import SpecLookup, place_all
from app.ui.canvas.places import places_of
from app.ui.step_looks import step_look
from app.ui.theme import Theme
from app.ui.widgets.icon_button import paint_tile

_TILE = 34
HEIGHT = 156


class GraphPicture(QWidget):
    """Decoration: the card's words say what the workflow does."""

    def __init__(self, workflow: Workflow, specs: SpecLookup, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workflow = workflow
        self._specs = specs
        self._placed = place_all(workflow, specs)
        self._corners = places_of(workflow)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        appearance().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(260, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = appearance().theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QPainterPath()
        ground.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, 12), 11, 11)
        painter.setClipRect(self.rect())
        painter.fillPath(ground, look.canvas if look.dark else look.input)
        self._paint_dots(painter, look)
        centres = self._centres()
        tile = self._tile(centres)
        for edge in self._workflow.graph.edges:
            if edge.source.node in centres and edge.target.node in centres:
                self._paint_edge(painter, look, edge.source.node, edge.source.port, edge.target.node, centres)
        for node, centre in centres.items():
            self._paint_step(painter, look, node, centre, tile)

    def _paint_dots(self, painter: QPainter, look: Theme) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.grid)
        for x in range(12, self.width(), 20):
            for y in range(12, self.height(), 20):
                painter.drawEllipse(QPointF(x, y), 0.8, 0.8)

    def _centres(self) -> dict[str, QPointF]:
        """Where each step's tile lies: the canvas squeezed into the card."""
        places = {node: self._corners[node] for node in self._workflow.graph.nodes}
        if not places:
            return {}
        xs, ys = [at[0] for at in places.values()], [at[1] for at in places.values()]
        area = QRectF(self.rect()).adjusted(38, 30, -38, -30)

        def spread(value: int, values: list[int], start: float, room: float, most: float) -> float:
            span = max(values) - min(values)
            used = min(room, span * most)
            return (
                start + room / 2 + ((value - min(values)) / span - 0.5) * used if span else start + room / 2
            )

        return {
            node: QPointF(
                spread(at[0], xs, area.left(), area.width(), 0.4),
                spread(at[1], ys, area.top(), area.height(), 0.35),
            )
            for node, at in places.items()
        }

    def _tile(self, centres: dict[str, QPointF]) -> float:
        """As large as lets no two tiles overlap."""
        points = list(centres.values())
        nearest = min(
            (max(abs(a.x() - b.x()), abs(a.y() - b.y())) for i, a in enumerate(points) for b in points[:i]),
            default=float(_TILE) * 2,
        )
        return max(10.0, min(_TILE, nearest * 0.82))

    def _paint_edge(
        self, painter: QPainter, look: Theme, source: str, port: str, target: str, centres: dict[str, QPointF]
    ) -> None:
        out = self._placed[source].output(port)
        colour = look.port(out.type, out.tone) if out else look.muted
        start, end = centres[source], centres[target]
        bend = max(14.0, abs(end.x() - start.x()) / 2)
        path = QPainterPath(start)
        path.cubicTo(start + QPointF(bend, 0), end - QPointF(bend, 0), end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 1.6))
        painter.drawPath(path)

    def _paint_step(self, painter: QPainter, look: Theme, node: str, centre: QPointF, tile: float) -> None:
        step = step_look(self._workflow.graph.nodes[node], self._specs)
        card = QRectF(centre.x() - tile / 2, centre.y() - tile / 2, tile, tile)
        draw_soft(painter, card.translated(0, 2), tile * 0.26, 6, look.shadow)
        fill_rounded(painter, card, tile * 0.26, look.card, QPen(look.border, 1))
        inset = tile * 0.14
        paint_tile(
            painter,
            step.icon,
            look.kind(step.kind),
            look.tile_tint,
            card.adjusted(inset, inset, -inset, -inset),
        )

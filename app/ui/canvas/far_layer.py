"""FarLayer: the whole workflow as blocks and straight lines, for zooms at which nothing can be read."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.events.run_state import NodeState
from app.ui.canvas.anatomy import HEADER
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.scene import CanvasScene
from app.ui.theme import Theme, mix, tint

_STATES = {
    "running": "running",
    "streaming": "running",
    "retrying": "warning",
    "asking": "warning",
    "done": "done",
    "check_failed": "warning",
    "failed": "error",
}
_BAND = 20  # height of the coloured band on a block


class FarLayer:
    """Keeps lists of rectangles and lines, so that painting is a handful of calls whatever the number of nodes."""

    def __init__(self, scene: CanvasScene) -> None:
        self._scene = scene
        self._cards: list[QRectF] | None = None
        self._lines: list[QLineF] = []
        self._bands: dict[str, list[QRectF]] | None = None
        scene.outline_changed.connect(self._forget_places)
        scene.states_changed.connect(self._forget_bands)

    def _forget_places(self) -> None:
        self._cards = self._bands = None

    def _forget_bands(self) -> None:
        self._bands = None

    def paint(self, painter: QPainter, theme: Theme) -> None:
        """Draws all groups, notes, edges and cards in scene coordinates."""
        cards, bands = self._collected()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for area in (*self._scene.groups.values(), *self._scene.notes.values()):
            painter.fillRect(area.area, tint(theme.note(area.colour), 14))
        # A pen of width 0 is one pixel at every zoom.
        painter.setPen(QPen(mix(theme.ports["text"], theme.canvas, 60), 0))
        painter.drawLines(self._lines)
        painter.setPen(QPen(theme.border_strong, 0))
        painter.setBrush(theme.card)
        painter.drawRects(cards)
        painter.setPen(Qt.PenStyle.NoPen)
        for name, rects in bands.items():
            painter.setBrush(self._band_colour(name, theme))
            painter.drawRects(rects)

    @staticmethod
    def _band_colour(name: str, theme: Theme) -> QColor:
        sort, _, key = name.partition(":")
        return theme.state(key).line if sort == "state" else mix(theme.kind(key), theme.card, 60)

    def _collected(self) -> tuple[list[QRectF], dict[str, list[QRectF]]]:
        """The cards' rectangles, and the bands on them by the name of their colour."""
        nodes = self._scene.nodes.values()
        if self._cards is None:
            self._cards = [node.area for node in nodes]
            self._lines = [QLineF(edge.start, edge.end) for edge in self._scene.edges.values()]
        if self._bands is None:
            self._bands = {}
            run = self._scene.run
            for node, card in zip(nodes, self._cards, strict=True):
                state = run.nodes.get(node.id) if run else None
                band = QRectF(card.left(), card.top(), card.width(), HEADER if state is None else _BAND)
                self._bands.setdefault(_band_name(node, state), []).append(band)
        return self._cards, self._bands


def _band_name(node: NodeItem, state: NodeState | None) -> str:
    if state is not None and state.status in _STATES:
        return f"state:{_STATES[state.status]}"
    return f"kind:{node.kind}"

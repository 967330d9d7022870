"""ConnectPorts: draws an edge from a port, or takes an edge's end to another one; a click asks for a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath

from app.document.operations import Disconnect
from app.document.workflow import Edge, PortRef
from app.sdk.data_types import DataType
from app.texts import text
from app.ui.canvas.anatomy import GRID, WIDTH
from app.ui.canvas.draft_edge import DraftEdge
from app.ui.canvas.edge_path import edge_path
from app.ui.canvas.hit import Hit
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.joining import Ends, fitting_input, fitting_output, refusal
from app.ui.theme import PORT_FAMILY

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


_APART = 96  # pixels between a step and the one that a click on its port adds
_ABOVE, _HEIGHT = 64, 144  # how far a new card reaches above the end of its link, and in all


class ConnectPorts(Gesture):
    """`fixed` stays joined; `forward` says that it is an output. `picked` is the edge whose end was taken."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self, view: CanvasView, start: Pointer, fixed: PortRef, *, forward: bool, picked: Edge | None = None
    ) -> None:
        super().__init__(view, start)
        self._fixed = fixed
        self._forward = forward
        self._picked = picked
        self._hidden = self.scene.edges.get(picked.id) if picked else None

    @property
    def data_type(self) -> DataType:
        """The type of the end that stays."""
        placed = self.scene.nodes[self._fixed.node].placed
        port = placed.output(self._fixed.port) if self._forward else placed.ports.input(self._fixed.port)
        return port.type if port else "any"

    def move(self, pointer: Pointer) -> None:
        if self._hidden is not None:
            self._hidden.setOpacity(0.15)
        other = self._other_end(self.view.hit(pointer.at))
        refused = self._refusal(other)
        tip = pointer.at if other is None or refused else self._point(other, output=not self._forward)
        self.view.show_draft(
            DraftEdge(
                path=self._path(tip),
                colour_of=self._colour(),
                tip=tip,
                refusal=refused,
                hint="" if other or self._picked else text("canvas.hint.drop_for_list"),
                fits=other is not None and not refused,
            )
        )
        self.view.show_target(self._card_of(other) if other and not refused else None)

    def release(self, pointer: Pointer) -> None:
        hit = self.view.hit(pointer.at)
        other = self._other_end(hit)
        refused = self._refusal(other) if self.moved else ""
        if refused:
            self._clear(keep_words=True)
            self.view.intents.refused.emit(refused)
            return
        self._clear()
        if not self.moved:
            if self._picked is None:
                self.view.intents.fitting_requested.emit(
                    self._fixed, self._forward, self._beside(), pointer.where
                )
            return
        if other is not None:
            self._join(self._ends(other))
        elif hit.node is None:
            self._dropped_on_nothing(pointer)

    def cancel(self) -> None:
        self._clear()

    def _dropped_on_nothing(self, pointer: Pointer) -> None:
        intents = self.view.intents
        if self._picked is not None:
            intents.operation_requested.emit(Disconnect(self._picked))
        else:
            intents.fitting_requested.emit(self._fixed, self._forward, pointer.at, pointer.where)

    def _beside(self) -> QPointF:
        """Where the end of a link to a new step would lie: beside this one, below what is there already."""
        node = self.scene.nodes[self._fixed.node]
        port = self._point(self._fixed, output=self._forward)
        left = node.area.right() + _APART if self._forward else node.area.left() - _APART - WIDTH
        room = QRectF(left, port.y() - _ABOVE, WIDTH, _HEIGHT)
        taken = [item.area for item in self.scene.nodes.values()]
        while any(area.adjusted(0, -GRID, 0, GRID).intersects(room) for area in taken):
            room.translate(0, GRID)
        return QPointF(room.left() if self._forward else room.right(), room.top() + _ABOVE)

    def _join(self, ends: Ends) -> None:
        if self._picked is None:
            self.view.intents.connect_requested.emit(ends.source, ends.target)
        elif Edge(ends.source, ends.target).id != self._picked.id:
            self.view.intents.replug_requested.emit(self._picked, ends.source, ends.target)

    def _clear(self, *, keep_words: bool = False) -> None:
        if self._hidden is not None:
            self._hidden.setOpacity(1.0)
        self.view.show_target(None)
        if keep_words:
            self.view.let_draft_fade()
        else:
            self.view.show_draft(None)

    def _other_end(self, hit: Hit) -> PortRef | None:
        """The port that the pointer means: the one under it, else the best one of the card under it."""
        if hit.node is None or (hit.node.id == self._fixed.node and hit.part not in ("input", "output")):
            return None
        if hit.part == ("input" if self._forward else "output"):
            return hit.port_ref
        find = fitting_input if self._forward else fitting_output
        name = find(hit.node.placed, self.data_type)
        if name is None:
            # Nothing fits: name the first port, so that the refusal says why.
            ports = hit.node.placed.ports.inputs if self._forward else hit.node.placed.ports.outputs
            name = ports[0].name if ports else None
        return PortRef(hit.node.id, name) if name is not None else None

    def _ends(self, other: PortRef) -> Ends:
        return Ends(self._fixed, other) if self._forward else Ends(other, self._fixed)

    def _refusal(self, other: PortRef | None) -> str:
        if other is None:
            return ""
        ends = self._ends(other)
        if self._picked is not None and Edge(ends.source, ends.target).id == self._picked.id:
            return ""
        return refusal(ends, self.scene.workflow, self.view.placed(), self._picked)

    def _point(self, port: PortRef, *, output: bool) -> QPointF:
        node = self.scene.nodes[port.node]
        return node.output_point(port.port) if output else node.input_point(port.port)

    def _path(self, tip: QPointF) -> QPainterPath:
        fixed = self._point(self._fixed, output=self._forward)
        return edge_path(fixed, tip) if self._forward else edge_path(tip, fixed)

    def _colour(self) -> str:
        placed = self.scene.nodes[self._fixed.node].placed
        port = placed.output(self._fixed.port) if self._forward else None
        return port.tone if port and port.tone else PORT_FAMILY[self.data_type]

    def _card_of(self, port: PortRef) -> QRectF:
        return self.scene.nodes[port.node].area

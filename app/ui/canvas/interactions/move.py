"""Move: carries the selection about; the document learns of it once, when the button is let go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.document.operations import Batch, Connect, Disconnect, MoveNodes, Operation, SetNote
from app.document.workflow import Edge, PortRef
from app.ui.canvas.anatomy import snapped
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.joining import splice_ports
from app.ui.canvas.node_item import Z_DRAGGED, Z_NODE
from app.ui.canvas.selection import Selection, Sort, only

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


class Move(Gesture):
    """Begins on the item of `sort` and `item`: it is picked unless it is part of the selection."""

    cursor = Qt.CursorShape.SizeAllCursor

    def __init__(self, view: CanvasView, start: Pointer, sort: Sort, item: str) -> None:
        super().__init__(view, start)
        self._was = self.scene.selection
        self._sort: Sort = sort
        self._item = item
        self._held = self.scene.selection.holds(sort, item)
        if start.adds:
            self.scene.select(self.scene.selection.toggled(sort, item))
        elif not self._held:
            self.scene.select(only(sort, item))
        self._nodes = {node: self.scene.nodes[node].pos() for node in self._carried(self.scene.selection)}
        self._notes = {note: self.scene.notes[note].pos() for note in self.scene.selection.notes}
        self._edge: EdgeItem | None = None

    def _carried(self, selection: Selection) -> set[str]:
        inside = {m.id for group in selection.groups for m in self.scene.groups[group].members}
        return set(selection.nodes) | inside

    def move(self, pointer: Pointer) -> None:
        by = self._shift(pointer)
        for node, place in self._nodes.items():
            self.scene.nodes[node].setZValue(Z_DRAGGED)
            self.scene.move_node(node, place + by)
        for note, place in self._notes.items():
            self.scene.notes[note].setPos(place + by)
        self._edge = self._spliced(pointer)
        self.view.show_target(self._edge.path().boundingRect() if self._edge else None)
        self.view.refresh()

    def _shift(self, pointer: Pointer) -> QPointF:
        """How far things go, so that the first of them lands on the snapping grid."""
        by = pointer.at - self.start.at
        first = next(iter((*self._nodes.values(), *self._notes.values())), QPointF())
        if pointer.free:
            return QPointF(round(first.x() + by.x()), round(first.y() + by.y())) - first
        return QPointF(snapped(first.x() + by.x()), snapped(first.y() + by.y())) - first

    def release(self, pointer: Pointer) -> None:
        if not self.moved:
            # A click on one of many picks it alone; a drag of one of many carries all.
            if self._held and not pointer.adds:
                self.scene.select(only(self._sort, self._item))
            return
        self._settle()
        operation = self._operation()
        self.scene.restore_places()
        if operation is not None:
            self.view.intents.operation_requested.emit(operation)

    def cancel(self) -> None:
        self._settle()
        self.scene.restore_places()
        self.scene.select(self._was)

    def _settle(self) -> None:
        self.view.show_target(None)
        for node in self._nodes:
            self.scene.nodes[node].setZValue(Z_NODE)

    def _operation(self) -> Operation | None:
        places = {node: self.scene.nodes[node].pos() for node in self._nodes}
        moved = {node: (at.x(), at.y()) for node, at in places.items() if at != self._nodes[node]}
        parts: list[Operation] = [MoveNodes(moved)] if moved else []
        for note, before in self._notes.items():
            at = self.scene.notes[note].pos()
            if at != before:
                parts.append(
                    SetNote(note, replace(self.scene.notes[note].note, x=round(at.x()), y=round(at.y())))
                )
        if self._edge is not None:
            parts += self._splice(self._edge.edge)
            return Batch("splice", tuple(parts))
        return parts[0] if len(parts) == 1 else Batch("move_nodes", tuple(parts)) if parts else None

    def _spliced(self, pointer: Pointer) -> EdgeItem | None:
        """The edge that a single, unjoined node is held over, if it fits in."""
        if len(self._nodes) != 1 or self._notes:
            return None
        node = next(iter(self._nodes))
        placed = self.scene.nodes[node].placed
        if placed.joined_in or placed.joined_out:
            return None
        edge = self.view.edge_under(pointer.at)
        return edge if edge is not None and self._fits(edge) else None

    def _fits(self, edge: EdgeItem) -> bool:
        return bool(self._splice(edge.edge))

    def _splice(self, edge: Edge) -> tuple[Operation, ...]:
        node = next(iter(self._nodes))
        ends = self.view.types_of(edge)
        through = splice_ports(self.scene.nodes[node].placed.ports, *ends) if ends else None
        if through is None:
            return ()
        return (
            Disconnect(edge),
            Connect(Edge(edge.source, PortRef(node, through[0]))),
            Connect(Edge(PortRef(node, through[1]), edge.target)),
        )

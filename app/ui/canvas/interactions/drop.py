"""LibraryDrop: a step dragged in from the library, onto the canvas or onto an edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF

from app.sdk.ports import Ports
from app.ui.canvas.anatomy import HEADER, WIDTH, snapped
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.joining import splice_ports
from app.ui.canvas.placed import fresh_node, ports_of

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

MIME = "application/x-baton-node"  # holds "type" or "type#preset", UTF-8


def mime_for(entry: str) -> QMimeData:
    """What a library row puts on a drag; `entry` is "type" or "type#preset"."""
    data = QMimeData()
    data.setData(MIME, entry.encode())
    return data


class LibraryDrop:
    """Follows the drag; `drop` asks for the node."""

    def __init__(self, view: CanvasView, entry: str, ports: Ports) -> None:
        self._view = view
        self._entry = entry
        self._ports = ports

    @classmethod
    def from_mime(cls, view: CanvasView, data: QMimeData) -> LibraryDrop | None:
        """The drop of a type that exists here, else None."""
        if not data.hasFormat(MIME):
            return None
        entry = bytes(data.data(MIME).data()).decode("utf-8", "replace")
        node = fresh_node(entry, (), view.canvas.specs)
        return None if node is None else cls(view, entry, ports_of(node, view.canvas.specs))

    def move(self, at: QPointF) -> None:
        """Shows the edge into which the node would go."""
        edge = self._edge(at)
        self._view.show_target(edge.path().boundingRect() if edge else None)

    def drop(self, at: QPointF) -> None:
        """Asks for the node with its header under the pointer."""
        self._view.show_target(None)
        edge = self._edge(at)
        x, y = snapped(at.x() - WIDTH / 2), snapped(at.y() - HEADER / 2)
        self._view.intents.add_requested.emit(self._entry, x, y, edge.id if edge else "")

    def _edge(self, at: QPointF) -> EdgeItem | None:
        edge = self._view.edge_under(at)
        ends = self._view.types_of(edge.edge) if edge else None
        return edge if ends and splice_ports(self._ports, *ends) else None

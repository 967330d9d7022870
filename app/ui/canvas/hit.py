"""What lies at a point of the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtWidgets import QGraphicsItem

from app.document.workflow import PortRef
from app.ui.canvas.anatomy import FLAP_GAP, PORT_REACH
from app.ui.canvas.area_items import GroupItem, NoteItem
from app.ui.canvas.area_painter import HANDLE, title_bar
from app.ui.canvas.card_painter import badge_rect, header_rect
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.selection import Sort

Part: TypeAlias = Literal[
    "body", "header", "badge", "input", "output", "start", "end", "corner", "right edge"
]

_EDGE_REACH = 7  # screen pixels
_END_REACH = 22  # along an edge, from its end


@dataclass(frozen=True, slots=True)
class Hit:
    """`part` says which part; `port` is set for ports. At most one item is."""

    node: NodeItem | None = None
    edge: EdgeItem | None = None
    note: NoteItem | None = None
    group: GroupItem | None = None
    part: Part = "body"
    port: str = ""

    def __bool__(self) -> bool:
        return self.thing is not None

    @property
    def thing(self) -> tuple[Sort, str] | None:
        """What can be picked here, as the selection names it."""
        if self.node is not None:
            return "nodes", self.node.id
        if self.edge is not None:
            return "edges", self.edge.id
        if self.note is not None:
            return "notes", self.note.id
        return ("groups", self.group.id) if self.group is not None else None

    @property
    def port_ref(self) -> PortRef | None:
        return PortRef(self.node.id, self.port) if self.node and self.port else None


NO_HIT = Hit()


def hit_at(items: list[QGraphicsItem], point: QPointF, zoom: float, opened: NodeItem | None = None) -> Hit:
    """What a person means at a point; `items` lie around it, the topmost first.

    A port wins over everything, for it juts out of its card; a group is met only at its title.
    `opened` is the node whose flap is open: it lies over all others.
    """
    if opened is not None and (found := _flap_at(opened, point, max(PORT_REACH, 9 / zoom))):
        return found
    nodes = [item for item in items if isinstance(item, NodeItem)]
    for node in nodes:
        if found := _port_at(node, point, max(PORT_REACH, 9 / zoom)):
            return found
    for node in nodes:
        if node.area.contains(point):
            return _node_part(node, point)
    return _edge_at(items, point, zoom) or _area_at(items, point) or NO_HIT


def _edge_at(items: list[QGraphicsItem], point: QPointF, zoom: float) -> Hit | None:
    near = (item for item in items if isinstance(item, EdgeItem) and item.is_near(point, _EDGE_REACH / zoom))
    edge = next(near, None)
    return Hit(edge=edge, part=_edge_part(edge, point, zoom)) if edge else None


def _area_at(items: list[QGraphicsItem], point: QPointF) -> Hit | None:
    for item in items:
        if isinstance(item, NoteItem) and item.area.contains(point):
            corner = QRectF(item.area.right() - HANDLE, item.area.bottom() - HANDLE, HANDLE, HANDLE)
            return Hit(note=item, part="corner" if corner.contains(point) else "body")
    groups = (item for item in items if isinstance(item, GroupItem) and title_bar(item.area).contains(point))
    group = next(groups, None)
    return Hit(group=group) if group else None


def _port_at(node: NodeItem, point: QPointF, reach: float) -> Hit | None:
    anatomy = node.anatomy
    if not node.area.adjusted(-reach, -reach, reach, reach).contains(point):
        return None
    for name in anatomy.inputs:
        if _close(node.input_point(name), point, reach):
            return Hit(node=node, part="input", port=name)
    for name in (*anatomy.outputs, anatomy.error):
        if name and _close(node.output_point(name), point, reach):
            return Hit(node=node, part="output", port=name)
    return None


def _flap_at(node: NodeItem, point: QPointF, reach: float) -> Hit | None:
    for name in node.anatomy.quiet_inputs:
        if _close(node.input_point(name), point, reach):
            return Hit(node=node, part="input", port=name)
    for name in node.anatomy.quiet_outputs:
        if _close(node.output_point(name), point, reach):
            return Hit(node=node, part="output", port=name)
    # The gap between card and flap belongs to it, so that the way there doesn't close it.
    return Hit(node=node) if node.flap.adjusted(0, -FLAP_GAP, 0, 0).contains(point) else None


def _close(centre: QPointF, point: QPointF, reach: float) -> bool:
    return abs(centre.x() - point.x()) <= reach and abs(centre.y() - point.y()) <= reach


def _node_part(node: NodeItem, point: QPointF) -> Hit:
    inside = point - node.pos()
    if badge_rect(node.anatomy).contains(inside):
        return Hit(node=node, part="badge")
    if inside.x() > node.anatomy.width - 5:
        return Hit(node=node, part="right edge")
    return Hit(node=node, part="header" if header_rect(node.anatomy).contains(inside) else "body")


def _edge_part(edge: EdgeItem, point: QPointF, zoom: float) -> Part:
    reach = _END_REACH / min(1.0, zoom)
    if QLineF(edge.end, point).length() <= reach:
        return "end"
    return "start" if QLineF(edge.start, point).length() <= reach else "body"


def around(point: QPointF, zoom: float) -> tuple[QRectF, Qt.ItemSelectionMode]:
    """Where to look for items near a point."""
    reach = max(PORT_REACH, 9 / zoom) + 2
    area = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
    return area, Qt.ItemSelectionMode.IntersectsItemBoundingRect

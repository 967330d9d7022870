"""Which gesture a press begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.document.workflow import Edge, PortRef
from app.ui.canvas.edge_item import EdgeItem
from app.ui.canvas.hit import Hit
from app.ui.canvas.interactions.connect import ConnectPorts
from app.ui.canvas.interactions.gesture import Gesture, Pointer
from app.ui.canvas.interactions.move import Move
from app.ui.canvas.interactions.resize import ResizeCard, ResizeNote
from app.ui.canvas.interactions.rubber_band import RubberBand
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.selection import only

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView


def gesture_for(view: CanvasView, pointer: Pointer, hit: Hit) -> Gesture | None:
    """The gesture of a press with the left button; None where the press is all there is."""
    if hit.thing is None:
        return RubberBand(view, pointer)
    sort, item = hit.thing
    if view.read_only:
        view.canvas.select(only(sort, item))
        return None
    if hit.node is not None:
        return _on_node(view, pointer, hit, hit.node)
    if hit.edge is not None:
        return _on_edge(view, pointer, hit, hit.edge)
    if hit.note is not None and hit.part == "corner":
        return ResizeNote(view, pointer, hit.note)
    return Move(view, pointer, sort, item)


def _on_node(view: CanvasView, pointer: Pointer, hit: Hit, node: NodeItem) -> Gesture | None:
    if hit.part == "output" and hit.port_ref:
        return ConnectPorts(view, pointer, hit.port_ref, forward=True)
    if hit.part == "input" and hit.port_ref:
        return _from_input(view, pointer, hit.port_ref)
    if hit.part == "badge" and view.canvas.problems_of(node.id):
        view.canvas.select(only("nodes", node.id))
        view.intents.problem_requested.emit(node.id)
        return None
    if hit.part == "right edge":
        return ResizeCard(view, pointer, node)
    return Move(view, pointer, "nodes", node.id)


def _from_input(view: CanvasView, pointer: Pointer, port: PortRef) -> Gesture:
    """From a free input an edge is drawn backward; from a joined one its edge is picked up."""
    edge = _edge_into(view, port)
    if edge is None:
        return ConnectPorts(view, pointer, port, forward=False)
    return ConnectPorts(view, pointer, edge.source, forward=True, picked=edge)


def _edge_into(view: CanvasView, port: PortRef) -> Edge | None:
    edges = view.canvas.edges_of.get(port.node, ())
    return next((item.edge for item in reversed(edges) if item.edge.target == port), None)


def _on_edge(view: CanvasView, pointer: Pointer, hit: Hit, edge: EdgeItem) -> Gesture | None:
    selection = view.canvas.selection
    view.canvas.select(selection.toggled("edges", edge.id) if pointer.adds else only("edges", edge.id))
    if hit.part == "end":
        return ConnectPorts(view, pointer, edge.edge.source, forward=True, picked=edge.edge)
    if hit.part == "start":
        return ConnectPorts(view, pointer, edge.edge.target, forward=False, picked=edge.edge)
    return None

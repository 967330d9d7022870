"""Step looks: the title, kind and icon of a node for lists outside the canvas."""

from __future__ import annotations

from dataclasses import dataclass

from app.document.workflow import Graph, Node
from app.ui.canvas.card_facts import kind_of, preset_of, title_of
from app.ui.canvas.placed import NO_PORTS, Placed, SpecLookup


@dataclass(frozen=True, slots=True)
class StepLook:
    """`title` is as the person reads it; `kind` names the colour, `icon` the picture."""

    title: str
    kind: str
    icon: str


def step_look(node: Node | None, specs: SpecLookup, node_id: str = "") -> StepLook:
    """How a node is shown; a node that is gone keeps its id as its name."""
    if node is None:
        return StepLook(node_id, "unknown", "puzzle")
    spec = specs(node.type)
    placed = Placed(node, spec, NO_PORTS)
    preset = preset_of(placed)
    icon = (preset.icon if preset else "") or (spec.type.icon if spec else "puzzle")
    return StepLook(title_of(placed), kind_of(placed, preset), icon)


def find_node(graph: Graph | None, node_id: str) -> Node | None:
    """The node of an id, in the bodies of frames too."""
    if graph is None:
        return None
    if node_id in graph.nodes:
        return graph.nodes[node_id]
    inside = (find_node(node.body, node_id) for node in graph.nodes.values() if node.body)
    return next((node for node in inside if node), None)

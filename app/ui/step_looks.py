"""Step looks: the title, kind and icon of a node for lists outside the canvas."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.document.workflow import Graph, Node
from app.ui.canvas.card_facts import kind_of, preset_of, title_of
from app.ui.canvas.placed import NO_PORTS, Placed, SpecLookup


@dataclass(frozen=True, slots=True)
class StepLook:
    """`title` is as the person reads it; `kind` names the colour, `icon` the picture. `aside`: nobody placed it, an
    agent hands values to its tools by it.
    """

    title: str
    kind: str
    icon: str
    aside: bool = False


def step_look(node: Node | None, specs: SpecLookup, node_id: str = "") -> StepLook:
    """How a node is shown; a node that is gone keeps its id as its name."""
    if node is None:
        return StepLook(node_id, "unknown", "puzzle")
    spec = specs(node.type)
    placed = Placed(node, spec, NO_PORTS)
    preset = preset_of(placed)
    icon = (preset.icon if preset else "") or (spec.type.icon if spec else "puzzle")
    return StepLook(title_of(placed), kind_of(placed, preset), icon)


def inner_look(node_id: str, around: Node, specs: SpecLookup) -> StepLook:
    """How a step is shown that stands in no graph of the workflow: of a Sub-workflow, or made for an agent's tool."""
    look, spec = step_look(around, specs), specs(around.type)
    if spec is not None and spec.type.frame == "agent":
        return replace(look, aside=True)
    return replace(look, title=f"{look.title} › {node_id.partition('/')[2]}")


def find_node(graph: Graph | None, node_id: str) -> Node | None:
    """The node of an id, in the bodies of frames too."""
    if graph is None:
        return None
    if node_id in graph.nodes:
        return graph.nodes[node_id]
    inside = (find_node(node.body, node_id) for node in graph.nodes.values() if node.body)
    return next((node for node in inside if node), None)

"""Step looks: the title, kind and icon of a node for lists outside the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from app.document.part_steps import ids_around
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


def inner_look(node_id: str, around: Node, steps: Mapping[str, Node], specs: SpecLookup) -> StepLook:
    """How a step is shown that stands in no graph of the workflow: of a Sub-workflow, or made for an agent's tool. What
    is known of Sub-workflows lies in `steps`.
    """
    look, spec = step_look(around, specs), specs(around.type)
    if spec is not None and spec.type.frame == "agent":
        return replace(look, aside=True)
    titles = [look.title]
    for name in islice(ids_around(node_id), 1, None):
        look = step_look(steps.get(name), specs, name.rpartition("/")[2])
        titles.append(look.title)
    return replace(look, title=" › ".join(titles))


def find_node(graph: Graph | None, node_id: str) -> Node | None:
    """The node of an id, in the bodies of frames too."""
    if graph is None:
        return None
    if node_id in graph.nodes:
        return graph.nodes[node_id]
    inside = (find_node(node.body, node_id) for node in graph.nodes.values() if node.body)
    return next((node for node in inside if node), None)

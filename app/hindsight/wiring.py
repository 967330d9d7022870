"""What can be replayed: a cascade, or a cheap model whose check hands over to a strong one, wired by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.document.frames import graphs
from app.document.workflow import Graph, Node, Workflow
from app.sdk.fields import ModelChoice
from app.sdk.spec import FieldFault, NodeSpec

CASCADE = "model.cascade"
FAILED, VALUE = "failed", "value"

FindSpec = Callable[[str], NodeSpec | None]


@dataclass(frozen=True, slots=True)
class Wiring:
    """`cheap` answers, `check` says whether that will do, `strong` answers where it won't; in a cascade the three are
    one step. `graph` is where they stand.
    """

    graph: Graph
    cheap: Node
    check: Node
    strong: Node

    @property
    def is_cascade(self) -> bool:
        return self.cheap is self.strong

    @property
    def nodes(self) -> frozenset[str]:
        return frozenset((self.cheap.id, self.check.id, self.strong.id))


def wiring_of(workflow: Workflow, node: str, spec_of: FindSpec) -> Wiring | None:
    """The wiring that a step is part of; None where it is none of its three."""
    for _, graph in graphs(workflow):
        placed = graph.nodes.get(node)
        if placed is None:
            continue
        if placed.type == CASCADE:
            return Wiring(graph, placed, placed, placed)
        return next((one for one in wirings_in(graph, spec_of) if node in one.nodes), None)
    return None


def wirings_in(graph: Graph, spec_of: FindSpec) -> list[Wiring]:
    """Every cheap model whose check hands over to another model, and every cascade."""
    found = [Wiring(graph, node, node, node) for node in graph.nodes.values() if node.type == CASCADE]
    for edge in graph.edges:
        check, strong = graph.nodes[edge.source.node], graph.nodes[edge.target.node]
        if (
            edge.source.port != FAILED
            or not is_verifier(spec_of(check.type))
            or not model_of(strong, spec_of)
        ):
            continue
        source = next(
            (e.source.node for e in graph.edges if (e.target.node, e.target.port) == (check.id, VALUE)), ""
        )
        cheap = graph.nodes.get(source)
        if cheap is not None and cheap.id != strong.id and model_of(cheap, spec_of):
            found.append(Wiring(graph, cheap, check, strong))
    return found


def model_of(node: Node, spec_of: FindSpec) -> ModelChoice | None:
    """The one model that a step asks; None where it asks none or several."""
    spec = spec_of(node.type)
    if spec is None or spec.type.effect != "model" or spec.type.frame:
        return None
    try:
        fields: Any = spec.decode(node.fields)
    except FieldFault:
        return None
    choices = set(spec.type.models(fields))
    return choices.pop() if len(choices) == 1 else None


def is_verifier(spec: NodeSpec | None) -> bool:
    return spec is not None and spec.type.kind == "verifier"

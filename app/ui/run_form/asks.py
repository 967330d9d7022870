"""What a workflow asks for before a run, how many samples it keeps, and the models that it may call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from app.document.graph import every_node
from app.document.workflow import Node, Workflow
from app.sdk.fields import ModelChoice
from app.sdk.node_type import AskedInput, NodeType
from app.sdk.spec import NodeSpec
from app.ui.canvas.placed import SpecLookup, fields_of


@dataclass(frozen=True, slots=True)
class Asks:
    """`inputs` each once by name; `samples` is the number of sample rows; `models` those of all steps."""

    inputs: tuple[AskedInput, ...]
    samples: int
    models: tuple[ModelChoice, ...]


def asks_of(workflow: Workflow, specs: SpecLookup) -> Asks:
    """Steps that are switched off, unknown or unreadable ask for nothing."""
    inputs: dict[str, AskedInput] = {}
    models: dict[ModelChoice, None] = {}
    samples = 0
    for node in workflow.graph.nodes.values():
        for spec, fields in _readable(node, specs):
            inputs.update({asked.name: asked for asked in spec.type.asks(fields) if asked.name not in inputs})
            samples = max(samples, len(spec.type.samples(fields)))
    for node in every_node(workflow.graph):
        for spec, fields in _readable(node, specs):
            models.update(dict.fromkeys(spec.type.models(fields)))
    return Asks(tuple(inputs.values()), samples, tuple(models))


def keeps_samples(workflow: Workflow, specs: SpecLookup) -> bool:
    """Whether any step has sample rows; only those are read that can have some, for this is asked after every edit."""
    able = (node for node in workflow.graph.nodes.values() if _can_have_samples(specs(node.type)))
    return any(spec.type.samples(fields) for node in able for spec, fields in _readable(node, specs))


def _can_have_samples(spec: NodeSpec | None) -> bool:
    kind, plain = cast("Any", spec.type if spec else NodeType), cast("Any", NodeType)
    return kind.samples.__func__ is not plain.samples.__func__


def _readable(node: Node, specs: SpecLookup) -> Iterator[tuple[NodeSpec, Any]]:
    spec = specs(node.type)
    fields = fields_of(node, spec) if spec is not None and not node.disabled else None
    if spec is not None and fields is not None:
        yield spec, fields

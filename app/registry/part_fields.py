"""The settings of a Sub-workflow step for the workflow that it is to run."""

from __future__ import annotations

from app.document.json_codec import digest
from app.document.workflow import Json, JsonObject, Workflow
from app.registry.placed_ports import SpecLookup, fields_of, results_of


def part_fields(workflow: Workflow, spec_of: SpecLookup) -> JsonObject:
    """Which workflow it is, what it asks for and what it gives; all but where its file lies."""
    asked: dict[str, Json] = {}
    for node in workflow.graph.nodes.values():
        spec = spec_of(node.type)
        for ask in spec.type.asks(fields_of(node, spec)) if spec and not node.disabled else ():
            row: dict[str, Json] = {"name": ask.name, "type": ask.type}
            asked[ask.name] = row if ask.required and ask.default is None else {**row, "required": False}
    return {
        "name": workflow.name,
        "workflow": workflow.id,
        "digest": digest(workflow),
        "inputs": list(asked.values()),
        "results": list(results_of(workflow.graph, spec_of)),
    }

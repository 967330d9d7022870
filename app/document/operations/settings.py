"""Operations on what a node or the workflow says: fields, title, policies, limits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, final

from app.document.operations.operation import Operation, homes_of, inside, node_of, with_node, with_nodes
from app.document.workflow import Json, Workflow


@final
class Removed:
    """The one value that means: back to the type's default."""

    def __repr__(self) -> str:
        return "REMOVED"


REMOVED: Final = Removed()
FieldChange: TypeAlias = "Json | Removed"

NODE_ATTRIBUTES = frozenset(
    {"title", "note", "disabled", "cache", "on_error", "retry", "body", "type_version", "extra"},
)
WORKFLOW_ATTRIBUTES = frozenset({"name", "description", "inputs", "outputs", "settings", "requires"})


@dataclass(frozen=True, slots=True)
class SetFields:
    """Changes some fields of a node; `REMOVED` takes one back to its default."""

    code = "set_fields"
    node: str
    fields: Mapping[str, FieldChange]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        node = node_of(workflow, self.node)
        before: dict[str, FieldChange] = {name: node.fields.get(name, REMOVED) for name in self.fields}
        after = dict(node.fields)
        for name, value in self.fields.items():
            if isinstance(value, Removed):
                after.pop(name, None)
            else:
                after[name] = value
        return with_node(workflow, replace(node, fields=after)), SetFields(self.node, before)


@dataclass(frozen=True, slots=True)
class SetNode:
    """Changes attributes of a node (see NODE_ATTRIBUTES); its id and type stay for life."""

    code = "set_node"
    node: str
    attributes: Mapping[str, Any]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        node = node_of(workflow, self.node)
        before = _read(node, self.attributes, NODE_ATTRIBUTES)
        return with_node(workflow, replace(node, **self.attributes)), SetNode(self.node, before)


@dataclass(frozen=True, slots=True)
class SetDisabled:
    """Switches several nodes off or on."""

    code = "set_disabled"
    ids: Collection[str]
    disabled: bool

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        changed: list[str] = []
        for frame, ids in homes_of(workflow, self.ids).items():
            nodes = inside(workflow, frame).nodes
            altered = {
                node: replace(nodes[node], disabled=self.disabled)
                for node in ids
                if nodes[node].disabled != self.disabled
            }
            changed += altered
            workflow = with_nodes(workflow, altered, frame)
        return workflow, SetDisabled(tuple(changed), not self.disabled)


@dataclass(frozen=True, slots=True)
class SetWorkflow:
    """Changes what the workflow says of itself (see WORKFLOW_ATTRIBUTES)."""

    code = "set_workflow"
    attributes: Mapping[str, Any]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        before = _read(workflow, self.attributes, WORKFLOW_ATTRIBUTES)
        return replace(workflow, **self.attributes), SetWorkflow(before)


@dataclass(frozen=True, slots=True)
class ReplaceWorkflow:
    """Puts another workflow in its place: recovered work, or the file as it is on disk now."""

    code = "replace_workflow"
    workflow: Workflow

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        return self.workflow, ReplaceWorkflow(workflow)


def _read(source: object, attributes: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Any]:
    if unknown := attributes.keys() - allowed:
        raise ValueError(f"not to be set: {', '.join(sorted(unknown))}")
    return {name: getattr(source, name) for name in attributes}

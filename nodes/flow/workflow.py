"""Sub-workflow: run another workflow as one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from app.sdk.data_types import DataType
from app.sdk.fields import ChoiceField, FileField, ListField, RowsField, TextField, ToggleField
from app.sdk.node_type import ByPort, NodeType, Routes, WorkflowRule
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.value_types import VALUE_TYPES


@dataclass(frozen=True, slots=True)
class Asked:
    """One input of the other workflow."""

    name: Annotated[str, TextField(label="Name", required=True)] = ""
    type: Annotated[DataType, ChoiceField(label="Kind of value", options=VALUE_TYPES)] = "any"
    required: Annotated[bool, ToggleField(label="Must be there")] = True


@dataclass(frozen=True, slots=True)
class WorkflowFields:
    file: Annotated[
        str,
        FileField(
            label="Workflow file",
            help="Where it was taken from; what runs is the content that it had then.",
            endings=(".baton.json", ".json"),
            cosmetic=True,
        ),
    ] = ""
    name: Annotated[str, TextField(label="Name", advanced=True, cosmetic=True)] = ""
    workflow: Annotated[str, TextField(label="Its id", monospace=True, advanced=True)] = ""
    digest: Annotated[
        str, TextField(label="Its content", help="SHA-256 of what it does.", monospace=True, advanced=True)
    ] = ""
    inputs: Annotated[
        tuple[Asked, ...], RowsField(label="What it asks for", item="input", advanced=True)
    ] = ()
    results: Annotated[tuple[str, ...], ListField(label="What it gives", item="result", advanced=True)] = ()


class SubWorkflow(NodeType[WorkflowFields, ByPort, Routes]):
    """Runs another workflow as one step. What that one asks for comes in here, its results leave here, and what it
    costs is shown as a total of its own. What runs is the content that was chosen: if the file changes, you are asked.

    Example: one workflow checks an address, with an Ask "address" and an Output "clean". As a step it has the input
    "address" and the output "clean", wherever an address has to be checked.
    """

    id = "flow.workflow"
    title = "Sub-workflow"
    summary = "A workflow as one step"
    kind = "flow"
    category = "logic"
    icon = "workflow"
    frame = "workflow"

    @classmethod
    def ports(cls, fields: WorkflowFields) -> Ports:
        asked = {row.name: row for row in reversed(fields.inputs) if _can_be_named(row.name)}
        results = dict.fromkeys(name for name in fields.results if _can_be_named(name))
        return Ports(
            tuple(
                PortSpec(row.name, row.name, row.type, row.required, own_label=True)
                for row in fields.inputs
                if asked.get(row.name) is row
            ),
            tuple(PortSpec(name, name, "any", own_label=True) for name in results),
        )

    @classmethod
    def frame_rule(cls, fields: WorkflowFields) -> WorkflowRule:
        return WorkflowRule(fields.workflow, fields.digest, fields.name, fields.file)

    @classmethod
    def headline(cls, fields: WorkflowFields) -> str:
        return fields.name


def _can_be_named(name: str) -> bool:
    return bool(name.strip()) and name != ERROR_PORT

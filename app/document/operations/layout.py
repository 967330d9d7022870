"""Operations on where things lie: positions, widths, notes, groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from app.document.operations.operation import Operation, homes_of, node_of, pixels, with_layout
from app.document.workflow import Group, Note, Workflow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """Puts nodes at new places; None = no place of its own. Coordinates become whole pixels."""

    code = "move_nodes"
    positions: Mapping[str, tuple[float, float] | None]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        homes_of(workflow, self.positions)
        whole = {node: at and pixels(at) for node, at in self.positions.items()}
        places, before = _set(workflow.layout.positions, whole)
        return with_layout(workflow, replace(workflow.layout, positions=places)), MoveNodes(before)


@dataclass(frozen=True, slots=True)
class ResizeNodes:
    """Gives nodes a width in pixels; None = the usual one."""

    code = "resize_nodes"
    widths: Mapping[str, int | None]

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        homes_of(workflow, self.widths)
        widths, before = _set(workflow.layout.widths, self.widths)
        return with_layout(workflow, replace(workflow.layout, widths=widths)), ResizeNodes(before)


@dataclass(frozen=True, slots=True)
class SetNote:
    """Adds, replaces (text, place, size, colour) or, with None, removes a sticky note."""

    code = "set_note"
    id: str
    note: Note | None

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        note = self.note
        if note is not None:
            x, y = pixels((note.x, note.y))
            note = replace(note, x=x, y=y)
            if note.frame:
                node_of(workflow, note.frame)
        notes, before = _set(workflow.layout.notes, {self.id: note})
        return with_layout(workflow, replace(workflow.layout, notes=notes)), SetNote(self.id, before[self.id])


@dataclass(frozen=True, slots=True)
class SetGroup:
    """Adds, replaces or, with None, dissolves a group; its nodes stay."""

    code = "set_group"
    id: str
    group: Group | None

    def apply(self, workflow: Workflow) -> tuple[Workflow, Operation]:
        group = self.group
        if group is not None:
            homes_of(workflow, group.nodes)
            group = replace(group, nodes=tuple(sorted(set(group.nodes))))
        groups, before = _set(workflow.layout.groups, {self.id: group})
        return with_layout(workflow, replace(workflow.layout, groups=groups)), SetGroup(
            self.id, before[self.id]
        )


def _set(
    content: Mapping[str, T], changes: Mapping[str, T | None]
) -> tuple[dict[str, T], dict[str, T | None]]:
    """The mapping with the changes made (None removes), and the changes that undo them."""
    before = {key: content.get(key) for key in changes}
    after = {**content, **{key: value for key, value in changes.items() if value is not None}}
    for key, value in changes.items():
        if value is None:
            after.pop(key, None)
    return after, before

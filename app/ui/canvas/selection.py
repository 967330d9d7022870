"""The selection: which nodes, edges, notes and groups are picked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["nodes", "edges", "notes", "groups"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Ids by what they are ids of."""

    nodes: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset()
    notes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.nodes or self.edges or self.notes or self.groups)

    def __len__(self) -> int:
        return len(self.nodes) + len(self.edges) + len(self.notes) + len(self.groups)

    def holds(self, sort: Sort, item: str) -> bool:
        return item in getattr(self, sort)

    def toggled(self, sort: Sort, item: str) -> Selection:
        """With the item if it wasn't there, without it if it was."""
        return replace(self, **{sort: getattr(self, sort) ^ {item}})

    def united(self, other: Selection) -> Selection:
        return Selection(
            self.nodes | other.nodes,
            self.edges | other.edges,
            self.notes | other.notes,
            self.groups | other.groups,
        )


NOTHING = Selection()


def only(sort: Sort, item: str) -> Selection:
    """A selection of one thing."""
    return replace(NOTHING, **{sort: frozenset({item})})

"""Wanted: a value that a text refers to but no link brings yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.document.workflow import Json
from app.ui.inspector.around import Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """`value_with(reference)` is the field's value once `{{…}}` for the source has a name."""

    source: Source
    value_with: Callable[[str], Json]

    def inside(self, wrap: Callable[[Json], Json]) -> Wanted:
        """The same wish for a field that holds this one's."""
        return Wanted(self.source, lambda reference: wrap(self.value_with(reference)))

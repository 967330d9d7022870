"""Trust facts: what the sheet's words need besides the sheet: titles, places and this machine's models."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.adapters.shelf import ConnectionLine, ModelLine, Shelf
from app.document.workflow import Workflow
from app.planner.look_alikes import readable
from app.sdk.fields import ConnectionField, ModelChoice
from app.ui.canvas.placed import SpecLookup, fields_of
from app.ui.plain import one_line
from app.ui.step_looks import find_node, step_look


@dataclass(frozen=True, slots=True)
class TrustFacts:
    """`folder` is where relative paths of the workflow start."""

    workflow: Workflow
    specs: SpecLookup
    shelf: Shelf
    folder: Path

    def step(self, node: str) -> str:
        """A step's title as one line."""
        found = find_node(self.workflow.graph, node)
        return one_line(step_look(found, self.specs, node).title, 60)

    def steps(self, nodes: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.step(node) for node in nodes)

    def place(self, path: str) -> str:
        """The whole path that a path of the file means here; nothing is looked up on the disk."""
        try:
            wanted = Path(path).expanduser()
        except RuntimeError:  # "~somebody" whom this computer doesn't know
            wanted = Path(path)
        return os.path.normpath(self.folder / wanted)

    def host(self, target: str) -> str:
        """A host as people read it; coded letters beside what they stand for."""
        shown = readable(target)
        return one_line(shown if shown == target else f"{shown} ({target})", 120)

    def model(self, target: str, nodes: Sequence[str] = ()) -> ModelLine | None:
        """The model of this machine that a `role` or `connection/model` of these steps leads to."""
        connection, slash, model = target.partition("/")
        choice = ModelChoice(connection=connection, model=model) if slash else ModelChoice(role=target)
        asked = (found for node in nodes for found in self._choices(node) if found.target == target)
        return self.shelf.model(next(asked, choice))

    def _choices(self, node_id: str) -> tuple[ModelChoice, ...]:
        node = find_node(self.workflow.graph, node_id)
        spec = self.specs(node.type) if node else None
        fields = fields_of(node, spec) if node and spec else None
        return spec.type.models(fields) if spec and fields is not None else ()

    def connections_for(self, nodes: Sequence[str]) -> list[ConnectionLine]:
        """The person's connections that these steps could use."""
        kinds = {kind for node in nodes for kind in self._kinds(node)}
        return [
            line
            for line in self.shelf.connections
            if line.kind in kinds or (not kinds and line.kind != "embedded")
        ]

    def _kinds(self, node_id: str) -> tuple[str, ...]:
        node = find_node(self.workflow.graph, node_id)
        spec = self.specs(node.type) if node else None
        fields = [spec_field.field for spec_field in spec.fields] if spec else []
        return tuple(kind for field in fields if isinstance(field, ConnectionField) for kind in field.kinds)

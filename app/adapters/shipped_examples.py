"""The shipped examples in a person's language: what people read in them; what models read stays as it was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, cast

from app.adapters.workflow_files import read_file
from app.document.workflow import Json, Node, Workflow
from app.settings import resource_folder

Texts: TypeAlias = Mapping[str, Any]  # name, description, nodes, asked, notes and groups of one example

_ENDING = ".baton.json"


def example_paths() -> list[Path]:
    """Their files, by name."""
    return sorted(_folder().glob(f"*{_ENDING}"))


def texts_of(path: Path, language: str) -> Texts:
    """What stands in an example instead of its English; nothing where it is shown as it is."""
    return _texts(language).get(path.name.removesuffix(_ENDING), {})


def in_language(path: Path, workflow: Workflow, language: str) -> Workflow:
    """The example of this file with its titles, questions and notes in a language."""
    texts = texts_of(path, language)
    if path.parent != _folder() or not texts:
        return workflow
    graph, layout = workflow.graph, workflow.layout
    nodes = {name: _node(node, texts) for name, node in graph.nodes.items()}
    notes = {
        name: replace(note, text=texts["notes"].get(name, note.text)) for name, note in layout.notes.items()
    }
    groups = {
        name: replace(group, title=texts["groups"].get(name, group.title))
        for name, group in layout.groups.items()
    }
    return replace(
        workflow,
        name=texts["name"],
        description=texts["description"],
        graph=replace(graph, nodes=nodes),
        layout=replace(layout, notes=notes, groups=groups),
    )


def as_shipped(path: Path) -> Iterator[Workflow]:
    """An example as it comes in each language. Raises ProblemError."""
    workflow = read_file(path).workflow
    yield workflow
    for table in _folder().glob("*.json"):
        if not table.name.endswith(_ENDING):
            yield in_language(path, workflow, table.stem)


def _node(node: Node, texts: Texts) -> Node:
    title, labels = texts["nodes"].get(node.id, node.title), texts["asked"].get(node.id, {})
    if not labels:
        return replace(node, title=title)
    asked = [
        {**one, "label": labels.get(one["name"], one.get("label", ""))}
        for one in cast("list[dict[str, Json]]", node.fields["asked"])
    ]
    return replace(node, title=title, fields={**node.fields, "asked": asked})


@cache
def _texts(language: str) -> Mapping[str, Texts]:
    path = _folder() / f"{language}.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _folder() -> Path:
    return resource_folder() / "examples"

"""The shipped examples in every language: all that people read, nothing that models read, and trusted as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from app.adapters.reviewed_store import ReviewedStore
from app.adapters.shipped_examples import as_shipped, example_paths, in_language, texts_of
from app.adapters.workflow_files import read_file
from app.document.json_codec import digest
from app.document.workflow import Workflow
from app.texts import lookup
from tests.journals import profile

PATHS = example_paths()


def read_by_people(workflow: Workflow) -> Iterator[tuple[str, ...]]:
    """Where the texts of an example stand that people read on its canvas and in its forms."""
    for name, node in workflow.graph.nodes.items():
        if node.title:
            yield "nodes", name
        for one in cast("list[dict[str, Any]]", node.fields.get("asked", [])):
            yield "asked", name, one["name"]
    for name in workflow.layout.notes:
        yield "notes", name
    for name in workflow.layout.groups:
        yield "groups", name


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_every_text_has_its_chinese_and_none_is_left_over(path: Path) -> None:
    texts = texts_of(path, "zh-CN")
    there = {("asked", node, name) for node, of_node in texts["asked"].items() for name in of_node}
    there |= {(part, name) for part in ("nodes", "notes", "groups") for name in texts[part]}
    assert there == set(read_by_people(read_file(path).workflow))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_only_what_people_read_is_another(path: Path) -> None:
    english = read_file(path).workflow
    chinese = in_language(path, english, "zh-CN")
    assert in_language(path, english, "en") == english
    code = f"example.{path.name.removesuffix('.baton.json')}"
    assert (chinese.name, chinese.description) == (
        lookup(f"{code}.title", "zh-CN"),
        lookup(f"{code}.summary", "zh-CN"),
    )
    for name, node in chinese.graph.nodes.items():
        before = english.graph.nodes[name]
        fields = {**node.fields, "asked": before.fields["asked"]} if "asked" in node.fields else node.fields
        assert replace(node, title=before.title, fields=fields) == before
    assert chinese.graph.edges == english.graph.edges


def test_a_file_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    workflow = read_file(PATHS[0]).workflow
    assert in_language(tmp_path / PATHS[0].name, workflow, "zh-CN") == workflow


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_an_example_is_trusted_in_each_language(path: Path, tmp_path: Path) -> None:
    reviewed = ReviewedStore(profile(tmp_path))
    assert all(reviewed.shipped(digest(workflow)) for workflow in as_shipped(path))

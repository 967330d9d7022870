"""Problem words: whatever a sentence names is called as people read it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import texts
from app.document.workflow import Graph, Node, Workflow
from app.planner.checks import required_inputs_are_joined
from app.planner.draft import draft_of
from app.registry.discovery import discover
from app.ui.problem_words import what_happened


@pytest.fixture
def chinese() -> Iterator[None]:
    texts.set_language("zh-CN")
    yield
    texts.set_language("en")


@pytest.mark.usefixtures("chinese")
def test_an_input_that_nothing_leads_to_has_its_name_of_the_card() -> None:
    workflow = Workflow("w", "W", graph=Graph({"c": Node("c", "verifier.check")}))
    (problem,) = required_inputs_are_joined(draft_of(workflow, discover().get))
    assert problem.args["port"] == "Value"
    assert "“值”" in what_happened(problem)

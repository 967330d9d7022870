"""Problems name steps by their titles where these are known."""

from __future__ import annotations

from app.document.problem import Problem
from app.document.problem_names import with_titles
from app.document.workflow import Node
from tests.flows import flow

WORKFLOW = flow({"a": Node("a", "flow.merge", title="Gather"), "text": Node("text", "model.text")}, [])


def titles(node: Node) -> str:
    return node.title or f"<{node.type}>"


def test_a_circle_is_told_in_titles_and_what_is_not_there_by_its_id() -> None:
    problem = Problem("workflow.cycle", node="a", args={"nodes": ("a", "text", "gone")})
    assert with_titles(problem, WORKFLOW, titles).args["nodes"] == ("Gather", "<model.text>", "gone")
    assert with_titles(problem, None, titles) == problem


def test_the_ends_of_a_link_are_told_in_titles() -> None:
    args = {"source": "a", "target": "z", "source_port": "text", "target_port": "a", "missing": "z"}
    shown = with_titles(Problem("file.edge_to_nowhere", args=args), WORKFLOW, titles).args
    assert shown == {**args, "source": "Gather"}


def test_a_word_that_happens_to_be_an_id_stays() -> None:
    problem = Problem("edge.types_clash", args={"source": "text", "target": "number"})
    assert with_titles(problem, WORKFLOW, titles) == problem

from __future__ import annotations

import pytest

from app.document.picking import input_for, pick
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Node, PortRef, Workflow
from app.sdk.references import inputs_of

BEFORE = Workflow(
    "w",
    "",
    graph=Graph(
        {name: Node(name, "t", fields={"prompt": "Hi"}) for name in "abc"},
        (Edge(PortRef("a", "text"), PortRef("b", "message")),),
    ),
)


def test_picking_changes_the_text_and_joins_in_one_step() -> None:
    source = PortRef("c", "answer")
    name = input_for(BEFORE, "b", source, ["message"])
    after, inverse = pick(BEFORE, "b", "prompt", "Hi {{answer.first}}", source, name).apply(BEFORE)
    assert after.graph.nodes["b"].fields["prompt"] == "Hi {{answer.first}}"
    assert Edge(source, PortRef("b", "answer")) in after.graph.edges
    assert inverse.apply(after)[0] == BEFORE


def test_what_is_joined_already_is_used_again() -> None:
    source = PortRef("a", "text")
    assert input_for(BEFORE, "b", source, ["message"]) == "message"
    after, _ = pick(BEFORE, "b", "prompt", "{{message}}", source, "message").apply(BEFORE)
    assert after.graph.edges == BEFORE.graph.edges


@pytest.mark.parametrize(
    ("port", "taken", "name"),
    [
        ("text", [], "text"),
        ("text", ["text", "text_2"], "text_3"),
        ("message", [], "message_2"),  # an edge has it
        ("a > b", [], "a_b"),
        ("1st", [], "input_1st"),
        ("-", [], "input"),
        ("通过", [], "通过"),
    ],
)
def test_names_can_be_written_in_references(port: str, taken: list[str], name: str) -> None:
    found = input_for(BEFORE, "b", PortRef("c", port), taken)
    assert found == name
    assert inputs_of(f"{{{{{found}.sub}}}}") == (found,)


def test_picking_from_a_later_step_is_refused() -> None:
    with pytest.raises(ProblemError) as refused:
        pick(BEFORE, "a", "prompt", "{{x}}", PortRef("b", "text"), "x")
    assert refused.value.problems[0].code == "edit.would_loop"

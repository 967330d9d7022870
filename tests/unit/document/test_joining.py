from __future__ import annotations

import pytest

from app.document.joining import MergeOffer, MergeType, insert_merge, join
from app.document.operations import Connect
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Layout, Node, PortRef, Workflow


def edge(source: str, target: str, port: str = "in") -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, port))


BEFORE = Workflow(
    "w",
    "",
    graph=Graph({name: Node(name, "t") for name in "abc"}, (edge("a", "c"),)),
    layout=Layout(positions={"a": (0, 0), "c": (600, 100)}),
)


def test_a_free_input_is_simply_joined() -> None:
    assert join(BEFORE, edge("b", "c", "other"), many=False) == Connect(edge("b", "c", "other"))


def test_an_input_for_many_takes_many() -> None:
    assert join(BEFORE, edge("b", "c"), many=True) == Connect(edge("b", "c"))


def test_a_taken_input_offers_a_merge() -> None:
    offer = join(BEFORE, edge("b", "c"), many=False)
    assert offer == MergeOffer(edge("a", "c"), edge("b", "c"))
    assert isinstance(offer, MergeOffer)
    after, inverse = offer.merged(BEFORE, MergeType()).apply(BEFORE)
    (merge,) = [node for node in after.graph.nodes.values() if node.type == "flow.merge"]
    assert set(after.graph.edges) == {
        edge("a", merge.id, "values"),
        edge("b", merge.id, "values"),
        Edge(PortRef(merge.id, "value"), PortRef("c", "in")),
    }
    assert after.layout.positions[merge.id] == (288, 48)  # halfway, on the grid
    assert inverse.apply(after)[0] == BEFORE  # one step back


def test_a_taken_input_may_also_change_its_source() -> None:
    offer = MergeOffer(edge("a", "c"), edge("b", "c"))
    after, _ = offer.replaced().apply(BEFORE)
    assert after.graph.edges == (edge("b", "c"),)


def test_a_merge_without_places_gets_none() -> None:
    bare = Workflow("w", "", graph=BEFORE.graph)
    after, _ = insert_merge(bare, edge("a", "c"), edge("b", "c"), MergeType()).apply(bare)
    assert after.layout.positions == {}


@pytest.mark.parametrize(
    ("wanted", "code"),
    [(edge("a", "c"), "already_linked"), (edge("c", "a"), "would_loop"), (edge("a", "a"), "would_loop")],
)
def test_refusals(wanted: Edge, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        join(BEFORE, wanted, many=False)
    assert refused.value.problems[0].code == f"edit.{code}"

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.frames import graph_at, graphs
from app.document.graph import every_node
from app.document.ids import new_id
from app.document.json_codec import read, write
from app.document.operations import AddNodes
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Group, Layout, Node, Note, PortRef, Workflow
from app.document.wrapping import BorderTypes, Wrapper, unwrap, wrap
from tests.strategies import workflows

BORDER = BorderTypes()
WRAPPER = Wrapper(Node("f", "flow.for_each"), frozenset({"items", "failed"}), "items")


def edge(source: str, target: str) -> Edge:
    one, port = source.split(".")
    other, into = target.split(".")
    return Edge(PortRef(one, port), PortRef(other, into))


def sample() -> Workflow:
    """Two sources feed b, b feeds c, c feeds d."""
    edges = (
        edge("list.rows", "b.text"),
        edge("rate.value", "b.rate"),
        edge("b.text", "c.text"),
        edge("c.text", "d.value"),
    )
    nodes = {name: Node(name, "t") for name in ("list", "rate", "b", "c", "d")}
    layout = Layout(
        positions={"list": (0, 0), "b": (400, 0), "c": (800, 100), "d": (1200, 0)},
        widths={"c": 300},
        notes={"n": Note("Why", 420, 300)},
        groups={"g": Group("Both", ("b", "c"))},
    )
    return Workflow("w", "", graph=Graph(nodes, tuple(sorted(edges))), layout=layout)


def types(port: PortRef) -> str:
    return {"list": "table", "rate": "number"}.get(port.node, "text")


def test_what_crossed_becomes_ports_and_one_step_takes_it_back() -> None:
    before = sample()
    after, inverse = wrap(before, {"b", "c", "n"}, WRAPPER, BORDER, types).apply(before)
    assert set(after.graph.nodes) == {"list", "rate", "d", "f"}
    assert set(after.graph.edges) == {
        edge("list.rows", "f.items"),
        edge("rate.value", "f.value"),
        edge("f.text", "d.value"),
    }
    body = graph_at(after, "f")
    assert body is not None
    (giver,) = [n for n in body.nodes.values() if n.type == "flow.inputs"]
    (result,) = [n for n in body.nodes.values() if n.type == "output.output"]
    assert giver.fields["given"] == [
        {"name": "rows", "source": "item"},
        {"name": "value", "source": "port", "type": "number"},
    ]
    assert result.fields == {"name": "text"}
    assert set(body.edges) == {
        edge(f"{giver.id}.rows", "b.text"),
        edge(f"{giver.id}.value", "b.rate"),
        edge("b.text", "c.text"),
        edge("c.text", f"{result.id}.value"),
    }
    assert after.layout.groups == before.layout.groups
    assert after.layout.widths == before.layout.widths
    assert after.layout.notes["n"].frame == "f"
    assert inverse.apply(after)[0] == before


def test_unpacking_joins_again_what_the_border_had_parted() -> None:
    before = sample()
    wrapped, _ = wrap(before, {"b", "c", "n"}, WRAPPER, BORDER, types).apply(before)
    after, inverse = unwrap(wrapped, "f", BORDER, "items").apply(wrapped)
    assert after.graph == before.graph
    assert after.layout == before.layout
    assert inverse.apply(after)[0] == wrapped


def test_it_works_inside_a_frame_as_well() -> None:
    outer = Workflow("o", "", graph=Graph({"top": Node("top", "t", body=Graph())}))
    before, _ = AddNodes(tuple(sample().graph.nodes.values()), {}, sample().graph.edges, "top").apply(outer)
    after, inverse = wrap(before, {"b"}, WRAPPER, BORDER, types).apply(before)
    assert set(after.graph.nodes) == {"top"}
    body = graph_at(after, "top")
    assert body is not None
    assert {"f", "list", "rate", "c", "d"} == set(body.nodes)
    assert inverse.apply(after)[0] == before
    again, _ = unwrap(after, "f", BORDER, "items").apply(after)
    assert again.graph == before.graph


def test_names_at_the_border_are_told_apart() -> None:
    nodes = {name: Node(name, "t") for name in ("a", "b", "c", "d")}
    edges = (edge("a.text", "c.x"), edge("b.text", "c.y"), edge("c.items", "d.z"))
    before = Workflow("w", "", graph=Graph(nodes, tuple(sorted(edges))))
    after, _ = wrap(before, {"c"}, WRAPPER, BORDER, types).apply(before)
    assert {e.target.port for e in after.graph.edges if e.target.node == "f"} == {"text", "text_2"}
    assert {e.source.port for e in after.graph.edges if e.source.node == "f"} == {"items_2"}


def test_a_frame_that_would_wait_for_itself_is_refused() -> None:
    with pytest.raises(ProblemError) as caught:
        wrap(sample(), {"b", "d"}, WRAPPER, BORDER, types)
    assert (caught.value.problems[0].code, caught.value.problems[0].node) == ("edit.would_surround", "c")
    with pytest.raises(ProblemError, match="nothing_to_wrap"):
        wrap(sample(), {"n"}, WRAPPER, BORDER, types)


def test_an_empty_frame_unpacks_to_nothing() -> None:
    before = Workflow("w", "", graph=Graph({"f": Node("f", "flow.for_each", body=Graph())}))
    after, inverse = unwrap(before, "f", BORDER).apply(before)
    assert list(every_node(after.graph)) == []
    assert inverse.apply(after)[0] == before


@given(st.data())
def test_whatever_is_wrapped_or_unpacked_comes_back_exactly(data: st.DataObject) -> None:
    before = data.draw(workflows())
    nodes = list(every_node(before.graph))
    frames = [node.id for node in nodes if node.body is not None]
    frame = Node(new_id({node.id for node in nodes}), "flow.for_each")
    _, level = data.draw(st.sampled_from(list(graphs(before))))
    picked = data.draw(st.sets(st.sampled_from(sorted(level.nodes)))) if level.nodes else set[str]()
    try:
        if frames and data.draw(st.booleans()):
            operation = unwrap(before, data.draw(st.sampled_from(frames)), BORDER, "items")
        else:
            wrapper = Wrapper(frame, frozenset({"items"}), "items")
            operation = wrap(before, picked, wrapper, BORDER, lambda _: "list")
    except ProblemError:
        return
    after, inverse = operation.apply(before)
    back, again = inverse.apply(after)
    assert back == before
    assert again.apply(back)[0] == after
    assert write(read(write(after)).workflow) == write(after)

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings

from app.document.fragment import copy, paste
from app.document.graph import every_node
from app.document.json_codec import read, write
from app.document.problem import ProblemError
from app.document.workflow import Edge, Graph, Group, Layout, Node, Note, PortRef, Workflow
from tests.strategies import workflows


def edge(source: str, target: str) -> Edge:
    return Edge(PortRef(source, "out"), PortRef(target, "in"))


def sample() -> Workflow:
    frame = Node("f", "flow.map", body=Graph({"i": Node("i", "t"), "j": Node("j", "t")}, (edge("i", "j"),)))
    nodes = {"a": Node("a", "t", title="First"), "b": Node("b", "t"), "f": frame}
    layout = Layout(
        positions={"a": (100, 50), "b": (300, 80), "f": (500, 50), "i": (7, 9)},
        widths={"b": 320},
        notes={"n": Note("Hi", 90, 300)},
        groups={"g": Group("Both", ("a", "b"))},
    )
    return Workflow("w", "Sample", graph=Graph(nodes, (edge("a", "b"), edge("b", "f"))), layout=layout)


EMPTY = Workflow("empty", "")


def everything(workflow: Workflow) -> set[str]:
    return set(workflow.graph.nodes) | set(workflow.layout.notes) | set(workflow.layout.groups)


@settings(max_examples=50)
@given(workflows())
def test_what_is_pasted_is_what_was_copied(workflow: Workflow) -> None:
    if not workflow.graph.nodes and not workflow.layout.notes:
        return
    copied = copy(workflow, everything(workflow))
    pasted, _ = paste(copied, EMPTY, 0, 0).apply(EMPTY)
    assert read(copied).workflow.graph == workflow.graph
    # Both were read from the same bytes, so their nodes come in the same order: that is the mapping.
    fragment = read(copied).workflow
    new = {
        old.id: node.id
        for old, node in zip(every_node(fragment.graph), every_node(pasted.graph), strict=True)
    }
    assert len(set(new.values())) == len(new)
    assert new.keys().isdisjoint(new.values())
    assert _renamed(fragment.graph, new) == pasted.graph
    assert {new[name]: width for name, width in fragment.layout.widths.items()} == pasted.layout.widths
    assert [note.text for note in fragment.layout.notes.values()] == [
        n.text for n in pasted.layout.notes.values()
    ]
    assert [sorted(new[name] for name in group.nodes) for group in fragment.layout.groups.values()] == [
        list(group.nodes) for group in pasted.layout.groups.values()
    ]


def _renamed(graph: Graph, new: Mapping[str, str]) -> Graph:
    def end(port: PortRef) -> PortRef:
        return replace(port, node=new[port.node])

    nodes = [
        replace(n, id=new[n.id], body=_renamed(n.body, new) if n.body else None) for n in graph.nodes.values()
    ]
    edges = [replace(e, source=end(e.source), target=end(e.target)) for e in graph.edges]
    return Graph({node.id: node for node in nodes}, tuple(sorted(edges)))


def test_ids_are_new_and_places_are_kept_to_each_other() -> None:
    workflow = sample()
    pasted, inverse = paste(copy(workflow, everything(workflow)), workflow, 1000, 2000).apply(workflow)
    assert len(pasted.graph.nodes) == 6
    assert inverse.apply(pasted)[0] == workflow
    new = [node for node in pasted.graph.nodes.values() if node.id not in workflow.graph.nodes]
    first = next(node for node in new if node.title == "First")
    # the corner is that of note (left) and nodes (top)
    assert pasted.layout.positions[first.id] == (1010, 2000)
    (note,) = [n for name, n in pasted.layout.notes.items() if name != "n"]
    assert (note.x, note.y) == (1000, 2250)
    (group,) = [g for name, g in pasted.layout.groups.items() if name != "g"]
    assert first.id in group.nodes
    frame = next(node for node in new if node.body)
    assert frame.body is not None
    inner = list(frame.body.nodes)
    assert {"i", "j"}.isdisjoint(inner)
    assert [frame.body.edges[0].source.node in inner, frame.body.edges[0].target.node in inner] == [
        True,
        True,
    ]
    assert (7, 9) in [pasted.layout.positions.get(name) for name in inner]  # a body's own places stay


def test_edges_to_what_is_not_copied_are_left_behind() -> None:
    fragment = read(copy(sample(), {"b", "f"})).workflow
    assert fragment.graph.edges == (edge("b", "f"),)
    assert fragment.layout.groups == {}  # only a whole group comes along


def test_the_clipboard_holds_a_workflow_file() -> None:
    loaded = read(copy(sample(), {"a"}))
    assert loaded.workflow.graph.nodes == {"a": Node("a", "t", title="First")}


def test_a_whole_file_can_be_pasted_as_text() -> None:
    pasted, _ = paste(write(sample()), EMPTY, 0, 0).apply(EMPTY)
    assert len(pasted.graph.nodes) == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Dear Sir", "file.not_json"),
        (b"{}", "file.not_a_workflow"),
        (write(EMPTY), "edit.nothing_to_paste"),
        (b"\xff\xd8\xff", "file.not_utf8"),
    ],
)
def test_what_is_no_fragment_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        paste(data, EMPTY, 0, 0)
    assert refused.value.problems[0].code == code


def test_pasting_beyond_the_limit_is_refused() -> None:
    many = Workflow("m", "", graph=Graph({f"n{at}": Node(f"n{at}", "t") for at in range(3000)}))
    with pytest.raises(ProblemError) as refused:
        paste(write(many), many, 0, 0).apply(many)
    assert refused.value.problems[0].code == "edit.too_many_nodes"


def test_every_paste_makes_ids_of_its_own() -> None:
    data = copy(sample(), {"a", "b"})
    once, _ = paste(data, EMPTY, 0, 0).apply(EMPTY)
    twice, _ = paste(data, once, 0, 0).apply(once)
    assert len(twice.graph.nodes) == 4

"""Generated workflows and operations: odd texts, unknown types and keys, frames, notes, groups."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import strategies as st

from app.document.frames import TOP, graphs
from app.document.graph import every_node
from app.document.ids import new_id
from app.document.operations import (
    REMOVED,
    AddNodes,
    Batch,
    Connect,
    Disconnect,
    MoveNodes,
    Operation,
    RemoveNodes,
    ReplaceWorkflow,
    ResizeNodes,
    SetDisabled,
    SetFields,
    SetGroup,
    SetNode,
    SetNote,
    SetWorkflow,
)
from app.document.workflow import (
    Edge,
    Graph,
    Group,
    Layout,
    Node,
    Note,
    OnError,
    PortRef,
    Retry,
    Settings,
    Workflow,
)

T = TypeVar("T")

ODD_TEXTS = (
    "",
    "two\nlines",
    "\n",
    "ends with a line end\n",
    "\r\nWindows\r\n",
    "你好，世界\n第二行",
    "<img src=file:///etc/passwd>",
    "{{message.text | first 3}}",
    "right\u202eto left, zero\u200bwidth, \U000e0041 tag, \ufeff mark, \u2028 line",
    "👩‍🔬 e\u0301 \x00 \x7f \x1b[31m",
    '"quotes" \\ back/slash',
)
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=12)
names = st.sampled_from(["text", "value", "通过", "a b", "x>y.z"]) | st.text(
    st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=6
)
ids = st.text("abcxyz0189_-", min_size=1, max_size=4).filter(lambda text: text[0] not in "_-")
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain_values: st.SearchStrategy[Any] = st.none() | st.booleans() | numbers | texts


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2)


json_values = plain_values | containers(plain_values | containers(plain_values))
objects = st.dictionaries(texts, json_values, max_size=2)
one_or_two_unknown = st.dictionaries(
    st.sampled_from(["x-one", "x-two", "新"]), json_values, min_size=1, max_size=2
)
unknown_keys = st.just(dict[str, Any]()) | one_or_two_unknown
pixels = st.integers(-5000, 5000)
seconds = st.none() | st.floats(0.001, 1e6) | st.integers(1, 1000).map(float)


@st.composite
def left_over(draw: st.DrawFn, *records: str) -> dict[str, Any]:
    """Unknown keys of an object, and of some of its inner records."""
    extra: dict[str, Any] = dict(draw(unknown_keys))
    for record in records:
        if inner := draw(unknown_keys):
            extra[record] = inner
    return extra


@st.composite
def nodes(draw: st.DrawFn, name: str, body: Graph | None = None) -> Node:
    return Node(
        id=name,
        type=draw(st.sampled_from(["model.text", "intent.ask", "no.such.type", "未知"])),
        type_version=draw(st.integers(1, 9)),
        title=draw(texts),
        fields=draw(objects),
        on_error=draw(
            st.just(OnError()) | st.builds(OnError, st.sampled_from(["fallback", "skip"]), json_values)
        ),
        retry=draw(st.just(Retry()) | st.builds(Retry, st.integers(1, 9), seconds)),
        disabled=draw(st.booleans()),
        note=draw(texts),
        body=body,
        extra=draw(left_over("onError", "retry", *(["body"] if body else []))),
    )


def edges_between(names: list[str]) -> st.SearchStrategy[Edge]:
    ends = st.builds(PortRef, st.sampled_from(names), globals()["names"])
    return st.builds(Edge, ends, ends, left_over("from", "to"))


@st.composite
def nested(draw: st.DrawFn, taken: set[str], depth: int = 2) -> Graph:
    own = [name for name in draw(st.lists(ids, max_size=5, unique=True)) if name not in taken]
    taken.update(own)
    content: dict[str, Node] = {}
    for name in own:
        body = draw(nested(taken, depth - 1)) if depth and draw(st.integers(0, 3)) == 0 else None
        content[name] = draw(nodes(name, body))
    joined = draw(st.sets(edges_between(own), max_size=6)) if own else set[Edge]()
    return Graph(content, tuple(sorted(joined)))


@st.composite
def notes(draw: st.DrawFn, members: list[str]) -> Note:
    """A note on any level: every node may be a frame."""
    size = st.integers(1, 900)
    return Note(
        draw(texts),
        draw(pixels),
        draw(pixels),
        draw(size),
        draw(size),
        draw(texts),
        draw(st.sampled_from([TOP, *members])),
        draw(unknown_keys),
    )


@st.composite
def groups(draw: st.DrawFn, members: list[str]) -> Group:
    inside = draw(st.sets(st.sampled_from(members))) if members else set[str]()
    return Group(draw(texts), tuple(sorted(inside)), draw(texts), draw(unknown_keys))


@st.composite
def layouts(draw: st.DrawFn, members: list[str]) -> Layout:
    extra = dict(draw(unknown_keys))
    if places := draw(for_some(members, one_or_two_unknown)):
        extra["nodes"] = places
    return Layout(
        positions=draw(for_some(members, st.tuples(pixels, pixels))),
        widths=draw(for_some(members, st.integers(1, 900))),
        notes=draw(st.dictionaries(ids, notes(members), max_size=2)),
        groups=draw(st.dictionaries(ids, groups(members), max_size=2)),
        extra=extra,
    )


def for_some(members: list[str], values: st.SearchStrategy[T]) -> st.SearchStrategy[dict[str, T]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(members, values))


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """Any workflow that a file may hold."""
    taken: set[str] = set()
    graph = draw(nested(taken))
    money = st.none() | st.sampled_from(["0", "1.00", "0.000001"])
    return Workflow(
        id=draw(ids),
        name=draw(texts),
        description=draw(texts),
        inputs=draw(objects),
        outputs=draw(objects),
        settings=Settings(
            draw(money), draw(st.none() | st.integers(1, 99)), draw(seconds), draw(unknown_keys)
        ),
        graph=graph,
        layout=draw(layouts(sorted(taken))),
        requires=draw(unknown_keys),
        extra=draw(unknown_keys),
        header=draw(unknown_keys),
    )


@st.composite
def operations(draw: st.DrawFn, workflow: Workflow, depth: int = 1) -> Operation:
    """An operation that this workflow can take."""
    frame, graph = draw(st.sampled_from(list(graphs(workflow))))
    placed = sorted(graph.nodes)
    everywhere = sorted(node.id for node in every_node(workflow.graph))
    fresh = Node(new_id(everywhere), "model.text", fields=draw(objects))
    choices: list[st.SearchStrategy[Operation]] = [
        st.builds(
            AddNodes,
            st.just((fresh,)),
            st.just({}) | st.tuples(pixels, pixels).map(lambda at: {fresh.id: at}),
            st.sets(edges_between([fresh.id, *placed]), max_size=3).map(
                lambda edges: tuple(sorted(edges - set(graph.edges)))
            ),
            st.just(frame),
        ),
        st.builds(SetNote, ids, st.none() | notes(everywhere)),
        st.builds(SetGroup, ids, st.none() | groups(everywhere)),
        st.builds(SetWorkflow, st.fixed_dictionaries({}, optional={"name": texts, "description": texts})),
    ]
    if everywhere:  # any node may become a frame
        choices.append(st.builds(AddNodes, st.just((fresh,)), frame=st.sampled_from(everywhere)))
        choices.append(st.builds(RemoveNodes, st.lists(st.sampled_from(everywhere), unique=True, min_size=1)))
        choices.append(st.builds(SetDisabled, st.lists(st.sampled_from(everywhere)), st.booleans()))
    if placed:
        one = st.sampled_from(placed)
        place = st.none() | st.tuples(pixels, pixels)
        values = st.dictionaries(texts, json_values | st.just(REMOVED), max_size=3)
        attributes = st.fixed_dictionaries(
            {},
            optional={
                "title": texts,
                "note": texts,
                "disabled": st.booleans(),
                "on_error": st.builds(OnError, st.sampled_from(["stop", "skip"])),
                "retry": st.builds(Retry, st.integers(1, 9), seconds),
            },
        )
        choices += [
            st.builds(RemoveNodes, st.lists(one, unique=True, min_size=1)),
            st.builds(MoveNodes, for_some(everywhere, place)),
            st.builds(ResizeNodes, for_some(everywhere, st.none() | st.integers(1, 900))),
            st.builds(SetFields, one, values),
            st.builds(SetNode, one, attributes),
            st.builds(SetDisabled, st.lists(one), st.booleans()),
            st.builds(Connect, edges_between(placed).filter(lambda edge: edge not in graph.edges)),
        ]
    if graph.edges:
        choices.append(st.builds(Disconnect, st.sampled_from(graph.edges)))
    if depth:
        choices += [workflows().map(ReplaceWorkflow), batches(workflow)]
    return draw(st.one_of(choices))


@st.composite
def batches(draw: st.DrawFn, workflow: Workflow) -> Batch:
    steps: list[Operation] = []
    for _ in range(draw(st.integers(0, 3))):
        operation = draw(operations(workflow, 0))
        workflow, _ = operation.apply(workflow)
        steps.append(operation)
    return Batch("paste", tuple(steps))

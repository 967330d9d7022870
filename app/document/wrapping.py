"""Wrapping: nodes go into the body of a new frame, or come out of one; the links that crossed become its ports."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from app.document.frames import TOP, frame_of, graph_at
from app.document.graph import every_id, every_node, find_cycle
from app.document.ids import new_id
from app.document.operations import AddNodes, Batch, Operation, RemoveNodes, ResizeNodes, SetGroup, SetNote
from app.document.operations.operation import home_of, inside, node_of, refuse
from app.document.workflow import Edge, Graph, Json, Node, PortRef, Workflow

_NOT_IN_NAMES = re.compile(r"\W+")
_COLUMN = 312  # px from a card to the next
_ROW = 192


@dataclass(frozen=True)  # no slots: the defaults are read from the class too
class BorderTypes:
    """What is needed to know of the nodes at a body's border: what hands values in, and what takes results."""

    inputs: str = "flow.inputs"
    given: str = "given"  # the field with the rows of what is handed in
    output: str = "output.output"
    name: str = "name"  # the field with the result's name
    value: str = "value"  # the input that takes the result


@dataclass(frozen=True, slots=True)
class Crossing:
    """One value that crosses a border: its name there, the port that gives it, the ports that take it."""

    name: str
    source: PortRef
    targets: tuple[PortRef, ...]


@dataclass(frozen=True, slots=True)
class Wrapper:
    """The frame that nodes go into: a fresh node, the names of its own ports, and the input (if it has one) that
    takes a list or table of which the body gets the elements.
    """

    node: Node
    ports: frozenset[str] = frozenset()
    items: str = ""


def wrap(
    workflow: Workflow,
    ids: Collection[str],
    wrapper: Wrapper,
    border: BorderTypes,
    type_of: Callable[[PortRef], str],
) -> Operation:
    """One undo step that moves nodes of one level, and notes, into the body of a frame.

    What came in from outside comes in through an input of the frame (the first list or table through
    `items`), what went out becomes a result. `type_of` gives the type of an output. Raises ProblemError
    `edit.nothing_to_wrap`, `edit.would_surround`.
    """
    level = next((home for node in ids if (home := frame_of(workflow, node)) is not None), TOP)
    graph, frame, item = inside(workflow, level), wrapper.node, wrapper.items
    picked = {name: node for name, node in graph.nodes.items() if name in ids}
    if not picked:
        raise refuse("nothing_to_wrap")
    inward = (e for e in graph.edges if e.target.node in picked and e.source.node not in picked)
    outward = (e for e in graph.edges if e.source.node in picked and e.target.node not in picked)
    coming, going = _crossings(inward, wrapper.ports), _crossings(outward, wrapper.ports)
    element = next((c for c in coming if item and type_of(c.source) in ("list", "table")), None)
    taken = {node.id for node in every_node(workflow.graph)} | {frame.id}
    giver = Node(
        _fresh(taken), border.inputs, fields={border.given: _rows(coming, element, type_of, bool(item))}
    )
    results = {
        c: Node(_fresh(taken), border.output, fields={} if c.name == "result" else {border.name: c.name})
        for c in going
    }
    body = _body(graph, picked, giver, coming, results, border)
    outer = tuple(
        sorted(
            [Edge(c.source, PortRef(frame.id, item if c is element else c.name)) for c in coming]
            + [Edge(PortRef(frame.id, c.name), target) for c in going for target in c.targets]
        )
    )
    _refuse_circle(graph, picked, frame, outer)
    places = {**_places(workflow, picked), **_border_places(workflow, picked, giver, results.values())}
    places[frame.id] = _corners(workflow, picked)[:2]
    add = AddNodes((replace(frame, body=body),), places, outer, level)
    notes = tuple(
        SetNote(name, replace(note, frame=frame.id))
        for name, note in workflow.layout.notes.items()
        if name in ids
    )
    return Batch("wrap", (RemoveNodes(tuple(picked)), add, *_rest(workflow, picked), *notes))


def unwrap(workflow: Workflow, frame: str, border: BorderTypes, items: str = "") -> Operation:
    """One undo step that puts what is inside a frame in its place, and joins what its ports had joined.

    A step that was given the elements of what came in at `items` is given the whole. What only the frame
    could give (a number) comes from nowhere any more.
    """
    level, node = home_of(workflow, frame), node_of(workflow, frame)
    graph, body = inside(workflow, level), graph_at(workflow, frame) or Graph()
    borders = {name for name, n in body.nodes.items() if n.type in (border.inputs, border.output)}
    freed = {name: n for name, n in body.nodes.items() if name not in borders}
    edges = [e for e in body.edges if e.source.node in freed and e.target.node in freed]
    edges += _through(graph, body, frame, border, freed, items)
    left, top, _ = _corners(workflow, freed)
    at = workflow.layout.positions.get(frame, (left, top))
    moved = {name: workflow.layout.positions.get(name, (left, top)) for name in freed}
    places = _places(workflow, freed)
    places.update({name: (at[0] + x - left, at[1] + y - top) for name, (x, y) in moved.items()})
    add = AddNodes(tuple(freed.values()), places, tuple(sorted(set(edges))), level)
    notes = tuple(
        SetNote(name, replace(note, frame=level, x=at[0] + note.x - left, y=at[1] + note.y - top))
        for name, note in workflow.layout.notes.items()
        if note.frame == node.id
    )
    parts = (RemoveNodes((frame,)), *((add,) if freed else ()), *_rest(workflow, freed), *notes)
    return Batch("unwrap", parts)


def _crossings(edges: Iterable[Edge], reserved: Collection[str]) -> list[Crossing]:
    """The edges by the port that gives, each under a name of its own."""
    targets: dict[PortRef, list[PortRef]] = {}
    for edge in edges:
        targets.setdefault(edge.source, []).append(edge.target)
    used = {"error", *reserved}
    found: list[Crossing] = []
    for source, ports in targets.items():
        name = _name(source.port, used)
        used.add(name)
        found.append(Crossing(name, source, tuple(ports)))
    return found


def _name(port: str, used: Container[str]) -> str:
    plain = _NOT_IN_NAMES.sub("_", port).strip("_") or "value"
    wanted = f"value_{plain}" if plain[0].isdigit() else plain
    name, number = wanted, 2
    while name in used:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _rows(
    coming: list[Crossing], element: Crossing | None, type_of: Callable[[PortRef], str], items: bool
) -> list[Json]:
    """What the body is given, as the rows of its first node."""
    rows: list[Json] = []
    if items and element is None:
        rows.append({"name": _name("item", {c.name for c in coming}), "source": "item"})
    for c in coming:
        if c is element:
            rows.append({"name": c.name, "source": "item"})
        else:
            rows.append({"name": c.name, "source": "port", "type": type_of(c.source)})
    return rows


def _body(
    graph: Graph,
    picked: Mapping[str, Node],
    giver: Node,
    coming: list[Crossing],
    results: Mapping[Crossing, Node],
    border: BorderTypes,
) -> Graph:
    edges = [e for e in graph.edges if e.source.node in picked and e.target.node in picked]
    edges += [Edge(PortRef(giver.id, c.name), target) for c in coming for target in c.targets]
    edges += [Edge(c.source, PortRef(node.id, border.value)) for c, node in results.items()]
    nodes = {giver.id: giver, **picked, **{node.id: node for node in results.values()}}
    return Graph(nodes, tuple(sorted(edges)))


def _refuse_circle(graph: Graph, picked: Container[str], frame: Node, outer: tuple[Edge, ...]) -> None:
    """Between the picked nodes lies one that isn't: the frame would wait for itself."""
    staying = {name: node for name, node in graph.nodes.items() if name not in picked}
    others = tuple(e for e in graph.edges if e.source.node in staying and e.target.node in staying)
    circle = find_cycle(Graph({**staying, frame.id: frame}, (*others, *outer)))
    if circle and frame.id in circle:
        between = next(node for node in circle if node != frame.id)
        raise refuse("would_surround", node=between)


def _through(
    graph: Graph, body: Graph, frame: str, border: BorderTypes, freed: Container[str], items: str
) -> list[Edge]:
    """The edges that led through the frame's border, made whole."""
    given = [e for e in body.edges if body.nodes[e.source.node].type == border.inputs]
    taken = [e for e in body.edges if body.nodes[e.target.node].type == border.output]
    names = {e.target.node: body.nodes[e.target.node].fields.get(border.name, "result") for e in taken}
    elements = {name for n in body.nodes.values() if n.type == border.inputs for name in _elements(n, border)}
    before = [e for e in graph.edges if e.target.node == frame]
    after = [e for e in graph.edges if e.source.node == frame]
    whole = [
        Edge(outer.source, inner.target)
        for outer in before
        for inner in given
        if inner.target.node in freed
        and (
            inner.source.port == outer.target.port
            or (outer.target.port == items and inner.source.port in elements)
        )
    ]
    whole += [
        Edge(inner.source, outer.target)
        for outer in after
        for inner in taken
        if names[inner.target.node] == outer.source.port and inner.source.node in freed
    ]
    return whole


def _elements(giver: Node, border: BorderTypes) -> Iterator[str]:
    """The names under which a body is given the elements."""
    rows = giver.fields.get(border.given, [{"name": "item"}])
    for row in rows if isinstance(rows, (list, tuple)) else ():
        if isinstance(row, Mapping) and row.get("source", "item") == "item":
            yield str(row.get("name", ""))


def _corners(workflow: Workflow, nodes: Collection[str]) -> tuple[int, int, int]:
    """The left, top and right-most corner of where these nodes lie."""
    places = [at for node in nodes if (at := workflow.layout.positions.get(node))] or [(0, 0)]
    return min(x for x, _ in places), min(y for _, y in places), max(x for x, _ in places)


def _places(workflow: Workflow, nodes: Mapping[str, Node]) -> dict[str, tuple[int, int]]:
    within = every_id(nodes.values())
    return {node: at for node, at in workflow.layout.positions.items() if node in within}


def _border_places(
    workflow: Workflow, picked: Collection[str], giver: Node, results: Iterable[Node]
) -> dict[str, tuple[int, int]]:
    """What is given left of the nodes, their results right of them."""
    left, top, right = _corners(workflow, picked)
    below = {node.id: (right + _COLUMN, top + at * _ROW) for at, node in enumerate(results)}
    return {giver.id: (left - _COLUMN, top), **below}


def _rest(workflow: Workflow, nodes: Mapping[str, Node]) -> tuple[Operation, ...]:
    """What else the layout says of nodes that were taken out and put in again: widths, groups, notes inside them."""
    within = every_id(nodes.values())
    layout = workflow.layout
    widths = {node: width for node, width in layout.widths.items() if node in within}
    notes = (SetNote(name, note) for name, note in layout.notes.items() if note.frame in within)
    groups = (
        SetGroup(name, group)
        for name, group in layout.groups.items()
        if group.nodes and all(node in within for node in group.nodes)
    )
    return (*((ResizeNodes(widths),) if widths else ()), *notes, *groups)


def _fresh(taken: set[str]) -> str:
    name = new_id(taken)
    taken.add(name)
    return name

"""The tools of an agent: the steps of its body, each joined group of them a function with its free inputs."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.document.graph import topological_order
from app.document.workflow import Edge, Graph, Json, Node, PortRef
from app.sdk.data_types import DataType
from app.sdk.ports import PortSpec
from app.sdk.powers import DECIDED_WHILE_RUNNING, Power
from app.sdk.references import inputs_of

if TYPE_CHECKING:
    from app.planner.draft import Draft, DraftNode

_LONGEST_NAME = 48  # characters; providers take 64
_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_NO_NAME = re.compile(r"\W+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One free input of a tool, under the name that the model is told."""

    name: str
    label: str
    type: DataType
    required: bool


@dataclass(frozen=True, slots=True)
class ToolDraft:
    """`head` is the step that the tool is named after. `asks`: the model would choose where something goes, so each
    call needs a person's yes. `draft` runs the tool; what it is given are the parameters by name.
    """

    name: str
    head: DraftNode
    parameters: tuple[Parameter, ...]
    asks: bool
    draft: Draft


def tools_of(frame: str, body: Draft, level: Callable[[Graph], Draft], whole: Draft) -> tuple[ToolDraft, ...]:
    """Steps that are joined are one tool, named after its first step. What Inputs hands out is no parameter.

    `whole` is the workflow that the agent stands in: what it reads anywhere may be what the agent is given.
    """
    groups = _groups(body)
    tainted = _mixes(whole)
    found: list[ToolDraft] = []
    for steps in groups:
        head = body.nodes[steps[0]]
        name = _tool_name(head, [tool.name for tool in found])
        free = list(_free_inputs(body, steps))
        parameters = _named(
            free, {given for node in _givers(body) for given in _given_names(body.nodes[node])}
        )
        graph = _tool_graph(f"{frame}/{name}", body, steps, free, parameters)
        asks = any(_asks(body, step, tainted=tainted) for step in steps)
        found.append(ToolDraft(name, head, parameters, asks, level(graph)))
    return tuple(found)


def _runs(node: DraftNode) -> bool:
    return node.spec is not None and not node.node.disabled


def _givers(body: Draft) -> set[str]:
    return {name for name, node in body.nodes.items() if _runs(node) and _given_names(node)}


def _given_names(node: DraftNode) -> list[str]:
    return [given.name for given in node.spec.type.gives(node.fields)] if node.spec else []


def _is_output(node: DraftNode) -> bool:
    return node.spec is not None and bool(node.spec.type.result_name(node.fields))


def _groups(body: Draft) -> list[list[str]]:
    """The steps that are joined, each group in the order of its links, the groups from left to right."""
    givers = _givers(body)
    steps = [name for name, node in body.nodes.items() if _runs(node) and name not in givers]
    group = {name: name for name in steps}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for edge in body.graph.edges:
        if edge.source.node in group and edge.target.node in group:
            group[root(edge.target.node)] = root(edge.source.node)
    positions = body.workflow.layout.positions
    order = topological_order(body.graph, lambda name: positions.get(name, (0, 0)))
    found: dict[str, list[str]] = {}
    for name in order:
        if name in group:
            found.setdefault(root(name), []).append(name)
    return [names for names in found.values() if any(not _is_output(body.nodes[name]) for name in names)]


def _free_inputs(body: Draft, steps: Sequence[str]) -> Iterator[tuple[str, PortSpec]]:
    for step in steps:
        joined = {edge.target.port for edge in body.incoming[step]}
        yield from ((step, port) for port in body.nodes[step].ports.inputs if port.name not in joined)


def _named(free: Sequence[tuple[str, PortSpec]], taken: Collection[str]) -> tuple[Parameter, ...]:
    names = set(taken)
    found: list[Parameter] = []
    for step, port in free:
        plain = _NO_NAME.sub("_", port.name)
        name = plain if not plain[:1].isdecimal() else f"_{plain}"
        while name in names:
            name = f"{_NO_NAME.sub('_', step)}_{name}"
        names.add(name)
        found.append(Parameter(name, port.label, port.type, port.required))
    return tuple(found)


def _tool_name(head: DraftNode, taken: Collection[str]) -> str:
    title = head.node.title or (head.spec.type.title if head.spec else "")
    plain = _ODD.sub("_", title.strip().lower()).strip("_")
    name = (plain if title.isascii() and plain else _ODD.sub("_", head.node.id))[:_LONGEST_NAME] or "tool"
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _tool_graph(
    prefix: str,
    body: Draft,
    steps: Sequence[str],
    free: Sequence[tuple[str, PortSpec]],
    parameters: Sequence[Parameter],
) -> Graph:
    """The group as a body of its own: what the model says comes out of an Inputs, its ends go into Outputs."""
    inside = set(steps)
    edges = [edge for edge in body.graph.edges if edge.target.node in inside]
    feeding = {edge.source.node for edge in edges} - inside
    nodes = {name: body.nodes[name].node for name in (*feeding, *steps)}
    head = nodes[steps[0]]
    if parameters:
        given: Json = [
            {"name": one.name, "source": "port", "type": "any", "required": one.required}
            for one in parameters
        ]
        asked = Node(prefix, "flow.inputs", title=head.title, fields={"given": given})
        nodes[asked.id] = asked
        edges += [
            Edge(PortRef(asked.id, one.name), PortRef(step, port.name))
            for one, (step, port) in zip(parameters, free, strict=True)
        ]
    if not any(_is_output(body.nodes[name]) for name in steps):
        for number, end in enumerate(_ends(body, steps)):
            out = Node(f"{prefix}/{number}", "output.output", title=head.title, fields={"name": end.port})
            nodes[out.id] = out
            edges.append(Edge(end, PortRef(out.id, "value")))
    return Graph(nodes, tuple(sorted(edges)))


def _ends(body: Draft, steps: Sequence[str]) -> Iterator[PortRef]:
    """Of each step that nothing follows: its main output, or all its ways."""
    for step in steps:
        if not body.outgoing[step]:
            drawn = [port for port in body.nodes[step].ports.outputs if not port.quiet]
            main = [port for port in drawn if port.main and not port.tone]
            yield from (PortRef(step, port.name) for port in main or drawn)


def _asks(body: Draft, step: str, *, tainted: bool) -> bool:
    """Whether a model that calls this step would choose where something goes, or what is opened."""
    givers = _givers(body)
    fed = {edge.target.port for edge in body.incoming[step] if edge.source.node in givers}
    if _node_asks(body.nodes[step], fed, tainted=tainted):
        return True
    inner = body.bodies.get(step)
    levels = inner.levels() if inner else ()
    return any(_node_asks(node, (), tainted=tainted) for level in levels for node in level.nodes.values())


def _node_asks(node: DraftNode, fed: Collection[str], *, tainted: bool) -> bool:
    """`fed` are inputs that the workflow fills, and not the model."""
    if not _runs(node) or node.spec is None:
        return False
    texts = node.spec.type.destinations(node.fields)
    chosen = texts is None or not set(inputs_of(*texts)) <= set(fed)
    powers = node.spec.powers(node.fields)
    open_ended = any(power.target == DECIDED_WHILE_RUNNING for power in powers)
    acts = node.spec.type.effect_of(node.fields) == "side_effect"
    sends = any(power.kind == "net" for power in powers)
    return (open_ended and chosen) or (chosen and (acts or (tainted and sends)))


def _mixes(whole: Draft) -> bool:
    """Whether the model could carry something private to somebody: it joins what it is given and what tools give."""
    powers = [power for level in whole.levels() for power in _powers_of(level)]
    return any(one.kind in ("read", "connection") for one in powers) and any(
        one.kind == "net" for one in powers
    )


def _powers_of(level: Draft) -> Iterator[Power]:
    for node in level.nodes.values():
        if node.spec is not None and not node.node.disabled:
            yield from node.spec.powers(node.fields)


def parameters_schema(parameters: Sequence[Parameter]) -> Mapping[str, Json]:
    """What a tool takes, as the JSON Schema that a model is told."""
    return {
        "type": "object",
        "properties": {one.name: {**_SCHEMAS[one.type], "description": one.label} for one in parameters},
        "required": [one.name for one in parameters if one.required],
        "additionalProperties": False,
    }


_TEXT: Mapping[str, Json] = {"type": "string"}
_SCHEMAS: Mapping[DataType, Mapping[str, Json]] = {
    "text": _TEXT,
    "any": _TEXT,
    "date": {"type": "string", "format": "date"},
    "number": {"type": "number"},
    "yesno": {"type": "boolean"},
    "record": {"type": "object"},
    "verdict": {"type": "object"},
    "list": {"type": "array", "items": {}},
    "table": {"type": "array", "items": {"type": "object"}},
    "file": _TEXT,
    "image": _TEXT,
    "audio": _TEXT,
}

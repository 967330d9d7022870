"""The ports of a placed node; those of a frame follow from its body."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAlias

from app.document.workflow import Graph, Node
from app.sdk.data_types import DataType
from app.sdk.node_type import Given
from app.sdk.ports import ERROR_PORT, Ports, PortSpec
from app.sdk.spec import FieldFault, NodeSpec

SpecLookup: TypeAlias = Callable[[str], NodeSpec | None]


def placed_ports(node: Node, spec_of: SpecLookup, fields: Any = None) -> Ports:
    """`fields` are the node's, where the caller has decoded them. Unknown types have no ports; where the settings can't
    be read, the type's fresh ones count.
    """
    spec = spec_of(node.type)
    if spec is None:
        return Ports()
    own = spec.ports(fields_of(node, spec) if fields is None else fields)
    if not spec.type.frame or node.body is None:
        return own
    inputs = {port.name: port for port in (*own.inputs, *_inputs(given_of(node.body, spec_of)))}
    kind: DataType = "list" if spec.type.frame == "map" else "any"
    if spec.type.frame == "agent":  # the results inside are its tools'
        return Ports(tuple(inputs.values()), own.outputs)
    names = results_of(node.body, spec_of)
    results = {n: PortSpec(n, n, kind, main=n == names[0], own_label=True) for n in names}
    outputs = results | {port.name: port for port in own.outputs if port.name not in results}
    return Ports(tuple(inputs.values()), tuple(outputs.values()))


def fields_of(node: Node, spec: NodeSpec) -> Any:
    """The node's decoded fields, or those of a fresh node where they can't be read."""
    try:
        return spec.decode(node.fields)
    except FieldFault:
        return spec.decode({})


def given_of(body: Graph, spec_of: SpecLookup) -> tuple[Given, ...]:
    """What the steps inside a frame want to be given, each name once."""
    found = (given for spec, fields in _known(body, spec_of) for given in spec.type.gives(fields))
    return tuple({given.name: given for given in found}.values())


def results_of(body: Graph, spec_of: SpecLookup) -> tuple[str, ...]:
    """The names of the results of a body, each once."""
    names = (spec.type.result_name(fields) for spec, fields in _known(body, spec_of))
    return tuple(dict.fromkeys(name for name in names if name and name != ERROR_PORT))


def _known(body: Graph, spec_of: SpecLookup) -> Iterator[tuple[NodeSpec, Any]]:
    for node in body.nodes.values():
        spec = spec_of(node.type)
        if spec is not None and not node.disabled:
            yield spec, fields_of(node, spec)


def _inputs(given: Iterable[Given]) -> Iterator[PortSpec]:
    for one in given:
        if one.source in ("port", "variable"):
            yield PortSpec(one.name, one.name, one.type, one.required, own_label=True)

"""How the steps of a plan are done that only compute: what their types would be asked each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import attrgetter, methodcaller
from typing import Any

from app.planner.plan import Computation, PlanStep
from app.sdk.ports import SKIP, Ports, PortSpec
from app.sdk.spec import shapes_of


def computations(steps: Sequence[PlanStep]) -> Iterator[Computation | None]:
    """Of each step, in their order."""
    for step in steps:
        yield _computation(step, steps)


def _computation(step: PlanStep, steps: Sequence[PlanStep]) -> Computation | None:
    spec = step.spec
    if spec is None or not spec.computes or step.always_skipped or step.lasts:
        return None
    if step.many and not step.incoming:  # a Merge without an edge is skipped
        return None
    _, inputs, outputs = shapes_of(spec.type)
    results = [edge for edge in step.incoming if step.result_name and edge.target_port == "value"]
    return Computation(
        id=step.id,
        type=step.node.type,
        version=spec.type.version,
        fields=step.fields,
        node_type=spec.type,
        inputs=inputs if _is_declared(inputs) else None,
        output=_only_value(step.ports, by_name=not _is_declared(outputs)),
        links={
            edge.target_port: f"{steps[edge.source].id}.{edge.source_port}" for edge in step.incoming[::-1]
        },
        takes=None
        if step.many
        else tuple((edge.target_port, edge.index, edge.convert) for edge in step.incoming),
        result=results[0] if results else None,
    )


def _is_declared(shape: Any) -> bool:
    return hasattr(shape, "__dataclass_fields__")


def _only_value(ports: Ports, *, by_name: bool) -> tuple[PortSpec, Callable[[Any], Any]] | None:
    if len(ports.outputs) != 1 or ports.outputs[0].type == "verdict":
        return None
    port = ports.outputs[0]
    return port, methodcaller("get", port.name, SKIP) if by_name else attrgetter(port.name)

"""Step data: what a run knows of one step's inputs and outputs, row by row, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.events.run_events import Scope
from app.events.run_state import InstanceState, RunState
from app.registry import node_texts
from app.sdk.ports import Ports, PortSpec
from app.sdk.spec import NodeSpec
from app.ui.inspector.around import Source


@dataclass(frozen=True, slots=True)
class StepData:
    """The instances of one step in the rows' order, what its ports are called, and what its inputs are sources of."""

    instances: tuple[InstanceState, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])


def step_data(
    node: str, run: RunState, spec: NodeSpec | None, ports: Ports, sources: Mapping[str, Source]
) -> StepData:
    """The data of one step; `sources` by input are what its values can be dragged as."""
    instances = sorted((i for i in run.instances.values() if i.node == node), key=_row_of)
    if spec is None:
        return StepData(tuple(instances))
    return StepData(
        tuple(instances),
        {port.name: node_texts.port_label(spec, port, "in") for port in ports.inputs},
        {port.name: node_texts.port_label(spec, port, "out") for port in sorted(ports.outputs, key=_telling)},
        sources,
    )


def _telling(port: PortSpec) -> tuple[bool, bool]:
    """Sorts outputs: first the one that says most of what happened."""
    return (not port.main, port.type != "verdict")


def _row_of(instance: InstanceState) -> tuple[tuple[int, ...], float]:
    return numbers_of(instance.scope), instance.start


def numbers_of(scope: Scope) -> tuple[int, ...]:
    """The row of a scope, and in it the elements and turns of frames, from 0."""
    numbers = (part.rpartition("#")[2] for part in scope.split("/") if "#" in part)
    return tuple(int(number) for number in numbers if number.isdecimal())

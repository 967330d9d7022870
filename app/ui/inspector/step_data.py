"""Step data: what a run knows of one step's inputs and outputs, row by row, ready to be shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.document.frames import node_in
from app.document.workflow import Node
from app.events.run_events import Scope
from app.events.run_state import RunState
from app.registry import node_texts
from app.sdk.ports import Ports, PortSpec
from app.ui.canvas.placed import SpecLookup, fields_of
from app.ui.inspector.around import Source
from app.ui.inspector.element_view import BodyEnds
from app.ui.inspector.levels import Level, LevelKind, beside, each_of, place_of
from app.ui.session import Session

_NO_SOURCES: Mapping[str, Source] = {}
_NO_STEPS: Mapping[str, Node] = {}


@dataclass(frozen=True, slots=True)
class StepData:
    """A step in a run: the levels that it lies in, what its ports are called, and what its inputs are sources of."""

    node: str = ""
    run: RunState = field(default_factory=RunState)
    levels: tuple[Level, ...] = ()
    inside: str = ""  # the Sub-workflows below them, as scopes have them
    each: LevelKind | None = None  # what a frame has many of
    ends: BodyEnds = field(default_factory=BodyEnds)  # where they come into its body and leave it
    asks: bool = False  # it asks a model
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])

    @property
    def latest(self) -> Scope | None:
        """Where the step ran last; None where it never did."""
        state = self.run.nodes.get(self.node)
        return state.latest.scope if state and state.latest else None


def step_data(
    node: str,
    session: Session,
    specs: SpecLookup,
    ports: Ports,
    sources: Mapping[str, Source] = _NO_SOURCES,
    steps: Mapping[str, Node] = _NO_STEPS,
) -> StepData:
    """The data of one step of the open workflow, or of its Sub-workflows, whose `steps` are known of a past run;
    `sources` by input are what its values can be dragged as.
    """
    run, workflow = session.run, session.run_workflow or session.workflow
    placed = steps.get(node) or node_in(session.workflow, node)
    spec = specs(placed.type) if placed else None
    place = place_of(node, workflow, run, specs, steps)
    if spec is None:
        return StepData(node, run, place.levels, place.inside)
    return StepData(
        node,
        run,
        place.levels,
        place.inside,
        each_of(spec),
        _ends(node, placed, specs),
        spec.type.effect == "model" or spec.type.frame == "agent",
        {port.name: node_texts.port_label(spec, port, "in") for port in ports.inputs},
        {port.name: node_texts.port_label(spec, port, "out") for port in sorted(ports.outputs, key=_telling)},
        sources,
    )


def _ends(frame_id: str, frame: Node | None, specs: SpecLookup) -> BodyEnds:
    given: list[str] = []
    results: dict[str, str] = {}
    for node in frame.body.nodes.values() if frame and frame.body else ():
        spec = specs(node.type)
        fields = fields_of(node, spec) if spec is not None else None
        if spec is None or fields is None:
            continue
        if spec.type.gives(fields):
            given.append(beside(frame_id, node.id))
        elif name := spec.type.result_name(fields):
            results[beside(frame_id, node.id)] = name
    return BodyEnds(tuple(given), results)


def _telling(port: PortSpec) -> tuple[bool, bool]:
    """Sorts outputs: first the one that says most of what happened."""
    return (not port.main, port.type != "verdict")

"""Levels: the rows, elements and turns that a step lies in, and the scopes that their numbers name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.frames import node_in, path_to
from app.document.part_steps import ids_around
from app.document.workflow import Node, Workflow
from app.events.run_events import Scope
from app.events.run_state import InstanceState, RunState
from app.sdk.spec import NodeSpec
from app.ui.canvas.placed import SpecLookup
from app.ui.step_looks import step_look

LevelKind: TypeAlias = Literal["row", "element", "turn", "call"]


_NO_STEPS: Mapping[str, Node] = {}
_KINDS: Mapping[str, LevelKind] = {"map": "element", "loop": "turn", "agent": "call"}


@dataclass(frozen=True, slots=True)
class Level:
    """`frame` is the id of the frame, "" for the rows of the run; `title` is that frame's. `inside` are the
    Sub-workflows between the level above and this one, as scopes have them: they have no numbers.
    """

    kind: LevelKind
    frame: str = ""
    title: str = ""
    inside: str = ""


@dataclass(frozen=True, slots=True)
class StepPlace:
    """The levels that a step lies in, the outermost first, and the Sub-workflows below the last one."""

    levels: tuple[Level, ...] = ()
    inside: str = ""


def place_of(
    node: str, workflow: Workflow, run: RunState, specs: SpecLookup, steps: Mapping[str, Node] = _NO_STEPS
) -> StepPlace:
    """Where a step lies in a run; `steps` are those of its Sub-workflows, whose ids begin with the one they are in."""
    found = [Level("row")] if run.rows is not None else []
    parts: list[str] = []
    for around in ids_around(node):
        for frame in _frames(around, workflow, steps):
            placed = steps.get(frame) or node_in(workflow, frame)
            spec = specs(placed.type) if placed else None
            if spec is not None and (kind := _KINDS.get(spec.type.frame)):
                title = step_look(placed, specs, frame).title
                found.append(Level(kind, frame, title, "/".join(parts)))
                parts.clear()
        if around != node:
            parts.append(name_in_part(around))
    return StepPlace(tuple(found), "/".join(parts))


def name_in_part(step: str) -> str:
    """What a step is called in the Sub-workflow that it stands in."""
    return step.rpartition("/")[2]


def beside(step: str, name: str) -> str:
    """The id of a step that stands in the same Sub-workflow, or like it in none."""
    return "".join((*step.rpartition("/")[:2], name))


def _frames(step: str, workflow: Workflow, steps: Mapping[str, Node]) -> Sequence[str]:
    """The frames around a step, the outermost first, up to the Sub-workflow that it stands in."""
    if "/" not in step:
        return path_to(workflow, step) or ()
    found: list[str] = []
    siblings = {one: node for one, node in steps.items() if one == beside(step, name_in_part(one))}
    inner: str | None = step
    while inner:
        name = name_in_part(inner)
        inner = next((one for one, node in siblings.items() if node.body and name in node.body.nodes), None)
        if inner:
            found.insert(0, inner)
    return found


def each_of(spec: NodeSpec) -> LevelKind | None:
    """What a step of this type has a list of; None for all but Maps and Loops."""
    kind = _KINDS.get(spec.type.frame)
    return None if kind == "call" else kind


def scope_at(levels: Sequence[Level], numbers: Sequence[int], inside: str = "") -> Scope:
    """The scope of these numbers, which count from 0; `inside` are Sub-workflows below them."""
    parts: list[str] = []
    for level, number in zip(levels, numbers, strict=False):
        parts += (level.inside, f"{name_in_part(level.frame)}#{number}")
    return "/".join(filter(None, (*parts, inside)))


def numbers_of(scope: Scope) -> tuple[int, ...]:
    """The row of a scope, and in it the elements and turns of frames, from 0."""
    numbers = (part.rpartition("#")[2] for part in scope.split("/") if "#" in part)
    return tuple(int(number) for number in numbers if number.isdecimal())


def size_of(frame: InstanceState | None, kind: LevelKind) -> int | None:
    """How many elements or turns one instance of a frame had; None where that isn't known."""
    if frame is None:
        return None
    if kind == "element":
        items = frame.inputs.get("items")
        return items.size if items else None
    if kind == "call":
        calls = frame.settled.outputs.get("calls") if frame.settled else None
        return calls.size if calls else None
    turns = frame.settled.outputs.get("turns") if frame.settled else None
    return int(turns.text) if turns and turns.text.isdecimal() else None

"""Levels: the rows, elements and turns that a step lies in, and the scopes that their numbers name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.frames import node_in, path_to
from app.document.workflow import Workflow
from app.events.run_events import Scope
from app.events.run_state import InstanceState, RunState
from app.sdk.spec import NodeSpec
from app.ui.canvas.placed import SpecLookup
from app.ui.step_looks import step_look

LevelKind: TypeAlias = Literal["row", "element", "turn", "call"]


_KINDS: Mapping[str, LevelKind] = {"map": "element", "loop": "turn", "agent": "call"}


@dataclass(frozen=True, slots=True)
class Level:
    """`frame` is the id of the frame, "" for the rows of the run; `title` is that frame's."""

    kind: LevelKind
    frame: str = ""
    title: str = ""


def levels_of(node: str, workflow: Workflow, run: RunState, specs: SpecLookup) -> tuple[Level, ...]:
    """The outermost first. Sub-workflows have no numbers."""
    found = [Level("row")] if run.rows is not None else []
    for frame in path_to(workflow, node) or ():
        placed = node_in(workflow, frame)
        spec = specs(placed.type) if placed else None
        if spec is not None and (kind := _KINDS.get(spec.type.frame)):
            found.append(Level(kind, frame, step_look(placed, specs, frame).title))
    return tuple(found)


def each_of(spec: NodeSpec) -> LevelKind | None:
    """What a step of this type has a list of; None for all but Maps and Loops."""
    kind = _KINDS.get(spec.type.frame)
    return None if kind == "call" else kind


def scope_at(levels: Sequence[Level], numbers: Sequence[int]) -> Scope:
    """The scope of these numbers, which count from 0."""
    return "/".join(f"{level.frame}#{number}" for level, number in zip(levels, numbers, strict=False))


def numbers_of(scope: Scope) -> tuple[int, ...]:
    """The row of a scope, and in it the elements and turns of frames, from 0."""
    numbers = (part.rpartition("#")[2] for part in scope.split("/") if "#" in part)
    return tuple(int(number) for number in numbers if number.isdecimal())


def around(scope: Scope) -> Scope:
    """The scope that a row, an element or a turn lies in."""
    return scope.rpartition("/")[0]


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

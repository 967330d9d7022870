"""What every step at one place of a run was given and gave: as a table, and as JSON with whole values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from app.cli.naming import step_of, title_in
from app.cli.recalling import Recalled
from app.cli.report import Title
from app.cli.sentences import failure_sentence
from app.cli.terminal import plain, table
from app.document.problem import Problem, ProblemError
from app.document.workflow import Json
from app.engine import Engine
from app.events.run_events import Failure, NodeSettled, NodeStarted, Preview, Scope
from app.executor.journal import JournalError
from app.executor.revisit import Revisited, RevisitFailed
from app.sdk.data_types import LazyList, Value
from app.texts import text


@dataclass(slots=True)
class StepData:
    """One step. `settled` is None where nothing says how it ended."""

    node: str
    inputs: Mapping[str, Preview]
    settled: NodeSettled | None = None


@dataclass(frozen=True, slots=True)
class PlaceData:
    """The steps in the order of the workflow."""

    steps: tuple[StepData, ...]
    seen: Revisited


def scope_of(recalled: Recalled, words: str, title: Title) -> Scope:
    """`17` is row 17, `17/Each mail#3` the third element or turn of that step in it; people count from 1. Raises
    ProblemError `cli.no_such_place`, and as `step_of`.
    """
    scope = ""
    for part in words.split("/"):
        name, _, number = part.strip().rpartition("#") if "#" in part else ("", "", part.strip())
        if number and not number.isdecimal():
            name, number = number, ""
        if number and int(number) < 1:
            raise ProblemError(Problem("cli.no_such_place", args={"text": words}))
        step = step_of(recalled.workflow.graph.nodes, name, title).rpartition("/")[2] if name else ""
        if not step and (scope or not number):
            raise ProblemError(Problem("cli.no_such_place", args={"text": words}))
        scope = f"{scope}/{step}" if scope else step
        scope += f"#{int(number) - 1}" if number else ""
    return scope


async def place_data(engine: Engine, run: str, scope: Scope) -> PlaceData:
    """Raises ProblemError `revisit.*`, `journal.*`."""
    try:
        seen = await engine.revisit(run, scope)
    except RevisitFailed as error:
        raise ProblemError(Problem(error.code)) from error
    except JournalError as error:
        raise ProblemError(error.problem) from error
    steps: dict[str, StepData] = {}
    for event in seen.events:
        if isinstance(event, NodeStarted):
            steps[event.node] = StepData(event.node, event.inputs)
        elif isinstance(event, NodeSettled):
            steps.setdefault(event.node, StepData(event.node, {})).settled = event
    return PlaceData(tuple(steps.values()), seen)


def data_table(data: PlaceData, recalled: Recalled, title: Title) -> str:
    headers = [text(f"cli.column.{name}") for name in ("step", "came_in", "went_out")]
    rows = [
        [title_in(recalled.workflow, title, step.node), _said(step.inputs), _came_of(step)]
        for step in data.steps
    ]
    return table(headers, rows, widest=60)


def data_objects(data: PlaceData, recalled: Recalled, title: Title) -> list[Json]:
    return [
        {
            "node": step.node,
            "title": title_in(recalled.workflow, title, step.node),
            "status": step.settled.status if step.settled else None,
            "inputs": _whole(data.seen, step.inputs),
            "outputs": _whole(data.seen, step.settled.outputs) if step.settled else {},
            "failure": _failure(step.settled.failure if step.settled else None),
        }
        for step in data.steps
    ]


def _said(previews: Mapping[str, Preview]) -> str:
    shown = [plain(" ".join(preview.text.split())) for preview in previews.values()]
    if len(shown) == 1:
        return shown[0] or "–"
    return " · ".join(f"{name}: {said}" for name, said in zip(previews, shown, strict=True)) or "–"


def _came_of(step: StepData) -> str:
    settled = step.settled
    if settled is None:
        return text("cli.runs.not_recorded")
    if settled.failure:
        return failure_sentence(settled.failure)
    return text(f"skip.{settled.skip}") if settled.skip else _said(settled.outputs)


def _failure(failure: Failure | None) -> Json:
    return {"code": failure.code, "message": failure_sentence(failure)} if failure else None


def _whole(seen: Revisited, previews: Mapping[str, Preview]) -> dict[str, Json]:
    return {name: _value(seen, preview) for name, preview in previews.items()}


def _value(seen: Revisited, preview: Preview) -> Value:
    if not preview.ref:
        return preview.text if preview.type in ("text", "any") else json.loads(preview.text or "null")
    try:
        value = seen.value(preview.ref)
    except KeyError:
        return preview.text
    return value[:] if isinstance(value, LazyList) else value

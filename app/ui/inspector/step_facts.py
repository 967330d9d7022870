"""Step facts: what the inspector says of a step and its last run, computed from spec and run state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app import figures
from app.costs.cost import FREE, Cost
from app.costs.usage import NO_USAGE, Usage
from app.document.workflow import Node
from app.events.run_state import NodeState, RunState, row_of
from app.forecast.forecast import StepForecast
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.plain import one_line
from app.ui.step_looks import step_look

_LONGEST_TOLD = 200  # characters
_STATES = {
    "running": ("loader", "running"),
    "streaming": ("loader", "running"),
    "retrying": ("rotate-ccw", "warning"),
    "asking": ("user-check", "running"),
    "done": ("check", "done"),
    "check_failed": ("triangle-alert", "warning"),
    "failed": ("x", "error"),
    "skipped": ("minus", "waiting"),
    "cancelled": ("square", "waiting"),
}


@dataclass(frozen=True, slots=True)
class StepFacts:
    """`title` is the person's own, empty where they gave none; the state's fields are empty without a run."""

    title: str
    type_title: str
    subtitle: str
    icon: str
    kind: str
    state: str = ""
    state_tone: str = ""
    state_icon: str = ""


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What the last run of a step took, ready to be read: value and caption; `note` says over how much."""

    cells: tuple[tuple[str, str], ...]
    note: str


def facts_of(node: Node, spec: NodeSpec | None, run: RunState) -> StepFacts:
    """What the header shows."""
    look = step_look(node, lambda _: spec)
    type_title = _type_title(node, spec)
    subtitle = type_title if node.title else text(f"canvas.kind.{spec.type.kind}") if spec else node.type
    state = run.nodes.get(node.id)
    if node.disabled:
        return StepFacts(
            node.title,
            type_title,
            subtitle,
            look.icon,
            look.kind,
            text("canvas.fact.disabled"),
            "waiting",
            "ban",
        )
    if state is None or state.status not in _STATES:
        return StepFacts(node.title, type_title, subtitle, look.icon, look.kind)
    icon, tone = _STATES[state.status]
    words = text(f"canvas.state.{state.status}")
    if state.status == "failed" and state.ok:
        words = text("inspector.state.some_failed", n=state.failed, of=state.settled)
    return StepFacts(node.title, type_title, subtitle, look.icon, look.kind, words, tone, icon)


def _type_title(node: Node, spec: NodeSpec | None) -> str:
    """What the step is called without a title of its own: its preset's or its type's name."""
    return step_look(replace(node, title=""), lambda _: spec).title if spec else text("canvas.unknown_step")


def figures_of(state: NodeState | None) -> StepFigures | None:
    """The step's cost, time and tokens; per row where it ran on several. None: it didn't run."""
    if state is None or not state.settled or state.skipped == state.settled:
        return None
    n = max(1, state.settled - state.skipped)
    cells = [(figures.seconds(state.seconds / n), text("inspector.figures.time"))]
    if state.calls:
        amount = Cost(state.cost.known / n, state.cost.state)
        tokens = figures.tokens(round(state.usage.total / n)) + ("" if state.usage_complete else "+")
        cells = [
            (figures.cost(amount), text("inspector.figures.cost")),
            *cells,
            (tokens, text("inspector.figures.tokens")),
        ]
    return StepFigures(tuple(cells), _note(state, n))


def told_of(node: str, run: RunState) -> str:
    """What the step told last of itself, there where it ran last: "From about 980 tokens to about 410 …"."""
    state = run.nodes.get(node)
    latest = state.latest if state else None
    if latest is None:
        return ""
    mine = (one for one in reversed(run.messages) if (one.node, one.scope) == (node, latest.scope))
    told = next(mine, None)
    if told is None:
        return ""
    words = one_line(text(f"message.{told.code}", **told.args), _LONGEST_TOLD)
    row = row_of(latest.scope)
    return text("inspector.figures.told", row=row + 1, told=words) if row >= 0 else words


def forecast_of(forecast: StepForecast | None) -> StepFigures | None:
    """What the step will take, from whose runs; None where nobody can say."""
    if forecast is None:
        return None
    amounts = forecast.amounts
    cells = (
        (figures.cost_expected(amounts.cost), text("inspector.figures.cost")),
        (
            text("figure.about", amount=figures.seconds(amounts.seconds.mean)),
            text("inspector.figures.time"),
        ),
        (
            text("figure.about", amount=figures.tokens(round(amounts.tokens.mean))),
            text("inspector.figures.tokens"),
        ),
    )
    spread = figures.cost_spread(amounts.cost)
    return StepFigures(cells, " · ".join(filter(None, (spread, figures.basis(forecast.runs)))))


def _note(state: NodeState, n: int) -> str:
    notes = [text("inspector.figures.rows", n=n, total=figures.cost(state.cost))] if n > 1 else []
    if state.failed and n > 1:
        notes.append(text("inspector.figures.failed", n=state.failed))
    if state.model:
        notes.append(text("inspector.figures.model", model=state.model))
    if state.sources["cache"]:
        saved = text("history.saved", amount=figures.cost(state.saved))
        notes.append(saved if state.saved.known else text("history.saved_free"))
    if state.usage.cached:
        notes.append(text("inspector.figures.cached", tokens=figures.tokens(state.usage.cached)))
    return " · ".join(notes)


def sum_of(nodes: Sequence[str], run: RunState) -> tuple[Cost, Usage, float]:
    """Cost, tokens and seconds of several steps in a run."""
    cost, usage, seconds = FREE, NO_USAGE, 0.0
    for node in nodes:
        state = run.nodes.get(node)
        if state is not None:
            cost, usage, seconds = cost + state.cost, usage + state.usage, seconds + state.seconds
    return cost, usage, seconds

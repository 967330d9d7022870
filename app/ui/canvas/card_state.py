"""What a run and a check make of a card: badge, border, figures, progress."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app import figures
from app.costs.cost import FREE, Cost
from app.document.problem import Problem
from app.events.run_state import NodeState, RunState, frames_of
from app.forecast.forecast import StepForecast
from app.texts import text
from app.ui.canvas.card import Fact, Mark
from app.ui.problem_words import what_happened

_RUNNING = ("running", "streaming", "retrying")
BADGES = {
    "running": ("loader", "running"),
    "streaming": ("loader", "running"),
    "retrying": ("rotate-ccw", "warning"),
    "asking": ("user-check", "person"),
    "done": ("check", "done"),
    "check_failed": ("triangle-alert", "warning"),
    "failed": ("x", "error"),
    "skipped": ("minus", "muted"),
    "cancelled": ("square", "muted"),
}
_BORDERS = {"check_failed": "warning", "failed": "error", "running": "running", "streaming": "running"}


def badge_of(
    node: str, run: RunState | None, state: NodeState | None, problems: Sequence[Problem]
) -> tuple[Mark | None, str]:
    """The badge of a node and the name of the state whose colour its border takes."""
    live = run is not None and run.status in ("running", "paused", "waiting")
    worst = min(problems, key=lambda problem: problem.severity != "error", default=None)
    # What keeps the step from running again is news; a warning is not worth hiding a result for.
    if worst and not live and (worst.severity == "error" or state is None):
        tone = "error" if worst.severity == "error" else "warning"
        return Mark("circle-alert", tone, what_happened(worst)), ""
    if run is None or state is None:
        return None, ""
    if run.budget_reached and run.budget_reached.node == node:
        return Mark("pause", "warning", text("canvas.state.paused")), "warning"
    if state.status == "idle":
        return (Mark("clock", "waiting", text("canvas.state.waiting")) if not run.is_over else None), ""
    if state.memory_wait and not run.is_over:
        return Mark("clock", "waiting", text("canvas.state.waits_memory")), ""
    icon, tone = BADGES[state.status]
    border = _BORDERS.get(state.status, "")
    return Mark(
        icon, tone, text(f"canvas.state.{said_state(state)}"), spins=state.status in _RUNNING[:2]
    ), border


def said_state(state: NodeState) -> str:
    """The state as it is said: what a dry run did not do was not skipped."""
    return "dry" if state.status == "skipped" and state.skip == "dry" else state.status


def progress_of(run: RunState | None, state: NodeState | None) -> float | None:
    """How much of the rows a working node is through with, 0..1; None where that can't be said."""
    if not run or not state or not run.rows or run.rows < 2 or state.status not in _RUNNING:
        return None
    if _in_frame(state):
        return None
    return state.settled / run.rows


def facts_of(run: RunState | None, state: NodeState | None, *, disabled: bool) -> tuple[Fact, ...]:
    """The chips of a card, the most important first."""
    if disabled:
        return (Fact(text("canvas.fact.disabled"), "muted"),)
    if run is None or state is None:
        return (Fact(text("canvas.fact.not_run"), "muted"),)
    if state.status == "idle":
        return (Fact(text("canvas.fact.not_run" if run.is_over else "canvas.state.waiting"), "muted"),)
    if state.status in ("skipped", "cancelled") and not state.calls:
        return (Fact(text(f"canvas.state.{said_state(state)}"), "muted"),)
    return (*_model_facts(state), *_given_facts(state), *_result_facts(run, state))


def forecast_facts(forecast: StepForecast) -> tuple[Fact, ...]:
    """What a step that has not run yet will take."""
    amounts = forecast.amounts
    shown = figures.tokens(round(amounts.tokens.mean))
    return (
        Fact(text("canvas.fact.estimated", shown=shown), "muted"),
        Fact(figures.cost_expected(amounts.cost), "muted"),
    )


def _given_facts(state: NodeState) -> list[Fact]:
    """Of results that were there already: where they come from, and what that saved."""
    if state.sources["cache"]:
        saved = (
            [Fact(text("canvas.fact.saved", amount=figures.cost(state.saved)), "done")]
            if state.saved.known
            else []
        )
        return [Fact(text("canvas.fact.cached"), "done"), *saved]
    return [Fact(text("canvas.fact.pinned"), "muted")] if state.sources["pin"] else []


def _model_facts(state: NodeState) -> list[Fact]:
    if not state.calls:
        return []
    code = "canvas.fact.tokens" if state.usage_complete else "canvas.fact.tokens_at_least"
    return [
        Fact(text(code, shown=figures.tokens(state.usage.total))),
        Fact(figures.cost(state.cost), _cost_tone(state.cost)),
    ]


def _cost_tone(cost: Cost) -> str:
    return "done" if cost.is_exact else "muted"


def _result_facts(run: RunState, state: NodeState) -> list[Fact]:
    repeated = _in_frame(state) and state.started > 1
    many = run.rows is not None or repeated
    count = state.verdicts
    if state.status == "retrying" and state.latest and state.latest.retry:
        retry = state.latest.retry
        return [
            Fact(text("canvas.fact.retry", attempt=retry.attempt + 1, attempts=retry.attempts), "warning")
        ]
    if state.status == "asking":
        return [Fact(text("canvas.state.asking"))]
    if many and count.n:
        passed = text("canvas.fact.of", part=figures.count(count.passed), whole=figures.count(count.n))
        return [Fact(passed, "done" if count.passed == count.n else "warning")]
    if many:
        rows = [
            Fact(
                text(
                    "canvas.fact.times" if repeated else "canvas.fact.rows",
                    shown=figures.count(state.ok),
                ),
                "" if state.calls == 0 else "muted",
            )
        ]
        return rows + (
            [Fact(text("canvas.fact.failed", shown=figures.count(state.failed)), "error")]
            if state.failed
            else []
        )
    rules = _rules(state)
    if rules:
        return [
            Fact(
                text("canvas.fact.of", part=rules[0], whole=rules[1]),
                "done" if rules[0] == rules[1] else "warning",
            )
        ]
    return [Fact(figures.seconds(state.seconds), "muted")] if state.settled else []


def _in_frame(state: NodeState) -> bool:
    """Whether it works once an element or turn of a frame, not once a row."""
    return state.latest is not None and bool(frames_of(state.latest.scope))


def _rules(state: NodeState) -> tuple[int, int] | None:
    """How many rules of the latest verdict passed, of how many."""
    settled = state.latest.settled if state.latest else None
    reasons = settled.verdict.get("reasons") if settled and settled.verdict else None
    if not isinstance(reasons, Sequence) or isinstance(reasons, str) or not reasons:
        return None
    passed = sum(1 for reason in reasons if isinstance(reason, dict) and reason.get("verdict") == "passed")
    return passed, len(reasons)


def total_of(nodes: Iterable[str], run: RunState | None) -> Fact | None:
    """What some nodes cost together with what is inside them; None before a model has been called."""
    if run is None:
        return None
    # A call inside a frame is booked on its own step and once more on the frame as a whole.
    known = ((run.nodes.get(node), run.frames.get(node)) for node in nodes)
    states = [state for pair in known for state in pair if state is not None]
    if not any(state.calls for state in states):
        return None
    cost = sum((state.cost for state in states), FREE)
    return Fact(figures.cost(cost), _cost_tone(cost))

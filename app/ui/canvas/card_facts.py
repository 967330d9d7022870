"""Puts a card together: what a node's settings, its run and its problems mean in words and marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from app import figures
from app.costs.cost import FREE, Cost
from app.document.problem import Problem
from app.events.run_state import NodeState, RunState
from app.sdk.node_type import Preset
from app.sdk.ports import ERROR_PORT, PortSpec
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui import node_texts
from app.ui.canvas.card import Card, Fact, Mark, PortMark
from app.ui.canvas.placed import Placed, fields_of
from app.ui.canvas.result_line import result_line
from app.ui.plain import one_line
from app.ui.problem_words import what_happened

_RUNNING = ("running", "streaming", "retrying")
_BADGES = {
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


def card_of(placed: Placed, run: RunState | None, problems: Sequence[Problem] = ()) -> Card:
    """The card of a node as it looks now, in the language of now."""
    node, spec = placed.node, placed.spec
    state = run.nodes.get(node.id) if run else None
    preset = preset_of(placed)
    badge, border = _badge(node.id, run, state, problems)
    return Card(
        title=one_line(title_of(placed)),
        subtitle=one_line(_subtitle(placed, preset, state)),
        icon=(preset.icon if preset else "") or (spec.type.icon if spec else "puzzle"),
        kind=kind_of(placed, preset),
        inputs=_inputs(placed),
        outputs=_outputs(placed),
        error=_error_port(placed),
        facts=_facts(run, state, disabled=node.disabled),
        badge=badge,
        border=border,
        preview=result_line(placed, state) if state else "",
        writing=state is not None and state.status == "streaming",
        progress=_progress(run, state),
        faded=node.disabled or (state is not None and state.status == "skipped"),
        unknown=spec is None,
        disabled=node.disabled,
        note=bool(node.note),
        width=placed.width,
    )


def title_of(placed: Placed) -> str:
    """The person's own title, else the name of the preset or type, else the unknown type's id."""
    if placed.node.title:
        return placed.node.title
    if placed.spec is None:
        return placed.node.type
    preset = preset_of(placed)
    return node_texts.preset_title(placed.spec, preset) if preset else node_texts.title(placed.spec)


def preset_of(placed: Placed) -> Preset | None:
    """The library entry whose settings this node has, such as "Cheap model"."""
    spec = placed.spec
    if spec is None or not spec.type.presets:
        return None
    defaults = {field.name: field.default for field in spec.fields}
    now = {**defaults, **placed.node.fields}
    for preset in spec.type.presets:
        if preset.fields and all(now.get(name) == value for name, value in preset.fields.items()):
            return preset
    return None


def kind_of(placed: Placed, preset: Preset | None) -> str:
    """The name of the kind's colour: models are "cheap" or "strong" by whom they ask."""
    if placed.spec is None:
        return "unknown"
    kind = (preset.kind if preset else None) or placed.spec.type.kind
    if kind != "model":
        return kind
    fields = fields_of(placed.node, placed.spec)
    models = placed.spec.type.models(fields) if fields is not None else ()
    return "cheap" if models and all(model.role == "small" for model in models) else "strong"


def total_of(nodes: Iterable[str], run: RunState | None) -> Fact | None:
    """What some nodes cost together; None before one of them has called a model."""
    states = [run.nodes[node] for node in nodes if node in run.nodes] if run else []
    if not any(state.calls for state in states):
        return None
    cost = sum((state.cost for state in states), FREE)
    return Fact(figures.cost(cost), _cost_tone(cost))


def _subtitle(placed: Placed, preset: Preset | None, state: NodeState | None) -> str:
    spec = placed.spec
    if spec is None:
        return text("canvas.unknown_step")
    title, kind = title_of(placed), text(f"canvas.kind.{spec.type.kind}")
    first = node_texts.preset_title(spec, preset) if preset else kind
    if first == title:
        first = kind if kind != title else ""
    second = _what_matters(placed, spec, state)
    if not second and placed.node.title:
        second = node_texts.title(spec)
    return " · ".join(dict.fromkeys(filter(None, (first, second)))) or node_texts.summary(spec)


def _what_matters(placed: Placed, spec: NodeSpec, state: NodeState | None) -> str:
    """The model that answered or was chosen, else what the type finds worth saying of its settings."""
    if state and state.model:
        return state.model
    fields = fields_of(placed.node, spec)
    if fields is None:
        return ""
    chosen = next((model.model for model in spec.type.models(fields) if model.model), "")
    return chosen or spec.type.headline(fields)


def _inputs(placed: Placed) -> tuple[PortMark, ...]:
    known = tuple(
        _mark(placed.spec, port, port.name in placed.joined_in, side="in") for port in placed.ports.inputs
    )
    return known + tuple(_gone(name, placed) for name in placed.gone_in)


def _outputs(placed: Placed) -> tuple[PortMark, ...]:
    known = tuple(
        _mark(placed.spec, port, port.name in placed.joined_out, side="out") for port in placed.ports.outputs
    )
    return known + tuple(_gone(name, placed) for name in placed.gone_out)


def _mark(spec: NodeSpec | None, port: PortSpec, joined: bool, side: Literal["in", "out"]) -> PortMark:
    label = node_texts.port_label(spec, port, side) if spec else port.label
    return PortMark(port.name, one_line(label), port.type, port.tone, joined)


def _gone(name: str, placed: Placed) -> PortMark:
    # An unknown type's ports aren't gone: they are known only by the edges that name them.
    return PortMark(name, one_line(name), "any", joined=True, gone=placed.spec is not None)


def _error_port(placed: Placed) -> PortMark | None:
    if placed.spec is None:
        return None
    return PortMark(ERROR_PORT, text("canvas.port.error"), "record", "error", ERROR_PORT in placed.joined_out)


def _badge(
    node: str, run: RunState | None, state: NodeState | None, problems: Sequence[Problem]
) -> tuple[Mark | None, str]:
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
    icon, tone = _BADGES[state.status]
    border = _BORDERS.get(state.status, "")
    return Mark(icon, tone, text(f"canvas.state.{state.status}"), spins=state.status in _RUNNING[:2]), border


def _progress(run: RunState | None, state: NodeState | None) -> float | None:
    if not run or not state or not run.rows or run.rows < 2 or state.status not in _RUNNING:
        return None
    return state.settled / run.rows


def _facts(run: RunState | None, state: NodeState | None, *, disabled: bool) -> tuple[Fact, ...]:
    if disabled:
        return (Fact(text("canvas.fact.disabled"), "muted"),)
    if run is None or state is None:
        return (Fact(text("canvas.fact.not_run"), "muted"),)
    if state.status == "idle":
        return (Fact(text("canvas.fact.not_run" if run.is_over else "canvas.state.waiting"), "muted"),)
    if state.status in ("skipped", "cancelled") and not state.calls:
        return (Fact(text(f"canvas.state.{state.status}"), "muted"),)
    return tuple(_model_facts(state)) + tuple(_result_facts(run, state))


def _model_facts(state: NodeState) -> list[Fact]:
    if not state.calls:
        return []
    code = "canvas.fact.tokens" if state.usage_complete else "canvas.fact.tokens_at_least"
    return [
        Fact(text(code, n=state.usage.total, shown=figures.tokens(state.usage.total))),
        Fact(figures.cost(state.cost), _cost_tone(state.cost)),
    ]


def _cost_tone(cost: Cost) -> str:
    return "done" if cost.state in ("free", "priced") else "muted"


def _result_facts(run: RunState, state: NodeState) -> list[Fact]:
    many = run.rows is not None
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
                text("canvas.fact.rows", n=state.ok, shown=figures.count(state.ok)),
                "" if state.calls == 0 else "muted",
            )
        ]
        return rows + (
            [Fact(text("canvas.fact.failed", n=state.failed, shown=figures.count(state.failed)), "error")]
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


def _rules(state: NodeState) -> tuple[int, int] | None:
    """How many rules of the latest verdict passed, of how many."""
    settled = state.latest.settled if state.latest else None
    reasons = settled.verdict.get("reasons") if settled and settled.verdict else None
    if not isinstance(reasons, Sequence) or isinstance(reasons, str) or not reasons:
        return None
    passed = sum(1 for reason in reasons if isinstance(reason, dict) and reason.get("verdict") == "passed")
    return passed, len(reasons)

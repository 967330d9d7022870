"""Puts a card together: names, ports and what its settings say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from app.adapters.model_names import short_name
from app.document.problem import Problem
from app.events.run_state import NodeState, RunState
from app.forecast.forecast import StepForecast
from app.registry import node_texts
from app.sdk.node_type import Preset
from app.sdk.ports import ERROR_PORT, PortSpec
from app.sdk.spec import NodeSpec
from app.texts import text
from app.ui.canvas.card import Card, Fact, PortMark
from app.ui.canvas.card_state import badge_of, facts_of, forecast_facts, progress_of
from app.ui.canvas.frame_facts import frame_facts, progress_inside, steps_inside
from app.ui.canvas.placed import Placed, fields_of
from app.ui.canvas.result_line import result_line
from app.ui.plain import one_line


def card_of(
    placed: Placed,
    run: RunState | None,
    problems: Sequence[Problem] = (),
    forecast: StepForecast | None = None,
) -> Card:
    """The card of a node as it looks now, in the language of now."""
    node, spec = placed.node, placed.spec
    state = run.nodes.get(node.id) if run else None
    preset = preset_of(placed)
    badge, border = badge_of(node.id, run, state, problems)
    return Card(
        title=one_line(title_of(placed)),
        subtitle=one_line(_subtitle(placed, preset, state)),
        icon=(preset.icon if preset else "") or (spec.type.icon if spec else "puzzle"),
        kind=kind_of(placed, preset),
        inputs=_inputs(placed),
        outputs=_outputs(placed),
        quiet_inputs=_inputs(placed, quiet=True),
        quiet_outputs=_outputs(placed, quiet=True),
        error=_error_port(placed),
        facts=_facts(placed, run, state, forecast),
        badge=badge,
        border=border,
        preview=result_line(placed, state) if state else "",
        writing=state is not None and state.status == "streaming",
        progress=progress_inside(run, node.id) if placed.opens else progress_of(run, state),
        faded=node.disabled or (state is not None and state.status == "skipped"),
        unknown=spec is None,
        disabled=node.disabled,
        note=bool(node.note),
        opens=placed.opens,
        width=placed.width,
    )


def _facts(
    placed: Placed, run: RunState | None, state: NodeState | None, forecast: StepForecast | None
) -> tuple[Fact, ...]:
    disabled = placed.node.disabled
    inside = () if disabled else frame_facts(run, placed.node.id, opens=placed.opens)
    if inside:
        return inside
    if forecast and not disabled and (run is None or state is None):
        return forecast_facts(forecast)
    return facts_of(run, state, disabled=disabled)


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
    fields = fields_of(placed.node, spec)
    return None if fields is None else spec.preset(fields)


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


def _subtitle(placed: Placed, preset: Preset | None, state: NodeState | None) -> str:
    spec = placed.spec
    if spec is None:
        return text("canvas.unknown_step")
    title, kind = title_of(placed), text(f"canvas.kind.{spec.type.kind}")
    first = node_texts.preset_title(spec, preset) if preset else kind
    if first == title:
        first = kind if kind != title else ""
    second = steps_inside(placed.node) if placed.opens else _what_matters(placed, spec, state)
    if not second and placed.node.title:
        second = node_texts.title(spec)
    return " · ".join(dict.fromkeys(filter(None, (first, second)))) or node_texts.summary(spec)


def _what_matters(placed: Placed, spec: NodeSpec, state: NodeState | None) -> str:
    """The models that answered or were chosen, else what the type finds worth saying of its settings."""
    if state and state.model:
        return _models((state.model, *state.models))
    fields = fields_of(placed.node, spec)
    if fields is None:
        return ""
    chosen = _models(model.model for model in spec.type.models(fields) if model.model)
    return chosen or spec.type.headline(fields)


def _models(models: Iterable[str]) -> str:
    """The first by its name, and how many there are beside it."""
    first, *others = dict.fromkeys(map(short_name, models)) or ("",)
    return text("canvas.card.models", model=first, n=len(others)) if others else first


def _inputs(placed: Placed, *, quiet: bool = False) -> tuple[PortMark, ...]:
    known = tuple(
        _mark(placed.spec, port, port.name in placed.joined_in, side="in")
        for port in placed.ports.inputs
        if placed.is_quiet_in(port) == quiet
    )
    return known if quiet else known + tuple(_gone(name, placed) for name in placed.gone_in)


def _outputs(placed: Placed, *, quiet: bool = False) -> tuple[PortMark, ...]:
    known = tuple(
        _mark(placed.spec, port, port.name in placed.joined_out, side="out")
        for port in placed.ports.outputs
        if placed.is_quiet_out(port) == quiet
    )
    return known if quiet else known + tuple(_gone(name, placed) for name in placed.gone_out)


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

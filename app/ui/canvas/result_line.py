"""The result line: one line of what a node is writing or has written, and why a check failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from app.events.run_events import NodeSettled, Preview
from app.events.run_state import InstanceState, NodeState
from app.figures import models_behind
from app.texts import text
from app.ui import path_words
from app.ui.canvas.placed import Placed
from app.ui.plain import one_line
from app.ui.problem_words import what_happened

_TAIL = 120  # characters at the end of a growing text: more than the line can hold


def result_line(placed: Placed, state: NodeState) -> str:
    """The line under the ports, or "" where there is nothing to show."""
    latest = state.latest
    if latest is None:
        return ""
    if now := _under_way(state, latest):
        return now
    if latest.settled is None:
        return ""
    if latest.settled.failure:
        return one_line(what_happened(latest.settled.failure))
    way = path_words.rate_words(state) or (
        path_words.way_in_short(latest.settled.path) if latest.settled.path else ""
    )
    return failed_reason(latest.settled) or way or _main_output(placed, latest.settled)


def _under_way(state: NodeState, latest: InstanceState) -> str:
    """What it waits for, why it tries again, or what it writes just now."""
    if state.memory_wait:
        behind = models_behind(state.memory_wait)
        words = (
            text("canvas.preview.waits_memory", behind=behind)
            if behind
            else text("canvas.state.waits_memory")
        )
        return one_line(words)
    if state.status == "retrying" and latest.retry:
        return one_line(what_happened(latest.retry.failure))
    return one_line(latest.text[-_TAIL:])


def failed_reason(settled: NodeSettled) -> str:
    """The first rule of a verdict that failed or wasn't checked, as a sentence; "" if all passed."""
    reasons = settled.verdict.get("reasons") if settled.verdict else None
    if not isinstance(reasons, Sequence) or isinstance(reasons, str):
        return ""
    for reason in cast("Sequence[Mapping[str, Any]]", reasons):
        if reason.get("verdict") != "passed":
            return one_line(text(f"reason.{reason.get('code')}", **dict(reason.get("args") or {})))
    return ""


def _main_output(placed: Placed, settled: NodeSettled) -> str:
    shown = _main_preview(placed, settled)
    if shown is None:
        return ""
    if shown.type in ("list", "table") and shown.size >= 0:
        return text("canvas.preview.items", n=shown.size)
    return one_line(shown.text)


def _main_preview(placed: Placed, settled: NodeSettled) -> Preview | None:
    main = next(
        (port.name for port in placed.ports.outputs if port.main and port.name in settled.outputs), None
    )
    name = main or next(iter(settled.outputs), None)
    return settled.outputs[name] if name is not None else None

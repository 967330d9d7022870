"""Axis: round steps for a scale, so that ticks stand at numbers that people count in."""

from __future__ import annotations

import math

from app.texts import text

_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)


def time_step(span: float, most: int) -> float:
    """Seconds between ticks so that at most `most` of them lie within `span` seconds."""
    for step in _TIME_STEPS:
        if span / step <= most:
            return step
    return _TIME_STEPS[-1] * math.ceil(span / _TIME_STEPS[-1] / most)


def time_ticks(span: float, most: int) -> tuple[float, ...]:
    """The ticks of a scale from 0 to `span` seconds."""
    step = time_step(span, most)
    return tuple(i * step for i in range(math.floor(span / step) + 1))


def tick_text(seconds: float, step: float, span: float) -> str:
    """A tick without more digits than its step needs: 0.5 s, 12 s; on long scales 2:30."""
    if span >= 120:
        return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
    return text("figure.seconds", s=f"{seconds:.1f}" if step < 1 else f"{seconds:.0f}")

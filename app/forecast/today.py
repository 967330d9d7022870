"""Past runs as they would be today: as many elements as today's lists have, at prices that were unknown then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.forecast.evidence import Took, Unit
from app.forecast.situation import Rate
from app.planner.plan import PlanStep


def stretched(unit: Unit, frames: Sequence[PlanStep], lengths: Mapping[str, int]) -> Unit:
    """What stands in a For each took so much for each element; `lengths` are those of today's lists."""
    found = dict(unit)
    for frame in frames:
        within = [one.id for one in frame.frame.body.all_steps() if one.id in unit] if frame.frame else []
        then = max((unit[name].elements for name in within), default=0)
        if then:
            found |= {name: _times(unit[name], lengths[frame.id] / then) for name in within}
    return found


def priced(took: Took, rates: Sequence[Rate]) -> Took:
    """With the calls whose price nobody knew then, where each of their models has one by now."""
    usd = 0.0
    for model, usage in took.unpriced:
        rate = next((one for one in rates if one.id and model.startswith(one.id) and one.is_priced), None)
        if rate is None:
            return took
        usd += rate.usd(usage.input, usage.output)
    return replace(took, usd=took.usd + usd, unpriced=[]) if took.unpriced else took


def _times(took: Took, times: float) -> Took:
    return replace(
        took,
        calls=took.calls * times,
        input=took.input * times,
        output=took.output * times,
        usd=took.usd * times,
        seconds=took.seconds * times,
        elapsed=took.elapsed * times,
    )

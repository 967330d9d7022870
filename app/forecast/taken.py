"""Taken: what each step took in one simulated run, and what many of them come to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from app.forecast.forecast import Amounts, StepForecast, interval, money
from app.planner.plan import Plan


class Taken:
    """By step: calls, tokens read, tokens written, US dollars, seconds of its calls. `work` is how long each step or
    frame is at work, `seconds` the time of the whole run.
    """

    __slots__ = ("seconds", "steps", "work")

    def __init__(self) -> None:
        self.seconds = 0.0
        self.steps: dict[str, list[float]] = {}
        self.work: dict[str, float] = {}

    def add(self, name: str, calls: float, read: float, written: float, usd: float, seconds: float) -> None:
        sums = self.steps.get(name)
        if sums is None:
            self.steps[name] = [calls, read, written, usd, seconds]
            return
        sums[0] += calls
        sums[1] += read
        sums[2] += written
        sums[3] += usd
        sums[4] += seconds


def summed(
    taken: Sequence[Taken],
    plan: Plan,
    asking: Sequence[str],
    learned: Mapping[str, int],
    unpriced: Collection[str],
    tail: float,
) -> tuple[dict[str, StepForecast], Amounts]:
    """Each step that asks models, frames with what is inside, and the whole. `learned`: from how many past runs."""
    asks = set(asking)
    steps: dict[str, StepForecast] = {}
    for step in plan.all_steps():
        within = (one.id for one in step.frame.body.all_steps()) if step.frame else ()
        parts = [name for name in (step.id, *within) if name in asks]
        if parts:
            runs = max(learned.get(name, 0) for name in parts)
            seconds = [run.work.get(step.id, 0.0) for run in taken]
            steps[step.id] = StepForecast(_amounts(taken, parts, unpriced, tail, seconds), runs)
    return steps, _amounts(taken, asking, unpriced, tail, [run.seconds for run in taken])


_NOTHING = (0.0,) * 5


def _amounts(
    taken: Sequence[Taken],
    names: Sequence[str],
    unpriced: Collection[str],
    tail: float,
    seconds: Sequence[float],
) -> Amounts:
    if len(names) == 1:
        rows = [run.steps.get(names[0], _NOTHING) for run in taken]
    else:
        rows = [
            [sum(column) for column in zip(*(run.steps.get(name, _NOTHING) for name in names), strict=True)]
            or _NOTHING
            for run in taken
        ]
    calls, read, written, usd, _ = zip(*rows, strict=True)
    return Amounts(
        interval(calls, tail),
        interval(read, tail),
        interval(written, tail),
        interval([a + b for a, b in zip(read, written, strict=True)], tail),
        interval(seconds, tail),
        money(usd, tail, unknown=any(name in unpriced for name in names)),
    )

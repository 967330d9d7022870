"""Pace: how long connections need at least for all calls of a run, by what they take at a time and a minute."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from app.forecast.asking import Asking
from app.forecast.situation import Rate


def queued(sums: Mapping[str, Sequence[float]], asking: Mapping[str, Asking]) -> float:
    """Seconds of the busiest one; `sums` are those of `Taken.steps`."""
    busy: dict[str, tuple[Rate, list[float]]] = {}
    for name, of_step in sums.items():
        first = next(iter(asking[name].rates), None)
        if first:
            _, together = busy.setdefault(first.connection, (first, [0.0] * len(of_step)))
            together[:] = map(sum, zip(together, of_step, strict=True))
    return max((_needed(rate, of_all) for rate, of_all in busy.values()), default=0.0)


def _needed(rate: Rate, sums: Sequence[float]) -> float:
    """Seconds until a connection has begun all these calls, the first minute's at once, or has answered them."""
    calls, read, written, _, seconds = sums
    minutes = max(
        math.ceil(calls / rate.rpm) - 1 if rate.rpm else 0,
        math.ceil((read + written) / rate.tpm) - 1 if rate.tpm else 0,
    )
    return max(seconds / rate.at_once if rate.at_once else 0.0, minutes * 60.0)

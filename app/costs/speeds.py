"""How fast models write, as it was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median

from app.costs.ledger import Speed

ENOUGH_TOKENS = 8  # of an answer; in a shorter one the way there and back is most of the time
_LATEST = 200  # calls of a model that count

Who = tuple[str, str]


def speeds_of(calls: Iterable[tuple[Who, int, float]]) -> Mapping[Who, Speed]:
    """The calls, latest first: who answered, tokens written, seconds."""
    seen: defaultdict[Who, list[float]] = defaultdict(list)
    for who, tokens, seconds in calls:
        if tokens >= ENOUGH_TOKENS and seconds > 0 and len(seen[who]) < _LATEST:
            seen[who].append(tokens / seconds)
    return {who: Speed(median(rates), len(rates)) for who, rates in seen.items() if rates}

"""The forecast: tokens, money and time of a run that has not begun, as intervals that hold four times out of five."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean
from typing import Literal, TypeAlias

Known: TypeAlias = Literal["free", "estimated", "unknown"]


@dataclass(frozen=True, slots=True)
class Interval:
    """The true value lies between `low` and `high` in about 80 of 100 cases. Only means of parts add up to the mean
    of the whole.
    """

    low: float = 0.0
    median: float = 0.0
    high: float = 0.0
    mean: float = 0.0


@dataclass(frozen=True, slots=True)
class CostInterval:
    """US dollars. With state `unknown` it is what is known of it: the true cost is at least that."""

    low: Decimal
    median: Decimal
    high: Decimal
    mean: Decimal
    state: Known


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a step or a run takes. `calls` are calls of models, `input` and `output` tokens, `seconds` time."""

    calls: Interval
    input: Interval
    output: Interval
    tokens: Interval
    seconds: Interval
    cost: CostInterval


@dataclass(frozen=True, slots=True)
class StepForecast:
    """One step that calls models, or a frame with what is inside. `runs`: how many of the person's own past runs (or
    rows) it was learned from; 0: from sizes and typical lengths.
    """

    amounts: Amounts
    runs: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The whole run and its steps by id. `unknown` are the steps that ask a model whose price nobody knows.
    `about_rows`: the rows of a long table, which were not counted one by one. `kept`: answers that the cache has.
    """

    total: Amounts
    steps: Mapping[str, StepForecast]
    runs: int
    rows: int
    unknown: tuple[str, ...] = ()
    about_rows: bool = False
    kept: int = 0


def interval(draws: Sequence[float], tail: float) -> Interval:
    """From equally likely values; `tail` is the share left out at each end."""
    ordered = sorted(draws)
    return Interval(
        quantile(ordered, tail), quantile(ordered, 0.5), quantile(ordered, 1 - tail), fmean(ordered)
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of sorted values, linear between neighbours."""
    at = share * (len(ordered) - 1)
    below = int(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def money(draws: Sequence[float], tail: float, *, unknown: bool) -> CostInterval:
    """Free only where no draw costs anything and every price is known."""
    known = interval(draws, tail)
    state: Known = "unknown" if unknown else "estimated" if known.mean else "free"
    amounts = (known.low, known.median, known.high, known.mean)
    low, median, high, mean = (Decimal(f"{usd:.9f}") for usd in amounts)
    return CostInterval(low, median, high, mean, state)

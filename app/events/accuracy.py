"""Accuracy: a pass rate with its interval and the baseline that it has to beat."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field

_Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Passed of n, the 95 % Wilson score interval (Wilson 1927), and the share of the commonest
    expected answer where the verifier compares with one: always giving that answer scores as much.
    """

    passed: int
    n: int
    low: float
    high: float
    baseline: float | None = None

    @property
    def rate(self) -> float:
        return self.passed / self.n if self.n else 0.0


def wilson(passed: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a rate; (0, 1) where nothing was counted."""
    if n == 0:
        return 0.0, 1.0
    rate = passed / n
    spread = _Z95 * math.sqrt(rate * (1 - rate) / n + _Z95**2 / (4 * n * n))
    middle = rate + _Z95**2 / (2 * n)
    scale = 1 + _Z95**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


@dataclass(slots=True)
class VerdictCount:
    """The verdicts of one verifier over its instances. One that was not checked is not a pass."""

    passed: int = 0
    failed: int = 0
    not_checked: int = 0
    expected: Counter[str] = field(default_factory=Counter[str])

    @property
    def n(self) -> int:
        return self.passed + self.failed + self.not_checked

    def accuracy(self) -> Accuracy:
        low, high = wilson(self.passed, self.n)
        # The baseline means something only if every instance said what it expected.
        complete = self.n > 0 and self.expected.total() == self.n
        baseline = max(self.expected.values()) / self.n if complete else None
        return Accuracy(self.passed, self.n, low, high, baseline)

"""Pass rates: the interval against published values, the baseline only where it means something."""

from __future__ import annotations

import pytest

from app.events.accuracy import VerdictCount, wilson


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, table I, method 3 (Wilson without continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(passed: int, n: int, low: float, high: float) -> None:
    assert wilson(passed, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert VerdictCount().accuracy().baseline is None


def test_not_checked_is_not_a_pass() -> None:
    accuracy = VerdictCount(passed=3, failed=1, not_checked=4).accuracy()
    assert accuracy.n == 8
    assert accuracy.rate == 3 / 8


def test_a_baseline_needs_every_expected_answer() -> None:
    counts = VerdictCount(passed=2, failed=2)
    counts.expected.update({"refund": 3})
    assert counts.accuracy().baseline is None
    counts.expected.update({"praise": 1})
    assert counts.accuracy().baseline == 0.75

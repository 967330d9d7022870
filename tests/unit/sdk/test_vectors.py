"""Vectors of meanings: near is near whatever the length, and the middle lies between."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.vectors import middle, nearness

NUMBERS = st.floats(-100, 100).filter(lambda one: one == 0 or abs(one) > 1e-3)
VECTORS = st.lists(NUMBERS, min_size=3, max_size=3).filter(any)


@given(VECTORS, VECTORS, st.floats(0.01, 100))
def test_nearness_is_between_minus_one_and_one_and_length_does_not_count(
    one: list[float], other: list[float], factor: float
) -> None:
    near = nearness(one, other)
    assert -1 - 1e-9 <= near <= 1 + 1e-9
    assert nearness([factor * part for part in one], other) == pytest.approx(near, abs=1e-9)
    assert nearness(one, one) == pytest.approx(1)


def test_what_has_no_direction_is_near_to_nothing() -> None:
    assert nearness([0, 0], [1, 2]) == 0


@given(st.lists(VECTORS, min_size=1, max_size=5), st.floats(0.01, 100))
def test_the_middle_counts_directions_and_not_lengths(vectors: list[list[float]], factor: float) -> None:
    longer = [[factor * part for part in vectors[0]], *vectors[1:]]
    assert middle(longer) == pytest.approx(middle(vectors), abs=1e-9)

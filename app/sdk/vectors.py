"""Vectors of meanings: how near two of them lie, and what lies in the middle of many."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

Vector: TypeAlias = Sequence[float]


def nearness(one: Vector, other: Vector) -> float:
    """The cosine of the angle between them: 1 the same way, 0 nothing in common; 0 where one has no length."""
    long = math.hypot(*one) * math.hypot(*other)
    return math.fsum(a * b for a, b in zip(one, other, strict=True)) / long if long else 0.0


def middle(vectors: Sequence[Vector]) -> Vector:
    """The mean of their directions, each counting the same."""
    directions = [[part / (math.hypot(*one) or 1.0) for part in one] for one in vectors]
    return [math.fsum(parts) / len(directions) for parts in zip(*directions, strict=True)]

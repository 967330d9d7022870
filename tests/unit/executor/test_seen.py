"""Numbers that come again are counted, in little room."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.executor.seen import Seen

MANY = 40_000


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(2, 9)))
def test_each_number_is_counted_for_itself(numbers: list[int]) -> None:
    seen, counts = Seen(), Counter[int]()
    for number in numbers:
        counts[number] += 1
        assert seen.times(number) == counts[number]


def test_many_numbers_are_counted_as_few_are() -> None:
    dice, seen, counts = random.Random(7), Seen(), Counter[int]()
    kinds = [dice.getrandbits(64) for _ in range(10_000)]
    for _ in range(30_000):
        number = dice.choice(kinds)
        counts[number] += 1
        assert seen.times(number) == counts[number]
    assert [seen.times(kinds[0]) for _ in range(3)] == [counts[kinds[0]] + n for n in (1, 2, 3)]


def test_a_number_takes_some_bytes_whether_it_is_new_or_not() -> None:
    dice = random.Random(3)
    kinds = [dice.getrandbits(64) for _ in range(2**15)]
    for draw in (lambda: dice.getrandbits(64), lambda: dice.choice(kinds), lambda: 7):
        seen = Seen()
        tracemalloc.start()
        for _ in range(MANY):
            seen.times(draw())
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 32 * MANY + 800_000, f"{held / MANY:.1f} bytes a number"

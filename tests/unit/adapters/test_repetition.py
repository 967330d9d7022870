"""Answers that go round in circles are noticed, and long honest ones are not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.adapters.repetition import ENOUGH, LONGEST_UNIT, Repetition, goes_in_circles

units = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=LONGEST_UNIT)


@given(st.text(max_size=500), units, st.integers(1, 200))
def test_whatever_is_said_again_and_again_is_found_however_it_is_cut(
    before: str, unit: str, cut: int
) -> None:
    text = before + unit * (2 * ENOUGH // len(unit) + 2)
    repetition = Repetition()
    for start in range(0, len(text), cut):
        repetition.add(text[start : start + cut])
    assert repetition.found


def test_a_table_a_rule_and_a_poem_are_no_circles() -> None:
    table = "\n".join(f"| {n} | item {n % 7} | {n * 3} |" for n in range(500))
    assert not goes_in_circles(table)
    assert not goes_in_circles(table + "\n" + "-" * 1000)
    refrain = "And so we sing, and so we sing.\n"
    verses = "".join(f"Verse {n} tells of day {n * n}.\n{refrain * 3}" for n in range(60))
    assert not goes_in_circles(verses)


def test_it_has_to_go_on_for_a_while() -> None:
    repetition = Repetition()
    repetition.add("no " * (ENOUGH // 3 - 10))
    assert not repetition.found

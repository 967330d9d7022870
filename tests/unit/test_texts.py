"""Sentences: what stands in the gaps, plurals, and what is shown where an entry is missing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.texts import language, set_language, text


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    set_language("en")


def test_a_gap_is_filled_once_and_what_fills_it_stays_what_it_is() -> None:
    said = text("problem.cli.bad_amount", text="{text} {0} {text.__class__}")
    assert "{text} {0} {text.__class__}" in said
    said = text("problem.reference.nothing_there", path="{missing}", missing="total")
    assert "“{missing}” leads to nothing: there is no “total”" in said


def test_a_gap_that_nothing_fills_is_seen() -> None:
    assert "{text}" in text("problem.cli.bad_amount")


def test_one_has_its_own_sentence() -> None:
    one, two = (text("problem.run.too_many_rows_failed", n=n) for n in (1, 2))
    assert "one failed row" in one
    assert "2 failed rows" in two


def test_lists_are_joined_and_nothing_is_empty() -> None:
    assert "a, b" in text("problem.workflow.cycle", nodes=("a", "b"))
    assert "“”" in text("problem.cli.bad_amount", text=None)


def test_a_missing_entry_falls_back_to_english_and_then_to_its_code() -> None:
    set_language("zh-CN")
    assert text("no.such.code") == "no.such.code"
    assert text("problem.workflow.empty") != "problem.workflow.empty"
    set_language("tlh")
    assert language() == "en"

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.normal_forms import date_of, date_readings, folded, number_of, number_readings, yes_no_of


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("-5", "-5"),
        ("−5", "-5"),
        ("+7", "7"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1'000", "1000"),
        ("1 234 567,8", "1234567.8"),
        ("1\u00a0234,75", "1234.75"),
        ("1,23,456", "123456"),
        ("12,5", "12.5"),
        (".5", "0.5"),
        ("1e3", "1000"),
        ("€ 12.50", "12.50"),
        ("12 %", "12"),
        ("１２３．５", "123.5"),
        ("1,234", "1234"),
        ("1.234", "1.234"),
    ],
)
def test_numbers_in_the_notations_of_people(text: str, number: str) -> None:
    assert number_of(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "abc", "1.2.3", "--5", "5-", "2024-03-12", "1e9999", "12 apples", "1 2", "9" * 60]
)
def test_what_is_no_number(text: str) -> None:
    assert number_of(text) is None


def test_an_unclear_number_has_both_readings() -> None:
    assert set(number_readings("1,234")) == {Decimal(1234), Decimal("1.234")}


@given(st.integers(-(10**12), 10**12))
def test_every_whole_number_is_read_back(number: int) -> None:
    assert number_of(str(number)) == number
    assert number_of(f"{number:,}") == number


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-12",
        "2024/3/12",
        "2024-03-12T10:00:00+01:00",
        "12.3.2024",
        "12.03.24",
        "2024年3月12日",
        "２０２４年３月１２日",
        "12 March 2024",
        "12th of Mar. 2024",
        "March 12, 2024",
    ],
)
def test_dates_in_the_notations_of_people(text: str) -> None:
    assert date_of(text) == date(2024, 3, 12)


@pytest.mark.parametrize(
    "text", ["", "31.2.2024", "3/4/2026", "on 2024-03-12 at the latest", "12024-03-12", "May be"]
)
def test_what_is_no_date_or_more_than_one(text: str) -> None:
    assert date_of(text) is None


def test_an_unclear_date_has_both_readings() -> None:
    assert date_readings("3/4/2026") == {date(2026, 4, 3), date(2026, 3, 4)}


@given(st.dates())
def test_every_date_is_read_back(day: date) -> None:
    assert date_of(day.isoformat()) == day


def test_folding_evens_out_what_does_not_matter() -> None:
    assert folded("  Straße\t\n“Ａ１” – x\u200by ") == 'strasse "a1" - xy'


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_words_for_yes_and_no() -> None:
    assert [yes_no_of(word) for word in ("YES", "true", "是", "no", "0", "否", "maybe")] == [
        True,
        True,
        True,
        False,
        False,
        False,
        None,
    ]


@pytest.mark.parametrize(
    "text", ["1." * 50_000, "1 " * 50_000, "9" * 100_000, "1/1/" * 25_000, "'" * 100_000]
)
def test_no_text_takes_long(text: str) -> None:
    begun = time.process_time()
    number_of(text)
    date_of(text)
    folded(text)
    assert time.process_time() - begun < 1.0

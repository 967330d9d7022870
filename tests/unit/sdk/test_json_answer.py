from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.document.format import MAX_DEPTH
from app.sdk.json_answer import MOST_PLACES, UnreadableAnswer, exact_json, json_values


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        ' \n{"a": 1} ',
        '```json\n{"a": 1}\n```',
        '```\n{"a": 1}\n```',
        '```json\n{"a": 1}',
        '```{"a": 1}```',
        'Sure! Here it is: {"a": 1} Anything else?',
        'Sure!\n```json\n{"a": 1}\n```\nThat [was] it.',
        '\ufeff{"a": 1}',
        '{"a": 1} {"a": 1}',
        '{"a": 1}}',
    ],
)
def test_json_is_read_in_the_ways_models_write_it(text: str) -> None:
    assert list(json_values(text)) == [{"a": 1}]


def test_several_values_are_all_given() -> None:
    assert list(json_values('Either {"a": 1} or {"a": 2}.')) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("Sure!", "not_json"),
        ("{'a': 1}", "not_json"),
        ('{"a": 1', "not_json"),
        ('{"a": NaN}', "bad_number"),
        ("[1e999]", "big_number"),
        ("[" + "9" * 30 + "]", "big_number"),
        ('["\\ud800"]', "broken_character"),
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('Here: {"a": {"b": 1, "b": 2}, "c": [{}]}', "duplicate_key"),
        ("[" * 200_000, "too_deep"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too_deep"),
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableAnswer) as raised:
        json_values(text)
    assert raised.value.why == why
    assert raised.value.words


def test_what_is_as_deep_as_may_be_is_read() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(json_values(text)[0]) == text


def test_it_isnt_looked_for_without_end() -> None:
    with pytest.raises(UnreadableAnswer):
        json_values("{x " * (MOST_PLACES + 1) + '{"a": 1}')


@given(st.text() | st.text("{}[]\"',:0123456789.eE-+truefalsnNaN \\u\nd8`"))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        values = json_values(text)
    except UnreadableAnswer:
        return
    assert values
    json.dumps(list(values), allow_nan=False, ensure_ascii=False).encode()


def test_exact_means_nothing_around_it() -> None:
    assert exact_json(" [1]\n") == [1]
    with pytest.raises(UnreadableAnswer):
        exact_json("[1] and more")

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.data_types import DataType, Value
from app.sdk.errors import NodeError
from app.sdk.typed_values import EMPTY, file_value, typed


@pytest.mark.parametrize(
    ("given_value", "data_type", "wanted"),
    [
        (12.5, "text", "12.5"),
        ("１２", "number", 12),
        ("1.234,50", "number", 1234.5),
        (7, "number", 7),
        ("ja", "text", "ja"),
        ("Yes", "yesno", True),
        ("", "yesno", False),
        ("3 March 2026", "date", "2026-03-03"),
        ("a\n\n b ", "list", ["a", "b"]),
        ('["a", 1]', "list", ["a", 1]),
        ('{"a": 1}', "record", {"a": 1}),
        ('[{"a": 1}]', "table", [{"a": 1}]),
        ("/home/ada/x/notes.txt", "file", file_value("/home/ada/x/notes.txt")),
        (r"C:\work\notes.txt", "file", file_value(r"C:\work\notes.txt")),
        (file_value("a.txt"), "file", file_value("a.txt")),
        ([1], "any", [1]),
    ],
)
def test_values_become_what_the_input_wants(given_value: Value, data_type: DataType, wanted: Value) -> None:
    assert typed(given_value, data_type) == wanted


@pytest.mark.parametrize(
    ("given_value", "data_type"),
    [
        ("many", "number"),
        (True, "number"),
        ("perhaps", "yesno"),
        ("3/4/2026", "date"),
        (20260303, "date"),
        (5, "list"),
        ("[1]", "record"),
        ("[1]", "table"),
        ([1], "table"),
        ({"name": "x"}, "file"),
        ("[" * 100_000, "record"),
    ],
)
def test_what_does_not_fit_is_said_with_the_inputs_name(given_value: Value, data_type: DataType) -> None:
    with pytest.raises(NodeError) as raised:
        typed(given_value, data_type, "amount")
    assert raised.value.code == f"input.not_{data_type}"
    assert raised.value.args_by_name["name"] == "amount"


def test_a_files_name_is_its_last_part() -> None:
    assert file_value("a/b/c.txt")["name"] == "c.txt"
    assert file_value(r"a\b\c.txt")["name"] == "c.txt"


@pytest.mark.parametrize("data_type", get_args(DataType))
def test_empty_values_are_of_their_type(data_type: DataType) -> None:
    if data_type in EMPTY:
        assert typed(EMPTY[data_type], data_type) == EMPTY[data_type]


@given(st.text() | st.integers() | st.booleans() | st.none(), st.sampled_from(get_args(DataType)))
def test_typing_twice_is_typing_once(value: Value, data_type: DataType) -> None:
    try:
        once = typed(value, data_type)
    except NodeError:
        return
    assert typed(once, data_type) == once

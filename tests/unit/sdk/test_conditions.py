from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.conditions import ALONE, OPERATORS, Condition, equals, holds, is_empty, is_true, looked_at
from app.sdk.data_types import Value
from app.sdk.errors import NodeError

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("left", "operator", "right"),
    [
        ("Straße", "equals", "  STRASSE "),
        (5, "equals", "5.0"),
        ("5", "equals", 5),
        (True, "equals", "Yes"),
        (False, "equals", "否"),
        ("007", "not_equals", "7"),
        (7, "equals", "007"),
        ("Refund please", "contains", "REFUND"),
        (["a", "B"], "contains", "b"),
        ({"total": 1}, "contains", "total"),
        ("anything", "contains", ""),
        ("abc", "not_contains", "d"),
        ("Re: order", "starts_with", "re:"),
        ("file.PDF", "ends_with", ".pdf"),
        ("1.234,50", "greater", "1,234.4"),
        (3, "at_least", "3"),
        ("2026-01-02", "less", "3 Jan 2026"),
        (0, "at_most", 0),
        ("", "empty", None),
        ("  ", "empty", None),
        ([], "empty", None),
        (0, "not_empty", None),
        (False, "not_empty", None),
    ],
)
def test_what_holds(left: Value, operator: str, right: Value) -> None:
    assert holds(left, operator, right)


@pytest.mark.parametrize("operator", ["greater", "at_least", "less", "at_most"])
def test_nothing_is_more_or_less_than_nothing(operator: str) -> None:
    assert not holds(None, operator, 3)
    assert not holds("5", operator, "")


def test_what_has_no_order_is_an_error_and_no_silent_no() -> None:
    with pytest.raises(NodeError) as raised:
        holds("high", "greater", "5")
    assert raised.value.code == "condition.not_comparable"
    assert raised.value.args_by_name == {"left": "high", "right": "5"}


@given(values, st.sampled_from(OPERATORS), values)
def test_any_two_values_have_an_answer_or_no_order(left: Value, operator: object, right: Value) -> None:
    name = operator.value  # type: ignore[attr-defined]
    if name in ("greater", "at_least", "less", "at_most"):
        with contextlib.suppress(NodeError):
            assert isinstance(holds(left, name, right), bool)
    else:
        assert isinstance(holds(left, name, right), bool)


@given(values)
def test_everything_equals_itself(value: Value) -> None:
    # A text of blanks around nothing is the same as no text; both are empty.
    assert equals(value, value)


@given(values)
def test_empty_and_not_empty_are_opposites(value: Value) -> None:
    assert holds(value, "empty") != holds(value, "not_empty")
    assert is_empty(value) == holds(value, "empty")


def test_a_condition_looks_at_parts_and_other_values() -> None:
    inputs: dict[str, Value] = {"value": {"total": 620}, "limit": 500}
    assert is_true(Condition("{{value.total}}", "greater", "{{limit}}"), inputs)
    assert not is_true(Condition("{{value.total}}", "equals", "62"), inputs)


def test_a_part_that_is_not_there_is_empty() -> None:
    assert is_true(Condition("{{value.vat}}", "empty"), {"value": {}})
    assert not is_true(Condition("{{value.vat}}", "greater", "3"), {"value": {}})


def test_left_over_texts_grow_no_inputs() -> None:
    assert looked_at(Condition("{{a}}", "empty", "{{b}}")) == ("{{a}}",)
    assert looked_at(Condition("{{a}}", "equals", "{{b}}")) == ("{{a}}", "{{b}}")
    assert set(ALONE) <= {option.value for option in OPERATORS}

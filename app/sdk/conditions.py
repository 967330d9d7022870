"""Conditions as rows of data: one comparison of two values, by the operators that people choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, Option, TextField
from app.sdk.normal_forms import date_of, folded, number_of, yes_no_of
from app.sdk.references import as_text, value_of

OPERATORS: tuple[Option, ...] = (
    Option("equals", "is"),
    Option("not_equals", "is not"),
    Option("contains", "contains"),
    Option("not_contains", "does not contain"),
    Option("starts_with", "starts with"),
    Option("ends_with", "ends with"),
    Option("greater", "is more than"),
    Option("at_least", "is at least"),
    Option("less", "is less than"),
    Option("at_most", "is at most"),
    Option("empty", "is empty"),
    Option("not_empty", "is not empty"),
)
ALONE = ("empty", "not_empty")  # operators that need nothing to compare with
_WITH_VALUE = tuple(option.value for option in OPERATORS if option.value not in ALONE)

_MISSING = "reference.nothing_there"


@dataclass(frozen=True, slots=True)
class Condition:
    """One row: what is looked at, the operator, what it is compared with."""

    what: Annotated[
        str, TextField(label="What", help="The value to look at.", placeholder="{{value}}", references=True)
    ] = "{{value}}"
    operator: Annotated[str, ChoiceField(label="Comparison", options=OPERATORS)] = "equals"
    value: Annotated[
        str,
        TextField(
            label="Compared with",
            help="A text, a number or a date, or another value.",
            references=True,
            shown_if=("operator", _WITH_VALUE),
        ),
    ] = ""


def looked_at(condition: Condition) -> tuple[str, ...]:
    """The texts whose references grow inputs; what is left over from another comparison doesn't count."""
    return (condition.what,) if condition.operator in ALONE else (condition.what, condition.value)


def is_true(condition: Condition, inputs: Mapping[str, Value]) -> bool:
    """Whether the condition holds for these inputs; a part of a record that isn't there counts as empty.

    Raises NodeError `condition.not_comparable` and `reference.*`.
    """
    right = "" if condition.operator in ALONE else _value(condition.value, inputs)
    return holds(_value(condition.what, inputs), condition.operator, right)


def holds(left: Value, operator: str, right: Value = None) -> bool:
    """One comparison. Texts are compared without regard to case, spaces and width; "12" is the number
    12 beside a number. Nothing is more or less than an empty value.

    Raises NodeError `condition.not_comparable` where two values have no order.
    """
    return _TESTS[operator](left, right)


def is_empty(value: Value) -> bool:
    """Nothing, a text of blanks only, or a list or record without entries; 0 and no aren't empty."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (Sequence, Mapping)) and not value)


def equals(left: Value, right: Value) -> bool:
    """Whether two values mean the same; a text beside a number or a yes/no is read as one."""
    if isinstance(left, bool) or isinstance(right, bool):
        return _as_yes_no(left) is not None and _as_yes_no(left) == _as_yes_no(right)
    if _is_number(left) or _is_number(right):
        return _as_number(left) is not None and _as_number(left) == _as_number(right)
    if isinstance(left, str) or isinstance(right, str):
        return folded(as_text(left)) == folded(as_text(right))
    return left == right


def contains(whole: Value, part: Value) -> bool:
    """A text contains a text, a list an entry, a record a name. Everything contains an empty text."""
    if isinstance(whole, Mapping):
        return any(equals(name, part) for name in whole)
    if isinstance(whole, Sequence) and not isinstance(whole, str):
        return any(equals(item, part) for item in whole)
    return folded(as_text(part)) in folded(as_text(whole))


def _value(text: str, inputs: Mapping[str, Value]) -> Value:
    try:
        return value_of(text, inputs)
    except NodeError as error:
        if error.code == _MISSING:
            return None
        raise


def _is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_number(value: Value) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return Decimal(str(value))
    return number_of(value) if isinstance(value, str) else None


def _as_yes_no(value: Value) -> bool | None:
    return value if isinstance(value, bool) else yes_no_of(as_text(value))


def _order(left: Value, right: Value) -> int | None:
    """-1, 0 or 1 for two numbers or two dates, None where one is empty."""
    if is_empty(left) or is_empty(right):
        return None
    numbers = _as_number(left), _as_number(right)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    dates = date_of(as_text(left)), date_of(as_text(right))
    if dates[0] is not None and dates[1] is not None:
        return (dates[0] > dates[1]) - (dates[0] < dates[1])
    raise NodeError("condition.not_comparable", left=as_text(left)[:200], right=as_text(right)[:200])


def _in_order(*wanted: int) -> Callable[[Value, Value], bool]:
    return lambda left, right: _order(left, right) in wanted


_TESTS: Mapping[str, Callable[[Value, Value], bool]] = {
    "equals": equals,
    "not_equals": lambda left, right: not equals(left, right),
    "contains": contains,
    "not_contains": lambda left, right: not contains(left, right),
    "starts_with": lambda left, right: folded(as_text(left)).startswith(folded(as_text(right))),
    "ends_with": lambda left, right: folded(as_text(left)).endswith(folded(as_text(right))),
    "greater": _in_order(1),
    "at_least": _in_order(0, 1),
    "less": _in_order(-1),
    "at_most": _in_order(-1, 0),
    "empty": lambda left, _: is_empty(left),
    "not_empty": lambda left, _: not is_empty(left),
}

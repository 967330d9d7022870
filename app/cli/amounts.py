"""Amounts of money and time as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from app.document.problem import Problem, ProblemError

_TOO_MUCH = 10**12


def amount_of(words: str, option: str = "--max-cost") -> Decimal:
    """US dollars, with or without the sign; `option` is where they stand. Raises ProblemError `cli.bad_amount`."""
    return _number(words, words.strip().removeprefix("$"), "cli.bad_amount", option=option)


def seconds_of(words: str) -> float:
    """With or without an s. Raises ProblemError `cli.bad_seconds`."""
    return float(_number(words, words.strip().removesuffix("s"), "cli.bad_seconds"))


def _number(words: str, digits: str, refusal: str, **more: str) -> Decimal:
    try:
        amount = Decimal(digits)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount < _TOO_MUCH:
        raise ProblemError(Problem(refusal, args={"text": words, **more}))
    return amount

"""Amounts of money as people type them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from app.document.problem import Problem, ProblemError


def amount_of(words: str) -> Decimal:
    """US dollars, with or without the sign. Raises ProblemError `cli.bad_amount`."""
    try:
        amount = Decimal(words.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ProblemError(Problem("cli.bad_amount", args={"text": words}))
    return amount

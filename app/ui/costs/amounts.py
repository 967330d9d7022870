"""Amounts of a bill in words: as many decimals as the bill has, "free", "unknown", and ≈ where it is an estimate."""

from __future__ import annotations

from decimal import Decimal

from app import figures
from app.costs.bill import Line
from app.costs.shares import rounded, unit_for
from app.texts import text


def dollars(amount: Decimal) -> str:
    """An amount that is rounded already; nothing is $0.00, as `figures.money` says it."""
    if not amount:
        return figures.money(Decimal(0))
    return f"-${-amount:,f}" if amount < 0 else f"${amount:,f}"


def about(amount: Decimal) -> str:
    """An estimate, in cents or below a dollar in all four decimals."""
    return text("figure.about", amount=dollars(rounded(amount, unit_for(abs(amount)))))


def line_cost(line: Line) -> str:
    amount = figures.line_amount(line)
    return text("figure.and_unknown", amount=amount) if 0 < line.unknown < line.calls else amount


def a_call(line: Line) -> str:
    if line.free:
        return text("figure.free")
    return text("figure.unknown") if line.unknown == line.calls else figures.money(line.a_call)

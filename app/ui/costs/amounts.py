"""Amounts of a bill in words: as many decimals as the bill has, "free", "unknown", and ≈ where it is an estimate."""

from __future__ import annotations

from decimal import Decimal

from app import figures
from app.costs.bill import Line
from app.texts import text


def dollars(amount: Decimal) -> str:
    """An amount that is rounded already."""
    return f"-${-amount:,}" if amount < 0 else f"${amount:,}"


def about(amount: Decimal) -> str:
    """An estimate, in cents."""
    return text("figure.about", amount=dollars(amount.quantize(Decimal("0.01"))))


def line_cost(line: Line) -> str:
    if line.free:
        return text("figure.free")
    if line.unknown == line.calls:
        return text("figure.unknown")
    shown = dollars(line.shown)
    shown = text("figure.about", amount=shown) if line.cost.state == "estimated" else shown
    return text("figure.and_unknown", amount=shown) if line.unknown else shown


def share(line: Line) -> str:
    return "–" if line.free else f"{line.tenths / 10:.1f}%"


def a_call(line: Line) -> str:
    if line.free:
        return text("figure.free")
    return text("figure.unknown") if line.unknown == line.calls else figures.money(line.a_call)

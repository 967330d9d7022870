"""Limits as the preferences keep them, and as a form's numbers."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from app.document.workflow import Json


def amount_of(value: Json) -> Decimal | None:
    """The limit of a form; None: there is none."""
    return None if value is None else Decimal(str(value))


def shown_amount(kept: str) -> float:
    try:
        return float(Decimal(kept))
    except InvalidOperation:
        return 1.0


def shown_limit(kept: str) -> Json:
    """None: there is none."""
    return shown_amount(kept) if kept else None

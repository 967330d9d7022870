"""The cap of a run: the workflow's wish or the person's own limit, whichever is lower."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from app.document.workflow import Workflow
from app.settings import Preferences


def cap_of(workflow: Workflow, preferences: Preferences) -> Decimal | None:
    """The cap that the next run will have, in US dollars; None where nobody set one."""
    wishes = (amount(workflow.settings.budget_usd), amount(preferences.budget_usd))
    return min((cap for cap in wishes if cap is not None), default=None)


def amount(words: str | None) -> Decimal | None:
    """An amount as text; None where it is empty or no amount."""
    try:
        return Decimal(words) if words else None
    except InvalidOperation:
        return None

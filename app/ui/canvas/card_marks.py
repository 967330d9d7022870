"""What pins and later edits make of a card: a pin beside the title, figures that are no longer sure."""

from __future__ import annotations

from dataclasses import replace

from app.texts import text
from app.ui.canvas.card import Card, Fact


def marked(card: Card, *, pinned: bool, stale: bool) -> Card:
    """The card with its marks; one that has shown no result has nothing that could be stale."""
    if pinned:
        card = replace(card, pinned=True)
    if stale and card.badge is not None and not card.disabled:
        faint = tuple(replace(fact, tone="muted") for fact in card.facts)
        card = replace(card, facts=(Fact(text("canvas.fact.stale"), "warning"), *faint), border="")
    return card

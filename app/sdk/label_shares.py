"""Shares of labels, evened out by what a model says of nothing at all."""

from __future__ import annotations

from collections.abc import Mapping

NOTHING = "..."  # a text that says nothing, to see what the model prefers before it has read anything


def without_prior(shares: Mapping[str, float], prior: Mapping[str, float]) -> dict[str, float]:
    """Shares divided by those of a text that says nothing (contextual calibration, Zhao et al. 2021)."""
    weights = {name: share / max(prior[name], 1e-6) for name, share in shares.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total else dict(shares)

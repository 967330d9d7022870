"""What was saved, each with how well it is known: by the cache, by cascades, by what providers remember."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.costs.ledger import Sum

CASCADE = "model.cascade"


@dataclass(frozen=True, slots=True)
class Saving:
    """`how` says whether it is exact or an estimate; `answers` are those that it counts, `tokens` those that were
    charged less and `written` those that were charged more so that later ones are. `unknown` more answers or tokens are
    not in the `amount`, since nobody knows a price of theirs; `free` are tokens that models knew which cost nothing.
    """

    by: Literal["cache", "cascade", "provider"]
    amount: Decimal
    how: Literal["exact", "estimate"]
    answers: int = 0
    tokens: int = 0
    paid: Decimal = Decimal(0)
    otherwise: Decimal = Decimal(0)  # what the last model alone would have cost
    unknown: int = 0
    written: int = 0
    free: int = 0

    @property
    def counts_any(self) -> bool:
        """Something is in the amount."""
        return bool(self.answers or self.tokens or self.written)

    @property
    def usd(self) -> Decimal | None:
        """The amount, or None where any part of it is unknown."""
        return None if self.unknown else self.amount


def by_cache(whole: Sum | None) -> Saving:
    """Answers that were used again, each at what it cost the first time."""
    if whole is None:
        return Saving("cache", Decimal(0), "exact")
    answers = whole.from_cache - whole.cache_unknown
    how = "exact" if whole.cache_saved.is_exact else "estimate"
    return Saving("cache", whole.cache_saved.known, how, answers, unknown=whole.cache_unknown)


def by_provider(whole: Sum | None) -> Saving:
    """Tokens that a provider had processed before, at what it took off for them, less what keeping them has cost."""
    if whole is None:
        return Saving("provider", Decimal(0), "exact")
    return Saving(
        "provider",
        whole.cached_saving,
        "estimate" if whole.cached_guessed or whole.cached_unpriced else "exact",
        tokens=whole.cached_priced,
        unknown=whole.cached_unpriced,
        written=whole.written_priced,
        free=whole.cached_free,
    )


def by_cascades(whole: Sum | None) -> Saving:
    """Rows of cascades beside the last model alone: what their answers' tokens would have been at its price."""
    if whole is None:
        return Saving("cascade", Decimal(0), "estimate")
    paid, otherwise = whole.compared_cost.known, whole.instead.known
    unknown = whole.not_compared
    return Saving("cascade", otherwise - paid, "estimate", whole.compared, 0, paid, otherwise, unknown)

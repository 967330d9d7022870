"""What was saved, each with how well it is known: by the cache, by cascades, by what providers remember."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.costs.ledger import Part, Sum
from app.costs.usage import Usage

CASCADE = "model.cascade"
CASCADE_PARTS: tuple[Part, ...] = ("workflow", "node", "tier")


@dataclass(frozen=True, slots=True)
class Saving:
    """`how` says whether it is exact or an estimate; `answers` are those that it counts, `tokens` those that were
    charged less.
    """

    by: Literal["cache", "cascade", "provider"]
    amount: Decimal
    how: Literal["exact", "estimate"]
    answers: int = 0
    tokens: int = 0
    paid: Decimal = Decimal(0)
    otherwise: Decimal = Decimal(0)  # what the last tier alone would have cost


def by_cache(whole: Sum | None) -> Saving:
    """Answers that were used again, each at what it cost the first time."""
    if whole is None:
        return Saving("cache", Decimal(0), "exact")
    how = "exact" if whole.cache_saved.is_exact else "estimate"
    return Saving("cache", whole.cache_saved.known, how, whole.from_cache)


def by_provider(whole: Sum | None) -> Saving:
    """Tokens that a provider had processed before, at what it took off for them."""
    if whole is None:
        return Saving("provider", Decimal(0), "exact")
    return Saving("provider", whole.cached_saving, "exact", tokens=whole.usage.cached)


def by_cascades(tiers: Sequence[Sum]) -> Saving:
    """`tiers` are sums by `CASCADE_PARTS`. For each cascade that ever went on to its last tier: had every row asked
    that one alone, at what a row there has cost on average.
    """
    steps: defaultdict[tuple[str, ...], list[Sum]] = defaultdict(list)
    for one in tiers:
        if one.type == CASCADE and one.key[2] != "0":
            steps[one.key[:2]].append(one)
    paid = otherwise = Decimal(0)
    answers = 0
    for step in steps.values():
        if len(step) < 2:
            continue
        rows = max(one.rows for one in step)
        last = max(step, key=lambda one: int(one.key[2]))
        if not last.rows or any(one.cost.usd is None for one in step):
            continue  # where a price is missing nobody knows what was saved
        paid += sum((one.cost.known for one in step), Decimal(0))
        otherwise += last.cost.known / last.rows * rows
        answers += rows
    return Saving("cascade", otherwise - paid, "estimate", answers, paid=paid, otherwise=otherwise)


def on_one_model(usage: Usage, input_price: Decimal, output_price: Decimal) -> Decimal:
    """What these tokens would have cost at a price a token, without anything that a provider remembers."""
    return usage.input * input_price + usage.output * output_price

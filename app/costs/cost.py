"""Cost: an amount of money together with how well it is known."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

CostState: TypeAlias = Literal["free", "billed", "priced", "estimated", "unknown"]

_WORSE: dict[CostState, int] = {"free": 0, "billed": 1, "priced": 2, "estimated": 3, "unknown": 4}


class Cost(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """`known` is the sum of what is known, in US dollars; with state `unknown` the real amount is
    that or more, and nobody may show it as a total. `billed` is what the provider itself says that it charged, `priced`
    the counted tokens at a list's price. Adding keeps the worse state.
    """

    known: Decimal = Decimal(0)
    state: CostState = "free"

    @property
    def usd(self) -> Decimal | None:
        """The amount, or None where any part of it is unknown."""
        return None if self.state == "unknown" else self.known

    @property
    def is_exact(self) -> bool:
        """Nothing of it was guessed."""
        return self.state in ("free", "billed", "priced")

    @property
    def as_estimate(self) -> Cost:
        """The same where the tokens were guessed that it was reckoned from."""
        return Cost(self.known, "estimated") if self.state == "priced" else self

    def __add__(self, other: Cost) -> Cost:
        if self is FREE:  # as every sum begins
            return other
        return Cost(self.known + other.known, worse(self.state, other.state))


def worse(one: CostState, other: CostState) -> CostState:
    """How well a sum is known: as the less known of its parts."""
    return one if _WORSE[one] >= _WORSE[other] else other


FREE = Cost()
UNKNOWN = Cost(Decimal(0), "unknown")

"""What was spent in a span of days, as a page or a table is made of it, and how the limits stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.costs.bill import FINEST, Bill, Model, bill_of, only
from app.costs.ledger import CONNECTION_TESTS, Days, Ledger, Sum
from app.costs.limits import Standing
from app.costs.one_model import BY_LENGTH
from app.costs.savings import Saving, by_cache, by_cascades, by_provider


@dataclass(frozen=True, slots=True)
class Spending:
    """`sums` are by `FINEST`, `workflows` by workflow, `lengths` by `BY_LENGTH`; `whole` is everything together."""

    sums: tuple[Sum, ...] = ()
    workflows: tuple[Sum, ...] = ()
    lengths: tuple[Sum, ...] = ()
    whole: Sum | None = None
    today: str = ""
    limits: tuple[Standing, ...] = ()

    def bill(self, day: str = "", model: Model | None = None) -> Bill:
        """Of one day or model, or of everything."""
        if day or model:
            return bill_of(only(self.sums, day, model))
        return bill_of(self.sums, self.rows)

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows and single runs, by workflow."""
        return {one.key[0]: one.rows for one in self.workflows if one.key[0] != CONNECTION_TESTS}

    @property
    def unpriced(self) -> tuple[Sum, ...]:
        """Those with calls whose price nobody knows."""
        return tuple(one for one in self.sums if one.unknown > one.broken_off)

    @property
    def counted_unpriced(self) -> Decimal:
        """What limits count for these calls."""
        counted = (one.counted - one.cost.known - one.broken_off_counted for one in self.unpriced)
        return max(sum(counted, Decimal(0)), Decimal(0))

    @property
    def savings(self) -> tuple[Saving, ...]:
        return by_cache(self.whole), by_cascades(self.whole), by_provider(self.whole)

    def standing(self, span: str, connection: str = "") -> Standing | None:
        return next((one for one in self.limits if (one.span, one.connection) == (span, connection)), None)


async def spending_of(ledger: Ledger, days: Days, today: str, limits: tuple[Standing, ...]) -> Spending:
    """Raises JournalError."""
    whole = await ledger.sums((), days)
    return Spending(
        tuple(await ledger.sums(FINEST, days)),
        tuple(await ledger.sums(("workflow",), days)),
        tuple(await ledger.sums(BY_LENGTH, days)),
        whole[0] if whole else None,
        today,
        limits,
    )

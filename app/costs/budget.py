"""The budget of a run: money is held before a call and settled after it."""

from __future__ import annotations

import asyncio
from decimal import Decimal


class Budget:
    """A cap in US dollars, or None for no cap. Overshoot is at most what calls in flight cost
    above their own upper bound.
    """

    def __init__(self, cap: Decimal | None, spent: Decimal = Decimal(0)) -> None:
        self.cap = cap
        self.spent = spent
        self._held = Decimal(0)
        self._changed = asyncio.Event()

    def fits(self, amount: Decimal) -> bool:
        """A call that can cost nothing always fits."""
        return self.cap is None or not amount or self.spent + self._held + amount <= self.cap

    async def until_fits(self, amount: Decimal) -> None:
        """Who comes back from this must hold the amount before anything else is awaited."""
        while not self.fits(amount):
            self._changed.clear()
            await self._changed.wait()

    def hold(self, amount: Decimal) -> None:
        self._held += amount

    def settle(self, held: Decimal, actual: Decimal) -> None:
        """Gives back what was held and books what the call cost."""
        self._held -= held
        self.spent += actual
        self._changed.set()

    def raise_cap(self, cap: Decimal | None) -> None:
        """Calls that waited go on if they fit now."""
        self.cap = cap
        self._changed.set()

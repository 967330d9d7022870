"""The budget of a run: money is reserved before a call and settled after it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

Blocked = Callable[[Decimal], None]  # told once per waiting call, with the amount that it needs


class Budget:
    """A cap in US dollars, or None for no cap. Overshoot is at most what calls in flight cost
    above their own upper bound.
    """

    def __init__(self, cap: Decimal | None) -> None:
        self.cap = cap
        self.spent = Decimal(0)
        self._reserved = Decimal(0)
        self._changed = asyncio.Event()

    def fits(self, amount: Decimal) -> bool:
        """A call that can cost nothing always fits."""
        return self.cap is None or not amount or self.spent + self._reserved + amount <= self.cap

    async def reserve(self, amount: Decimal, blocked: Blocked, unblocked: Callable[[], None]) -> None:
        """Waits until the amount fits under the cap, then holds it."""
        if not self.fits(amount):
            blocked(amount)
            try:
                while not self.fits(amount):
                    self._changed.clear()
                    await self._changed.wait()
            finally:
                unblocked()
        self._reserved += amount

    def settle(self, reserved: Decimal, actual: Decimal) -> None:
        """Gives a reservation back and books what the call cost."""
        self._reserved -= reserved
        self.spent += actual
        self._changed.set()

    def raise_cap(self, cap: Decimal | None) -> None:
        """Calls that waited go on if they fit now."""
        self.cap = cap
        self._changed.set()

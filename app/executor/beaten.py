"""Steps that lost a race in an earlier life of the run: held back while it is settled anew from the records."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from app.executor.run import Run


class Beaten:
    """Those of one scope, whose `branches` are under way: when all that are left hold back, nobody else can settle the
    race, and they begin after all.
    """

    def __init__(self, run: Run, steps: Collection[int], branches: Collection[object]) -> None:
        self._run = run
        self._steps = frozenset(steps)
        self._branches = branches
        self._waiting = 0
        self._are_needed = asyncio.Event()

    def __contains__(self, step: int) -> bool:
        return step in self._steps

    async def hold_back(self) -> None:
        """Comes back where the step must begin; is cancelled, as any loser, where the race is settled as it was."""
        self._waiting += 1
        try:
            self.look()
            if not self._are_needed.is_set():
                with self._run.idle():
                    await self._are_needed.wait()
        finally:
            self._waiting -= 1

    def look(self) -> None:
        """A branch has ended, or waits in here, too."""
        if self._waiting and self._waiting == len(self._branches):
            self._are_needed.set()

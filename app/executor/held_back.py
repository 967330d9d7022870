"""Steps that were not through when an earlier life of the run decided without them: held back while it does so anew."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from app.executor.run import Run


class HeldBack:
    """Those of one scope, whose `branches` are under way: when all that are left hold back, nobody else can decide it
    any more, and they begin after all.
    """

    def __init__(self, run: Run, steps: Collection[int], branches: Collection[object]) -> None:
        self._run = run
        self._steps = frozenset(steps)
        self._branches = branches
        self._waiting = 0
        self._are_needed = asyncio.Event()

    def __contains__(self, step: int) -> bool:
        return step in self._steps

    async def wait(self) -> None:
        """Comes back where the step must begin; is cancelled, as it was, where that comes out as before."""
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

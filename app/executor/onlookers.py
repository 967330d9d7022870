"""Who looks at what is being written: only there are answers streamed, since every piece of one costs time.

A step's card shows one text, however many of its instances are at work: so of each step one instance at a time is
streamed, the first that begins while none is. Who begins to look at a call that is under way sees no text of it.
"""

from __future__ import annotations

from collections.abc import Collection


class Onlookers:
    """Of one run. Nobody looks until somebody says so."""

    def __init__(self) -> None:
        self._everywhere = False
        self._steps: frozenset[str] = frozenset()
        self._streaming: set[str] = set()

    def look(self, steps: Collection[str] | None) -> None:
        """From now on somebody looks at these steps and no others; None: at every step."""
        self._everywhere = steps is None
        self._steps = frozenset(steps or ())

    def begins(self, step: str) -> bool:
        """A call of a step begins; whether it is to be streamed. Then it `ends`, too."""
        if step in self._streaming or not (self._everywhere or step in self._steps):
            return False
        self._streaming.add(step)
        return True

    def ends(self, step: str) -> None:
        """It is through."""
        self._streaming.discard(step)

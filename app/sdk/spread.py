"""How the calls of one step are spread over those who share its work: by turns, and who fails is left out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping

FIRST_ABSENCE = 5.0  # seconds; as long again with each failure after one, up to
LONGEST_ABSENCE = 300.0


class Spread:
    """Of one step in one run, by names of its own choice.

    Turns are handed out by stride scheduling (Waldspurger and Weihl, 1995): of every so many calls each gets its share,
    whichever of them begins. Which one that is is drawn, so that many runs of one call each share, too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._due: dict[str, float] = {}
        self._at = 0.0
        self._away: dict[str, tuple[float, float]] = {}  # until when, and how long that was

    def next(self, shares: Mapping[str, int]) -> str:
        """Hands the next call out among these. Who was not among them for a while doesn't make up for it."""
        if not self._due:
            for _ in range(secrets.randbelow(sum(shares.values()))):
                self._hand_out(shares)
        return self._hand_out(shares)

    def _hand_out(self, shares: Mapping[str, int]) -> str:
        for name, share in shares.items():
            self._due[name] = max(self._due.get(name, self._at + 1 / share), self._at)
        chosen = min(shares, key=lambda name: self._due[name])
        self._at = self._due[chosen]
        self._due[chosen] += 1 / shares[chosen]
        return chosen

    def failed(self, name: str) -> float:
        """It is left out for a while, twice as long as the last time. Gives the seconds; 0: it is away already."""
        now, (until, last) = self._clock(), self._away.get(name, (0.0, 0.0))
        if last and now < until:
            return 0.0
        wait = min(2 * last or FIRST_ABSENCE, LONGEST_ABSENCE)
        self._away[name] = now + wait, wait
        return wait

    def answered(self, name: str) -> None:
        self._away.pop(name, None)

    def away(self, name: str) -> float:
        """Seconds for which it is still left out."""
        return max(0.0, self._away[name][0] - self._clock()) if name in self._away else 0.0

"""Chance: what a forecast draws. What it is off by is the same in every call of a simulated run: one value a run."""

from __future__ import annotations

import random

from app.forecast.typical import Beta

_SEED = 20_261_130


class Chance(random.Random):
    """The same draws in the same order each time."""

    def __init__(self) -> None:
        super().__init__(_SEED)
        self._off: dict[tuple[str, str], float] = {}

    def begin(self) -> None:
        """Another run."""
        self._off = {}

    def normal(self, who: str, what: str, spread: float) -> float:
        """How far someone's something lies off in this run."""
        key = (who, what)
        if key not in self._off:
            self._off[key] = self.gauss(0, spread)
        return self._off[key]

    def share(self, who: str, what: str, beta: Beta) -> float:
        """How often someone's something happens in this run."""
        key = (who, what)
        if key not in self._off:
            self._off[key] = self.betavariate(beta.yes, beta.no)
        return self._off[key]

"""How often tests kill: `BATON_KILLS` is the number of kills of the engine, and all others grow with it."""

from __future__ import annotations

import os
import sys

import pytest

USUAL = 40
KILLS = int(os.environ.get("BATON_KILLS", str(USUAL)))

patient = pytest.mark.timeout(300 * max(1, KILLS // USUAL))


def more(count: int, most: int = sys.maxsize) -> int:
    """As much more than usual as there are more kills than usual, but no more than `most`."""
    return min(most, max(1, count * KILLS // USUAL))

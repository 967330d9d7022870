"""How often Python looks for garbage in circles while runs go on."""

from __future__ import annotations

import gc

# A row makes some hundred objects, nearly none of them in circles: by default Python would go through all that a run
# holds every few rows, which took a third of the time of a run over rows.
_SELDOM = (10_000, 20, 50)


def look_seldom() -> None:
    """For the whole process, from now on; where somebody looks more seldom already, it stays so."""
    if gc.get_threshold()[0] < _SELDOM[0]:
        gc.set_threshold(*_SELDOM)

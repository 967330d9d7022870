"""How files of workflows are called: NAME.baton.json, and NAME.baton for systems that look at the last ending only."""

from __future__ import annotations

import sys
from typing import Final

LONG: Final = ".baton.json"
SHORT: Final = ".baton"
OPENED: Final = (LONG, SHORT, ".json")
SAVED: Final = (LONG, SHORT)


def proposed_ending(system: str = sys.platform) -> str:
    """The one that a double-click opens there: Windows and macOS take whatever ends in .json for the same kind."""
    return LONG if system.startswith("linux") else SHORT


def stem_of(name: str) -> str:
    """A file's name as people call it, without the ending of a workflow."""
    ending = next((one for one in OPENED if name.lower().endswith(one)), "")
    return name[: len(name) - len(ending)] or name


def in_order(endings: tuple[str, ...]) -> list[str]:
    """The proposed one first."""
    first = proposed_ending()
    return sorted(endings, key=lambda one: one != first)


def patterns(endings: tuple[str, ...]) -> str:
    """As file dialogs want them, the proposed one first."""
    return " ".join(f"*{one}" for one in in_order(endings))

"""Text that is shown while it is written."""

from __future__ import annotations

from collections.abc import Callable

SHOWN = 4000  # characters


def live(show: Callable[[str], None]) -> Callable[[str], None]:
    """Shows the text so far, or the end of a long one, each time new text comes."""
    written = ""

    def more(new: str) -> None:
        nonlocal written
        written = (written + new)[-SHOWN:]
        show(written)

    return more

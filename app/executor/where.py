"""Where in a run something happens: for people by number, for the journal by content."""

from __future__ import annotations

import msgspec

from app.events.run_events import Scope
from app.executor.journal import Place


class Where(msgspec.Struct, frozen=True, gc=False):
    """`row` is the number of the innermost row or element, from 0; None outside of all."""

    scope: Scope = ""
    place: Place = ""
    row: int | None = None

    def frame(self, node: str) -> Where:
        """The frame itself, which its elements or turns lie in; "" is the run over rows."""
        return Where(_join(self.scope, node), _join(self.place, node), self.row)

    def element(self, number: int, key: str) -> Where:
        """One element of the frame that this is."""
        return Where(f"{self.scope}#{number}", f"{self.place}#{key}", number)

    def turn(self, number: int) -> Where:
        """One turn of the loop that this is."""
        return Where(f"{self.scope}#{number}", f"{self.place}#{number}", self.row)


def _join(head: str, tail: str) -> str:
    return f"{head}/{tail}" if head and tail else head or tail

"""Notices an answer that goes round in circles, as small models do when they find no end."""

from __future__ import annotations

LONGEST_UNIT = 240  # characters that are said again and again
ENOUGH = 1_200  # characters in which nothing but the unit is said; at least five times
EVERY = 250  # characters between two looks
_NEEDLE = 24  # characters by which the unit's length is found


class Repetition:
    """Takes a text in as it comes; `found` stays true once its end was nothing but one thing said again.

    Long rows of one sign, such as a table's rule, are shorter than `ENOUGH`.
    """

    def __init__(self) -> None:
        self.found = False
        self._tail = ""
        self._unseen = 0

    def add(self, text: str) -> None:
        """The next part of the text."""
        self._tail = (self._tail + text)[-ENOUGH:]
        self._unseen += len(text)
        if self._unseen >= EVERY:
            self._unseen = 0
            self.found = self.found or goes_in_circles(self._tail)


def goes_in_circles(tail: str) -> bool:
    """Whether the last `ENOUGH` characters are one unit of at most `LONGEST_UNIT` over and over."""
    if len(tail) < ENOUGH:
        return False
    tail = tail[-ENOUGH:]
    before = tail.rfind(tail[-_NEEDLE:], 0, -1)
    unit = len(tail) - _NEEDLE - before
    return before >= 0 and unit <= LONGEST_UNIT and tail[unit:] == tail[:-unit]

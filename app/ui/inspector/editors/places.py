"""Places in a text: Qt counts UTF-16 units, Python characters; an emoji is two of the one and one of the other."""

from __future__ import annotations


def units(text: str) -> int:
    """The length of a text as Qt counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def characters(text: str, at: int) -> int:
    """How many characters stand before Qt's position `at`."""
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * at].decode("utf-16-le", "ignore"))

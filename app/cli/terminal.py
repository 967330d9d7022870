"""The terminal: what is a person's screen and what is a pipe, colours, and tables of plain text."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Sequence
from typing import IO

GREEN, AMBER, RED, DIM, BOLD = "32", "33", "31", "2", "1"

_USUAL = 80
_NARROWEST = 6  # columns of a screen that a column of words keeps


def is_person(stream: IO[str] | None) -> bool:
    """Whether somebody looks at this stream, which may also be closed."""
    return stream is not None and stream.isatty()


def colour(words: str, code: str, stream: IO[str] | None = sys.stdout) -> str:
    """Coloured where somebody looks and has not asked for none (NO_COLOR)."""
    if not is_person(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return words
    return f"\x1b[{code}m{words}\x1b[0m"


def plain(words: str) -> str:
    """Text from files and models without what a terminal would obey: control and bidi characters become marks."""
    return "".join(_shown(c) for c in words)


def plain_lines(words: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(plain, words.split("\n")))


def _shown(character: str) -> str:
    if character in "\n\t":
        return " "
    return "·" if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") else character


def width(words: str) -> int:
    """Columns on the screen: a Chinese character takes two."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in words
    )


def fit(words: str, columns: int) -> str:
    """Cut to so many columns, with a sign that something was cut."""
    words = plain(words)
    if width(words) <= columns:
        return words
    kept = ""
    for character in words:
        if width(kept) + width(character) > columns - 1:
            break
        kept += character
    return kept + "…"


def columns_of(stream: IO[str] | None) -> int | None:
    """How many columns the screen has; None where nobody looks, and a line may be as long as it is."""
    if stream is None or not is_person(stream):
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = (), widest: int = 40
) -> str:
    """Columns as wide as they need, at most `widest`, and narrower on a narrow screen; those in `right` are numbers."""
    lines = [headers, *([fit(cell, widest) for cell in row] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    _narrow(widths, columns_of(sys.stdout), kept=right)

    def line(row: Sequence[str]) -> str:
        cells = [fit(cell, w) for cell, w in zip(row, widths, strict=True)]
        gaps = [" " * (w - width(cell)) for cell, w in zip(cells, widths, strict=True)]
        parts = [
            gap + cell if i in right else cell + gap
            for i, (cell, gap) in enumerate(zip(cells, gaps, strict=True))
        ]
        return "  ".join(parts).rstrip()

    first, *others = lines
    return "\n".join([line(first), "  ".join("─" * w for w in widths), *map(line, others)])


def _narrow(widths: list[int], available: int | None, kept: Sequence[int]) -> None:
    """Takes from the widest column of words until the table fits, or no column can give any more."""
    words = [i for i in range(len(widths)) if i not in kept]
    while available and words and sum(widths) + 2 * (len(widths) - 1) > available:
        widest = max(words, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1

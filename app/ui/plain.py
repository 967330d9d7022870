"""Plain text: what data may look like on the screen, with nothing invisible and nothing that reorders it."""

from __future__ import annotations

import html
import re
import unicodedata

# Controls that reorder or hide text (bidi marks, zero-width characters, tags), as a code in brackets.
_INVISIBLE = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200a\u3000]+")
_BREAKS = re.compile(r"(\r\n|\r|\n|\u2028|\u2029)+")
# Joiners inside emoji and scripts that need them are letters there, not tricks.
_KEPT = {"\u200d", "\u200c", "\n", "\t"}


def visible(text: str) -> str:
    """The text with every control and invisible character drawn as a mark, such as ⟨202E⟩."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_mark(character) for character in text)


def one_line(text: str, limit: int = 400) -> str:
    """The text's beginning on one line: breaks become " ⏎ ", runs of spaces one space."""
    begin = text[: limit + 1]
    flat = _SPACES.sub(" ", _BREAKS.sub(" ⏎ ", begin.strip()))
    return visible(flat[:limit] + "…" if len(text) > limit else flat)


def hides(character: str) -> bool:
    """Whether a character can't be seen, or reorders others."""
    return character not in _KEPT and unicodedata.category(character) in _INVISIBLE


def _mark(character: str) -> str:
    return f"⟨{ord(character):04X}⟩" if hides(character) else character


def tooltip(text: str) -> str:
    """The text for `setToolTip`, which would take anything that looks like markup for markup."""
    return (
        f"<span style='white-space:pre-wrap'>{html.escape(visible(text))}</span>"
        if "<" in text
        else visible(text)
    )

"""Names of files that come from data, made safe on every system."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120  # characters
LONGEST_BYTES = 240  # what file systems take, with room for a temporary ending

_DEVICES = frozenset(
    {
        *("con", "prn", "aux", "nul", "conin$", "conout$"),
        *(f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³"),
    }
)
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
# Reading direction, zero width and tags: they make a name look like another one.
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def clean_name(name: str, fallback: str = "file") -> str:
    """The name as one part of a path: no separators, streams, devices or unseen characters, no dots at the ends."""
    text = unicodedata.normalize("NFC", name)
    text = "".join(" " if char.isspace() else char for char in text if char.isspace() or not _is_unseen(char))
    text = re.sub(r"\s+", " ", _FORBIDDEN.sub("_", text)).strip(" .")
    text = text.lstrip("-~ .") or fallback
    text = _shortened(text)
    # Windows takes a device's name for the device whatever ending it has.
    return f"_{text}" if text.partition(".")[0].rstrip().casefold() in _DEVICES else text


def is_clean(name: str) -> bool:
    """Whether a part of a path may be written as it stands."""
    return name == clean_name(name)


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN


def _shortened(text: str) -> str:
    """Cut before its ending, so that the kind of file stays."""
    if len(text) <= LONGEST and len(text.encode()) <= LONGEST_BYTES:
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or not stem or len(ending) > 16:
        stem, dot, ending = text, "", ""
    stem = stem[: LONGEST - len(dot + ending)]
    while len(f"{stem}{dot}{ending}".encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{dot}{ending}"

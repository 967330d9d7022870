"""Names of files that come from data, made safe on every system."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120  # characters
LONGEST_BYTES = 240  # what file systems take, with room for a temporary ending

_NUMBERED = (f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³")
_DEVICES = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$", *_NUMBERED})
_FORBIDDEN = re.compile(r'[<>:"/\\|?*]')
# Reading direction, zero width and tags: they make a name look like another one.
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})


def clean_name(name: str, fallback: str = "file") -> str:
    """The name as one part of a path: no separators, streams, devices, unseen signs, dots or dashes at the ends."""
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
    """Cut in the middle, so that the ending stays."""
    stem, dot, ending = text.rpartition(".")
    if not dot or not stem or len(ending) > 16:
        stem, dot, ending = text, "", ""
    room = LONGEST - len(dot + ending)
    stem = stem[:room]
    while len(f"{stem}{dot}{ending}".encode()) > LONGEST_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{dot}{ending}"

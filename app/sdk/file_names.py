"""The one cleaner of file names that come from data."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120  # characters
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?:\..*)?", re.IGNORECASE)


def clean_name(text: str) -> str:
    """A text as one part of a file's name: no folders, devices, streams, hidden or unseen characters.

    Never empty. Slashes and signs that a system forbids become "_".
    """
    seen = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cf", "Cs", "Co"))
    name = " ".join(_NOT_IN_NAMES.sub("_", seen).split())[:LONGEST].strip(" .").lstrip("-~")
    if not name:
        return "_"
    return f"_{name}" if _DEVICES.fullmatch(name) else name

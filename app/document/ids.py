"""Ids: short random names that say nothing, so that no rename ever changes one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Container

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that people read for something else
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def new_id(taken: Container[str] = (), length: int = 6) -> str:
    """An id that isn't `taken`; six characters are some 900 million, so branches of a file merge well."""
    while True:
        candidate = "".join(secrets.choice(_ALPHABET) for _ in range(length))
        if candidate not in taken:
            return candidate


def is_id(text: str) -> bool:
    """Whether a text may be an id: letters, digits, `_` and `-`, at most 64."""
    return _ID.fullmatch(text) is not None

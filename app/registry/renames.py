"""Renames: old type ids and what they are called now, so that older files go on working."""

from __future__ import annotations

from collections.abc import Mapping

# A released id is never given to another type.
RENAMES: Mapping[str, str] = {}


def present_id(type_id: str, renames: Mapping[str, str] = RENAMES) -> str:
    """The id that a type has today; a type may have been renamed more than once."""
    seen: set[str] = set()
    while type_id in renames and type_id not in seen:
        seen.add(type_id)
        type_id = renames[type_id]
    return type_id

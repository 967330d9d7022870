"""Votes: answers that say the same, counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.normal_forms import folded
from app.sdk.references import Reference, as_text, resolve

Sameness: TypeAlias = Literal["alike", "exact", "field"]


@dataclass(frozen=True, slots=True)
class Party:
    """Answers that say the same: the first of them, and the numbers of those who gave it."""

    value: Value
    voters: tuple[int, ...]


def parties(answers: Sequence[tuple[int, Value]], sameness: Sameness, field: str = "") -> list[Party]:
    """The largest first; equally large ones in the order in which their first answers stand."""
    voters: dict[str, list[int]] = {}
    first: dict[str, Value] = {}
    for number, value in answers:
        key = _key(value, sameness, field)
        first.setdefault(key, value)
        voters.setdefault(key, []).append(number)
    found = [Party(first[key], tuple(numbers)) for key, numbers in voters.items()]
    return sorted(found, key=lambda party: -len(party.voters))


def _key(value: Value, sameness: Sameness, field: str) -> str:
    if sameness == "exact":
        return as_text(value)
    if sameness == "field":
        try:
            value = resolve(Reference(0, 0, "value", tuple(field.split(".")), ()), {"value": value})
        except NodeError:
            return f"without it: {as_text(value)}"
    return folded(as_text(value)).strip(" .!?\"'")

"""The shape of a value: which views fit it, and which one says most."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from app.document.workflow import Json
from app.sdk.references import as_text

ViewName: TypeAlias = Literal["preview", "text", "table", "json"]
VIEWS: tuple[ViewName, ...] = ("preview", "table", "text", "json")
MOST_TEXT = 200_000  # characters that a text view takes at once


def is_table(value: Json) -> bool:
    """A list of records."""
    return is_list(value) and bool(value) and all(isinstance(row, Mapping) for row in value)  # pyright: ignore[reportUnknownVariableType, reportGeneralTypeIssues, reportOptionalIterable]


def is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def views_for(value: Json) -> tuple[ViewName, ...]:
    """The views that say something about this value, the best first."""
    if is_table(value):
        return ("table", "json", "text")
    if isinstance(value, Mapping) or is_list(value):
        return ("preview", "json", "text")
    return ("preview", "text") if isinstance(value, str) and value else ("text",)


def as_shown(value: Json) -> str:
    """The value as text, cut where no one reads on."""
    whole = as_text(value)
    return whole if len(whole) <= MOST_TEXT else whole[:MOST_TEXT] + "\n…"


def parsed(preview: str, data_type: str) -> Json:
    """The value of a preview that holds all of it; text that isn't JSON stays text."""
    if data_type in ("text", "date"):
        return preview
    try:
        value: Json = json.loads(preview)
    except ValueError:
        return preview
    return value

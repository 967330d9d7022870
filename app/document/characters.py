"""Whole characters: halves that belong together are joined, a lone half is replaced; then any text can be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from app.document.workflow import Json


def is_whole(text: str) -> bool:
    """Whether a text can be written as UTF-8: servers, tables and terminals may give half a character."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole_text(text: str) -> str:
    """The text with its halves joined; one without its other half becomes the replacement character."""
    if is_whole(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def whole_value(value: Json) -> Json:
    """The same for every text of a value, names included."""
    if isinstance(value, str):
        return whole_text(value)
    if isinstance(value, Mapping):
        return {
            whole_text(name): whole_value(part) for name, part in cast("Mapping[str, Json]", value).items()
        }
    if isinstance(value, (list, tuple)):
        return [whole_value(part) for part in cast("list[Json]", value)]
    return value

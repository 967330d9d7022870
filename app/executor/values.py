"""Values of a run: tokens with their previews, and the store that gives whole values back."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from app.events.run_events import Preview, Scope
from app.sdk.data_types import Value

PREVIEW_BYTES = 2048
_STORE_CHARACTERS = 200_000_000  # of whole values kept in memory; the oldest leave first


@dataclass(frozen=True, slots=True)
class Token:
    """A value on an edge, with the preview that its event carried.

    `convert` makes it the data type that the input wants; the preview stays that of the source.
    """

    content: Value
    preview: Preview
    convert: Callable[[Value], Value] | None = None

    @property
    def value(self) -> Value:
        """May raise anything where the value isn't what its port promised."""
        return self.convert(self.content) if self.convert else self.content

    def to(self, convert: Callable[[Value], Value]) -> Token:
        """The same value on its way to another data type."""
        return Token(self.content, self.preview, convert)


def preview_of(value: Value, data_type: str, ref: str) -> tuple[Preview, int]:
    """A preview of at most PREVIEW_BYTES and the number of characters of the whole text.

    `ref` goes into the preview only where the text had to be cut. Raises TypeError, ValueError or
    RecursionError where the value isn't plain JSON data.
    """
    if isinstance(value, str):
        text, size = value, len(value)
    else:
        text = "" if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(value) if isinstance(value, (list, dict)) else len(text)
    short = cut(text, PREVIEW_BYTES)
    return Preview(short, data_type, size, ref if len(short) < len(text) else ""), len(text)


def cut(text: str, limit: int) -> str:
    """The longest beginning of a text that has at most `limit` bytes in UTF-8."""
    if len(text) * 4 <= limit:
        return text
    encoded = text[:limit].encode("utf-8", "replace")
    return text if len(encoded) <= limit and len(text) <= limit else encoded[:limit].decode("utf-8", "ignore")


class ValueStore:
    """Whole values by reference for those that a preview had to cut; bounded, oldest out first."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._size = 0

    def token(self, value: Value, data_type: str, scope: Scope, node: str, port: str) -> Token:
        """A token for a value that leaves a port; keeps the whole value if its preview is cut.

        Raises TypeError, ValueError or RecursionError where the value isn't plain JSON data.
        """
        ref = f"{scope}|{node}|{port}"
        preview, size = preview_of(value, data_type, ref)
        if preview.ref:
            self._values[ref] = (value, size)
            self._size += size
            while self._size > _STORE_CHARACTERS and len(self._values) > 1:
                _, (_, gone) = self._values.popitem(last=False)
                self._size -= gone
        return Token(value, preview)

    def get(self, ref: str) -> Value:
        """Raises KeyError for a value that is no longer kept."""
        return self._values[ref][0]

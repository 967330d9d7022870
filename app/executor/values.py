"""Values of a run: tokens with their previews, and the store that gives whole values back."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable

import msgspec

from app.document.characters import is_whole, whole_value
from app.events.run_events import Preview, Scope
from app.sdk.data_types import LazyList, Value

PREVIEW_BYTES = 2048
_SHOWN_OF_LIST = 20  # elements of a long list
STORE_CHARACTERS = 200_000_000  # of whole values kept in memory; the oldest leave first
BESIDE_A_JOURNAL = 16_000_000  # the same where the run's journal holds them too


class Token(msgspec.Struct):
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


def as_text(value: Value) -> str:
    """A value as its preview shows it; TypeError, ValueError or RecursionError where it isn't plain JSON data."""
    if isinstance(value, str):
        return value
    if isinstance(value, LazyList):
        return json.dumps(value[:_SHOWN_OF_LIST], ensure_ascii=False, allow_nan=False)
    return "" if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)


def cut(text: str, limit: int) -> str:
    """The longest beginning of a text that has at most `limit` bytes in UTF-8."""
    if len(text) * 4 <= limit:
        return text
    encoded = text[:limit].encode("utf-8", "replace")
    return text if len(encoded) <= limit and len(text) <= limit else encoded[:limit].decode("utf-8", "ignore")


class ValueStore:
    """Whole values by reference for those that a preview had to cut; bounded, oldest out first."""

    def __init__(self, most: int = STORE_CHARACTERS) -> None:
        self._most = most
        self._values: OrderedDict[str, tuple[Value, int]] = OrderedDict()
        self._size = 0

    def token(self, value: Value, data_type: str, scope: Scope, node: str, port: str) -> Token:
        """A token for a value that leaves a port; keeps the whole value if its preview is cut.

        Raises TypeError, ValueError or RecursionError where the value isn't plain JSON data.
        """
        if type(value) is str and len(value) <= PREVIEW_BYTES and value.isascii():  # as most are
            return Token(value, Preview(value, data_type, len(value)))
        text = as_text(value)
        if not is_whole(text):  # every value passes here before it is shown, sent or written
            value = whole_value(value)
            text = as_text(value)
        short = cut(text, PREVIEW_BYTES)
        is_whole_list = len(short) == len(text) and not isinstance(value, LazyList)
        ref = "" if is_whole_list else self._keep(f"{scope}|{node}|{port}", value, len(text))
        size = len(value) if isinstance(value, (list, dict, LazyList)) else len(text)
        return Token(value, Preview(short, data_type, size, ref))

    def _keep(self, ref: str, value: Value, size: int) -> str:
        self._size += size - self._values.pop(ref, (None, 0))[1]
        self._values[ref] = (value, size)
        while self._size > self._most and len(self._values) > 1:
            _, (_, gone) = self._values.popitem(last=False)
            self._size -= gone
        return ref

    def get(self, ref: str) -> Value:
        """Raises KeyError for a value that is no longer kept."""
        return self._values[ref][0]

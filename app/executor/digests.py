"""Digests of values: equal values, equal digests, wherever they come from."""

from __future__ import annotations

import hashlib
import json
from json.encoder import encode_basestring_ascii
from typing import Any, cast

from app.sdk.data_types import LazyList, Value


def digest_of(value: Value) -> str:
    """SHA-256 of the value as JSON with sorted names; a long list says its own."""
    return hashlib.sha256((_texts(value) or _json(value)).encode()).hexdigest()


def _texts(value: Value) -> str:
    """The same JSON where the value is texts by name, as what a step is given mostly is; empty where it isn't."""
    if type(value) is not dict:
        return ""
    parts: list[str] = []
    for name, text in sorted(cast("dict[Any, Any]", value).items()):
        if type(name) is not str or type(text) is not str:
            return ""
        parts.append(f"{encode_basestring_ascii(name)}: {encode_basestring_ascii(text)}")
    return f"{{{', '.join(parts)}}}"


def _lazy(value: Any) -> Any:
    if isinstance(value, LazyList):
        return {"$list": value.digest}
    raise TypeError(f"{type(value).__name__} is not plain data")


_json = json.JSONEncoder(sort_keys=True, default=_lazy).encode


class ListDigest:
    """The digest of a list whose elements come in any order, and of each of which one is enough to remember."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, number: int, value: Value) -> None:
        text = (
            f"[{number}, {encode_basestring_ascii(value)}]" if type(value) is str else _json([number, value])
        )
        self._sum += int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

    @property
    def value(self) -> str:
        return f"{self._sum % (1 << 256):064x}"

"""The types of ports and the only automatic conversions between them, in one table."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, TypeAlias, cast, overload

from app.document.workflow import Json, JsonObject

DataType: TypeAlias = Literal[
    "text", "number", "yesno", "date", "record", "list", "table", "file", "image", "audio", "verdict", "any"
]

# Values on edges are plain JSON data: they can be shown, digested and sent to another process as they are.
#   text str · number int or float · yesno bool · date "YYYY-MM-DD…" · record object · list array
#   table array of objects · file/image/audio {"path", "name", "size", "mime"} · verdict {"verdict", "reasons", …}
Value: TypeAlias = Json


class LazyList(Sequence[Any]):
    """A list too long for the memory, such as a Map's result or a file's rows: it is read while it is gone through.

    `digest` says its content, `reference` where it lies, so that it can be written down and found again.
    """

    @property
    @abstractmethod
    def digest(self) -> str: ...

    @abstractmethod
    def reference(self) -> JsonObject: ...

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            first, last, step = index.indices(len(self))
            if step < 1:
                return list(self)[index]
            return list(islice(self, first, last, step))
        place = index + len(self) if index < 0 else index
        for value in islice(self, max(place, 0), None) if place >= 0 else ():
            return value
        raise IndexError(index)


def _number_to_text(value: Value) -> Value:
    return format(value, "g") if isinstance(value, float) and value.is_integer() else str(value)


def _yesno_to_text(value: Value) -> Value:
    return "yes" if value else "no"


def _to_json_text(value: Value) -> Value:
    return json.dumps(value, ensure_ascii=False, indent=2, default=list)


def _list_to_text(value: Value) -> Value:
    items = cast("Sequence[Value]", value)
    if all(isinstance(item, str) for item in items):
        return "\n".join(cast("Sequence[str]", items))
    return _to_json_text(value)


def _verdict_to_text(value: Value) -> Value:
    return cast("Mapping[str, Value]", value).get("verdict", "not_checked")


def _verdict_to_yesno(value: Value) -> Value:
    return cast("Mapping[str, Value]", value).get("verdict") == "passed"


def _list_to_table(value: Value) -> Value:
    """Records are rows as they are; anything else becomes the one cell of a row."""
    if isinstance(value, LazyList):
        return LazyTable(value)
    return [_row(item) for item in cast("Sequence[Value]", value)]


def _row(item: Any) -> Value:
    return cast("Value", item) if isinstance(item, Mapping) else {"value": item}


class LazyTable(LazyList):
    """A long list as a table."""

    def __init__(self, rows: LazyList) -> None:
        self._rows = rows

    @property
    def digest(self) -> str:
        return self._rows.digest

    def reference(self) -> JsonObject:
        return self._rows.reference()

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return map(_row, self._rows)


def _same(value: Value) -> Value:
    return value


def _or_empty(convert: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """None, an empty value of any type, stays what it is."""
    return lambda value: None if value is None else convert(value)


_CONVERSIONS: Mapping[tuple[DataType, DataType], Callable[[Value], Value]] = {
    ("number", "text"): _number_to_text,
    ("yesno", "text"): _yesno_to_text,
    ("date", "text"): _same,
    ("record", "text"): _to_json_text,
    ("list", "text"): _list_to_text,
    ("list", "table"): _list_to_table,
    ("table", "text"): _to_json_text,
    ("table", "list"): _same,
    ("verdict", "text"): _verdict_to_text,
    ("verdict", "yesno"): _verdict_to_yesno,
    ("verdict", "record"): _same,
    ("image", "file"): _same,
    ("audio", "file"): _same,
}
CONVERSIONS = {pair: _or_empty(conversion) for pair, conversion in _CONVERSIONS.items()}


def can_join(source: DataType, target: DataType) -> bool:
    """Whether an output of type `source` may be joined to an input of type `target`."""
    return source == target or "any" in (source, target) or (source, target) in CONVERSIONS


def convert(value: Value, source: DataType, target: DataType) -> Value:
    """The value as the target's type; the caller has asked `can_join`."""
    conversion = CONVERSIONS.get((source, target))
    return conversion(value) if conversion else value

"""Typed values: what a person typed, or a cell of a table, as the data type that an input wants."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from app.sdk.data_types import DataType, Value
from app.sdk.errors import NodeError
from app.sdk.normal_forms import date_of, number_of, yes_no_of
from app.sdk.references import as_text

_FOLDER = re.compile(r"[/\\]")

# What an optional input gives when it was left empty; a type that isn't here has no empty value.
EMPTY: Mapping[DataType, Value] = {"text": "", "yesno": False, "list": [], "table": [], "record": {}}


def typed(value: Value, data_type: DataType, name: str = "") -> Value:
    """The value as `data_type`; `name` is the input's name for the error.

    Raises NodeError `input.not_<type>` with the arguments name and value.
    """
    reader = _READERS.get(data_type)
    found = reader(value) if reader else value
    if found is None and value is not None:
        raise NodeError(f"input.not_{data_type}", name=name, value=as_text(value)[:200])
    return found


def file_value(path: str) -> dict[str, Value]:
    """A file as it travels on an edge; nothing is opened to find out more."""
    return {"path": path, "name": _FOLDER.split(path)[-1], "size": None, "mime": ""}


def _number(value: Value) -> Value:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    number = number_of(value) if isinstance(value, str) else None
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _yes_no(value: Value) -> Value:
    if isinstance(value, bool):
        return value
    return yes_no_of(as_text(value)) if value not in (None, "") else False


def _date(value: Value) -> Value:
    day = date_of(value) if isinstance(value, str) else None
    return day.isoformat() if day else None


def _list(value: Value) -> Value:
    if isinstance(value, str):
        found = _parsed(value)
        return (
            found
            if isinstance(found, list)
            else [line.strip() for line in value.splitlines() if line.strip()]
        )
    return list(value) if isinstance(value, Sequence) else None


def _record(value: Value) -> Value:
    found = _parsed(value) if isinstance(value, str) else value
    return found if isinstance(found, Mapping) else None


def _table(value: Value) -> Value:
    found = _parsed(value) if isinstance(value, str) else value
    if not isinstance(found, Sequence) or isinstance(found, str):
        return None
    rows = cast("Sequence[Value]", found)
    return list(rows) if all(isinstance(row, Mapping) for row in rows) else None


def _file(value: Value) -> Value:
    if isinstance(value, str):
        return file_value(value.strip()) if value.strip() else None
    return value if isinstance(value, Mapping) and isinstance(value.get("path"), str) else None


def _parsed(text: str) -> Value:
    try:
        return cast("Value", json.loads(text))
    except (ValueError, RecursionError):
        return None


_READERS: Mapping[DataType, Callable[[Value], Value]] = {
    "text": as_text,
    "number": _number,
    "yesno": _yes_no,
    "date": _date,
    "list": _list,
    "record": _record,
    "table": _table,
    "file": _file,
    "image": _file,
    "audio": _file,
}

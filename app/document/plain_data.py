"""Typed looks into plain JSON data; what is wrong is told with its path."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import cast

from app.document.format import MAX_INT, NAME
from app.document.json_places import Path
from app.document.problem import Argument
from app.document.workflow import Json, JsonObject

Plain = Mapping[str, Json]
NOTHING: Plain = {}


class Fault(Exception):
    """Something in the data isn't as the format says; `code` without its area."""

    def __init__(self, code: str, *path: str | int, **args: Argument) -> None:
        super().__init__(code)
        self.code = code
        self.path: Path = path
        self.args_by_name = args


class Within:
    """`with Within("nodes", id):` puts the path so far before that of a fault from inside."""

    __slots__ = ("_path",)

    def __init__(self, *path: str | int) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Fault):
            error.path = (*self._path, *error.path)


def get_text(data: Plain, key: str, default: str | None = None) -> str:
    """A text in either form: one string, or an array of lines."""
    value = _get(data, key, default)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(cast("list[str]", value))
    if not isinstance(value, str):
        raise Fault("must_be_text", key)
    return value


def get_name(data: Plain, key: str) -> str:
    """A text of one line, not empty: a type, a port."""
    value = get_text(data, key)
    if not re.fullmatch(NAME, value):
        raise Fault("bad_name", key)
    return value


def get_int(
    data: Plain, key: str, default: int | None = None, *, least: int = -MAX_INT, most: int = MAX_INT
) -> int:
    """A whole number in a range."""
    value = _get(data, key, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault("must_be_whole_number", key)
    if not least <= value <= most:
        raise Fault("out_of_range", key, least=least, most=most)
    return value


def get_seconds(data: Plain, key: str) -> float | None:
    """A time in seconds, more than 0 and finite; None where there is none."""
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise Fault("must_be_number", key)
    if value <= 0:
        raise Fault("must_be_positive", key)
    return float(value)


def get_yes_no(data: Plain, key: str) -> bool:
    """False where there is none."""
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise Fault("must_be_yes_no", key)
    return value


def get_object(data: Plain, key: str) -> Plain:
    """An object; empty where there is none."""
    return as_object(data.get(key, NOTHING), key)


def get_list(data: Plain, key: str) -> list[Json]:
    """A list; empty where there is none."""
    value = data.get(key, [])
    if not isinstance(value, list):
        raise Fault("must_be_list", key)
    return value


def as_object(value: Json, *path: str | int) -> Plain:
    if not isinstance(value, dict):
        raise Fault("must_be_object", *path)
    return value


def leftover(data: Plain, known: Collection[str], **inner: JsonObject) -> dict[str, Json]:
    """What this version doesn't know: unknown keys, and under known ones what inner records left over."""
    rest = {key: value for key, value in data.items() if key not in known}
    rest.update({key: value for key, value in inner.items() if value})
    return rest


def _get(data: Plain, key: str, default: Json) -> Json:
    if key not in data and default is None:
        raise Fault("key_missing", key, key=key)
    return data.get(key, default)

"""Bytes to plain JSON data, refusing whatever two readers could understand differently or choke on."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import cast

from app.document import json_places
from app.document.format import MAX_BYTES, MAX_DEPTH, MAX_INT
from app.document.problem import Argument, ProblemError
from app.document.workflow import Json

_BRACKETS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(data: bytes) -> tuple[dict[str, Json], str]:
    """The object that the bytes hold, and their text for messages.

    Raises ProblemError `file.*` with a line or a path: over_limit, empty, not_utf8, too_deep, not_json,
    duplicate_key, bad_number, big_number, broken_character, not_a_workflow.
    """
    text = _decode(data)
    _check_depth(text)
    value = _parse(text)
    if _SURROGATE_ESCAPE.search(text):
        _check_characters(value, text)
    if not isinstance(value, dict):
        raise _refusal("not_a_workflow")
    return cast("dict[str, Json]", value), text


def _decode(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise _refusal("over_limit", limit=MAX_BYTES // 1_000_000)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refusal("not_utf8", line=data.count(b"\n", 0, error.start) + 1) from None
    if not text.strip():
        raise _refusal("empty")
    return text


def _check_depth(text: str) -> None:
    # Before parsing: the parser itself recurses.
    depth = 0
    for match in _BRACKETS.finditer(text):
        symbol = match.group()
        if symbol in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise _refusal("too_deep", line=json_places.line_of(text, match.start()), limit=MAX_DEPTH)
        elif symbol in "}]":
            depth -= 1


def _parse(text: str) -> object:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_int,
            parse_float=_float,
            parse_constant=_not_a_number,
        )
    except json.JSONDecodeError as error:
        raise _refusal("not_json", line=error.lineno, column=error.colno) from None
    except _SecondKey as second:
        line, path = json_places.line_of_second_key(text) or (1, ())
        raise _refusal("duplicate_key", path, line=line, key=json_places.readable(second.key)) from None
    except _BadNumber as bad:
        line = json_places.line_of_number(text, bad.literal) or 1
        raise _refusal(bad.code, line=line, number=json_places.readable(bad.literal)) from None


class _SecondKey(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class _BadNumber(Exception):
    def __init__(self, code: str, literal: str) -> None:
        super().__init__(code)
        self.code = code
        self.literal = literal


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        seen: set[str] = set()
        raise _SecondKey(next(key for key, _ in pairs if key in seen or seen.add(key)))
    return content


def _int(literal: str) -> int:
    # The length first: Python refuses to convert very long numbers in its own way.
    if len(literal) > 20 or not -MAX_INT - 1 <= (number := int(literal)) <= MAX_INT:
        raise _BadNumber("big_number", literal)
    return number


def _float(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise _BadNumber("big_number", literal)
    return number


def _not_a_number(literal: str) -> object:
    raise _BadNumber("bad_number", literal)


def broken_text(value: object) -> json_places.Path | None:
    """The path of the first text (or key) with half a character: a surrogate without its other half."""
    return next((path for path, string in _strings(value, ()) if _SURROGATE.search(string)), None)


def _check_characters(value: object, text: str) -> None:
    path = broken_text(value)
    if path is not None:
        raise _refusal("broken_character", path, line=json_places.line_of_path(text, path))


def _strings(value: object, path: json_places.Path) -> Iterator[tuple[json_places.Path, str]]:
    """All texts with their paths, keys included."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, content in cast("dict[str, object]", value).items():
            yield (*path, key), key
            yield from _strings(content, (*path, key))
    elif isinstance(value, list):
        for position, content in enumerate(cast("list[object]", value)):
            yield from _strings(content, (*path, position))


def _refusal(code: str, path: json_places.Path = (), **args: Argument) -> ProblemError:
    return ProblemError(json_places.problem(code, path, **args))

r"""Texts over one line as arrays of lines, so that a comparison of two files shows the line that changed.

`"one\ntwo"` is written `["one\n", "two"]`: every line but the last keeps its end. Since *every* text
with a line end is written so, wherever it stands, a list of texts can't be taken for a text, and
nobody has to know which fields are texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from app.document.workflow import Json

_LINE_IN_ARRAY = re.compile(r'(?:\\n|\\u000[aA])"\s*,')


def to_lines(value: Json) -> Json:
    """The value with every text over one line as an array of lines."""
    if isinstance(value, str):
        return _split(value) if "\n" in value else value
    if isinstance(value, Mapping):
        return {key: to_lines(content) for key, content in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_lines(content) for content in value]
    return value


def from_lines(value: Json) -> Json:
    """The value with every array of lines as one text; undoes `to_lines`."""
    if isinstance(value, dict):
        return {key: from_lines(content) for key, content in value.items()}
    if isinstance(value, list):
        if _is_text(value):
            return "".join(cast("list[str]", value))
        return [from_lines(content) for content in value]
    return value


def has_lines(text: str) -> bool:
    """Whether the JSON text may hold an array of lines; a quick look that spares a walk."""
    return _LINE_IN_ARRAY.search(text) is not None


def _split(text: str) -> list[Json]:
    *lines, last = text.split("\n")
    return [*(line + "\n" for line in lines), last]


def _is_text(value: list[Json]) -> bool:
    return (
        len(value) > 1
        and all(isinstance(line, str) and line.endswith("\n") for line in value[:-1])
        and isinstance(value[-1], str)
    )

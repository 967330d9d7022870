"""References in texts: `{{input.field.sub | filter}}`, a dotted path and a fixed list of filters, never a language."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from app.sdk.data_types import Value
from app.sdk.errors import NodeError

MAX_OUTPUT = 2_000_000  # characters
_REFERENCE = re.compile(r"\{\{([^{}]{1,400})\}\}")
_NAME = re.compile(r"[^\W\d]\w*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Reference:
    """One `{{…}}`: where it stands, the input's name, the path below it, and the filters in order."""

    start: int
    end: int
    input: str
    path: tuple[str, ...]
    filters: tuple[tuple[str, str], ...]  # (name, argument or "")


class ReferenceFault(ValueError):
    """A `{{…}}` that isn't a reference; `text` is what stands between the braces."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(f"{code}: {text}")
        self.text = text
        self.code = code


def is_name(text: str) -> bool:
    """Whether an input of this name can be referred to."""
    return _NAME.fullmatch(text) is not None


def as_text(value: Value) -> str:
    """A value as a person would write it into a text."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    return json.dumps(value, ensure_ascii=False, indent=2)


def _first(value: Value, argument: str) -> Value:
    count = int(argument or 1)
    return value[:count] if isinstance(value, (str, list)) else value


def _length(value: Value, _: str) -> Value:
    return len(value) if isinstance(value, (str, list, dict)) else 0


def _join(value: Value, argument: str) -> Value:
    return argument.join(as_text(v) for v in value) if isinstance(value, list) else as_text(value)


def _default(value: Value, argument: str) -> Value:
    return argument if value is None or value in ("", [], {}) else value


def _round(value: Value, argument: str) -> Value:
    digits = int(argument or 0)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    return round(value, digits) if digits else round(value)


def _keys(value: Value, _: str) -> Value:
    return list(value) if isinstance(value, dict) else []


FILTERS: Mapping[str, Callable[[Value, str], Value]] = {
    "upper": lambda value, _: as_text(value).upper(),
    "lower": lambda value, _: as_text(value).lower(),
    "trim": lambda value, _: as_text(value).strip(),
    "first": _first,
    "length": _length,
    "join": _join,
    "default": _default,
    "round": _round,
    "keys": _keys,
    "json": lambda value, _: json.dumps(value, ensure_ascii=False),
}


def _parse_filter(text: str, whole: str) -> tuple[str, str]:
    name, _, argument = text.strip().partition(" ")
    if name not in FILTERS:
        raise ReferenceFault(whole.strip(), "reference.unknown_filter")
    argument = argument.strip()
    if len(argument) >= 2 and argument[0] == argument[-1] and argument[0] in "\"'":
        argument = argument[1:-1]
    elif name in ("first", "round") and argument and not argument.isdecimal():
        raise ReferenceFault(whole.strip(), "reference.bad_argument")
    return name, argument


@lru_cache(maxsize=4096)
def find(text: str) -> tuple[Reference, ...]:
    """The references of a text in order. Raises ReferenceFault at the first that can't be read."""
    found: list[Reference] = []
    for match in _REFERENCE.finditer(text):
        body = match.group(1)
        head, *filters = body.split("|")
        name, *path = [part.strip() for part in head.strip().split(".")]
        if not _NAME.fullmatch(name) or not all(p.isdecimal() or _NAME.fullmatch(p) for p in path):
            raise ReferenceFault(body.strip(), "reference.not_a_name")
        parsed = tuple(_parse_filter(f, body) for f in filters)
        found.append(Reference(match.start(), match.end(), name, tuple(path), parsed))
    return tuple(found)


def inputs_of(*texts: str) -> tuple[str, ...]:
    """The input names that the texts refer to, each once, in order; unreadable references are left out."""
    names: dict[str, None] = {}
    for text in texts:
        try:
            references = find(text)
        except ReferenceFault:
            continue
        names.update(dict.fromkeys(r.input for r in references))
    return tuple(names)


def resolve(reference: Reference, inputs: Mapping[str, Value]) -> Value:
    """Walks plain dicts and lists. Raises NodeError `reference.nothing_there` where the path ends early."""
    value: Value = inputs.get(reference.input)
    for step in reference.path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and step.isdecimal()
            and int(step) < len(value)
        ):
            value = cast("Sequence[Value]", value)[int(step)]
        elif any(name == "default" for name, _ in reference.filters):
            value = None
            break
        else:
            path = ".".join((reference.input, *reference.path))
            raise NodeError("reference.nothing_there", path=path, missing=step)
    for name, argument in reference.filters:
        value = FILTERS[name](value, argument)
    return value


def fill(text: str, inputs: Mapping[str, Value], encode: Callable[[str], str] | None = None) -> str:
    """The text with every reference replaced, in one pass: what is filled in is never read again.

    `encode` makes a value's text fit for the place where it goes, such as an address or a file's name.
    Raises NodeError `reference.*`, and `reference.too_long` above MAX_OUTPUT characters.
    """
    pieces, tail = _pieces(text)
    filled = ""
    for before, name, further in pieces:
        value = inputs.get(name) if further is None else resolve(further, inputs)
        written = value if isinstance(value, str) else as_text(value)
        filled += before + (written if encode is None else encode(written))
    filled += tail
    if len(filled) > MAX_OUTPUT:
        raise NodeError("reference.too_long", limit=MAX_OUTPUT)
    return filled


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[tuple[tuple[str, str, Reference | None], ...], str]:
    """Of each reference the text before it, its input's name, and itself where it is more than that; and what stands
    after the last. Raises as `_found`.
    """
    pieces: list[tuple[str, str, Reference | None]] = []
    at = 0
    for reference in _found(text):
        further = reference if reference.path or reference.filters else None
        pieces.append((text[at : reference.start], reference.input, further))
        at = reference.end
    return tuple(pieces), text[at:]


def is_one_reference(text: str) -> bool:
    """Whether the text is one reference and nothing else. Raises NodeError `reference.*`."""
    references = _found(text)
    return len(references) == 1 and text.strip() == text[references[0].start : references[0].end]


def value_of(text: str, inputs: Mapping[str, Value]) -> Value:
    """The filled text; where it is one reference and nothing else, the value itself, so that a number stays one.

    Raises NodeError `reference.*`.
    """
    return resolve(_found(text)[0], inputs) if is_one_reference(text) else fill(text, inputs)


def _found(text: str) -> tuple[Reference, ...]:
    try:
        return find(text)
    except ReferenceFault as fault:
        raise NodeError(fault.code, text=fault.text) from fault

"""JSON with references in its texts: a value is put in as a value, so that it can't break out of its place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from app.sdk.data_types import Value
from app.sdk.references import value_of


def is_json(template: str) -> bool:
    try:
        json.loads(template)
    except (ValueError, RecursionError):
        return False
    return True


def texts_of(template: str) -> tuple[str, ...]:
    """All texts of a JSON document, in order: those that may hold references. Empty where it is no JSON."""
    return tuple(_texts(json.loads(template))) if is_json(template) else ()


def fill_json(template: str, inputs: Mapping[str, Value]) -> Value:
    """The document with its texts filled in; a text that is one reference becomes the value itself.

    Raises ValueError where the template is no JSON, NodeError `reference.*`.
    """
    return _filled(json.loads(template), inputs)


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, Sequence):
        for part in value:
            yield from _texts(part)


def _filled(value: Value, inputs: Mapping[str, Value]) -> Value:
    if isinstance(value, str):
        return value_of(value, inputs)
    if isinstance(value, Mapping):
        return {name: _filled(part, inputs) for name, part in value.items()}
    return [_filled(part, inputs) for part in value] if isinstance(value, Sequence) else value

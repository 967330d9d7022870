"""The JSON Schema that an example stands for: what every value of its kind must have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from app.document.workflow import Json, JsonObject


def schema_like(example: Json) -> JsonObject:
    """Objects are closed and need every name of the example; an example of null may be anything.

    A list's entries are like any of its examples: a name that not all of them have need not be there.
    """
    if isinstance(example, Mapping):
        return {
            "type": "object",
            "properties": {name: schema_like(part) for name, part in example.items()},
            "required": list(example),
            "additionalProperties": False,
        }
    if isinstance(example, str):
        return {"type": "string"}
    if isinstance(example, bool):
        return {"type": "boolean"}
    if isinstance(example, (int, float)):
        return {"type": "number"}
    if isinstance(example, Sequence):
        return _list_like(example)
    return {}


def _list_like(examples: Sequence[Json]) -> JsonObject:
    if not examples:
        return {"type": "array"}
    joined = schema_like(examples[0])
    for example in examples[1:]:
        joined = _either(joined, schema_like(example))
    return {"type": "array", "items": joined}


def _either(one: JsonObject, other: JsonObject) -> JsonObject:
    """The narrowest schema here that both keep."""
    if one == other:
        return one
    if not one or not other:
        return {}
    kinds = {kind for schema in (one, other) for kind in _kinds(schema)}
    if kinds == {"object"}:
        return _either_object(one, other)
    if kinds == {"array"}:
        items = [cast("JsonObject", schema["items"]) for schema in (one, other) if "items" in schema]
        return {"type": "array", "items": _either(items[0], items[-1])} if items else {"type": "array"}
    return {"type": sorted(kinds)} if not kinds & {"object", "array"} else {}


def _either_object(one: JsonObject, other: JsonObject) -> JsonObject:
    first, second = (cast("Mapping[str, JsonObject]", schema["properties"]) for schema in (one, other))
    names = list(dict.fromkeys((*first, *second)))
    needed = [cast("Sequence[str]", schema["required"]) for schema in (one, other)]
    return {
        "type": "object",
        "properties": {
            name: _either(first.get(name, second.get(name, {})), second.get(name, first.get(name, {})))
            for name in names
        },
        "required": [name for name in names if all(name in some for some in needed)],
        "additionalProperties": False,
    }


def _kinds(schema: JsonObject) -> Sequence[str]:
    kinds = schema["type"]
    return [kinds] if isinstance(kinds, str) else cast("Sequence[str]", kinds)

"""JSON Schema in the small: the words that say what a record looks like; nothing slow, nothing that looks elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from app.document.workflow import Json, JsonObject

DEEPEST = 20

_TYPES: Mapping[str, Callable[[Json], bool]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, Sequence) and not isinstance(value, str),
}
_SILENT = frozenset({"$schema", "$id", "$comment", "title", "description", "default", "examples"})


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """Where a value isn't as the schema says: a path such as "items.0.price", and the schema's word."""

    path: str
    word: str


def unknown_words(schema: Json, path: str = "") -> Iterator[SchemaFault]:
    """The words of a schema that aren't understood here, and those with a value of the wrong kind."""
    if not isinstance(schema, Mapping):
        yield SchemaFault(path, "schema")
        return
    if path.count(".") > DEEPEST:
        yield SchemaFault(path, "depth")
        return
    for word, wanted in schema.items():
        if word not in _SILENT and not (word in _SHAPES and _SHAPES[word](wanted)):
            yield SchemaFault(path, word)
    for place, part in _parts(schema, path):
        yield from unknown_words(part, place)


def faults(schema: JsonObject, value: Json, path: str = "") -> Iterator[SchemaFault]:
    """What a value has against a schema in which `unknown_words` found nothing."""
    for word, wanted in schema.items():
        test = _TESTS.get(word)
        if test and not test(value, wanted):
            yield SchemaFault(path, word)
    if isinstance(value, Mapping):
        yield from _object_faults(schema, value, path)
    items = schema.get("items")
    if isinstance(items, Mapping) and _TYPES["array"](value):
        for index, item in enumerate(cast("Sequence[Json]", value)):
            yield from faults(items, item, _below(path, str(index)))


def _object_faults(schema: JsonObject, value: JsonObject, path: str) -> Iterator[SchemaFault]:
    properties = cast("Mapping[str, JsonObject]", schema.get("properties", {}))
    for name in cast("Sequence[str]", schema.get("required", ())):
        if name not in value:
            yield SchemaFault(_below(path, name), "required")
    for name, part in value.items():
        if name in properties:
            yield from faults(properties[name], part, _below(path, name))
        elif schema.get("additionalProperties") is False:
            yield SchemaFault(_below(path, name), "additionalProperties")


def _parts(schema: JsonObject, path: str) -> Iterator[tuple[str, Json]]:
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, part in properties.items():
            yield _below(path, name), part
    if "items" in schema:
        yield _below(path, "0"), schema["items"]


def _below(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


def _is_type(value: Json, wanted: Json) -> bool:
    names = [wanted] if isinstance(wanted, str) else cast("Sequence[str]", wanted)
    return any(_TYPES[name](value) for name in names)


def _same(left: Json, right: Json) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _number_test(test: Callable[[float, float], bool]) -> Callable[[Json, Json], bool]:
    def applies(value: Json, wanted: Json) -> bool:
        return not _TYPES["number"](value) or test(cast("float", value), cast("float", wanted))

    return applies


def _size_test(kind: str, test: Callable[[int, int], bool]) -> Callable[[Json, Json], bool]:
    def applies(value: Json, wanted: Json) -> bool:
        return not _TYPES[kind](value) or test(len(cast("Sequence[Json]", value)), cast("int", wanted))

    return applies


_TESTS: Mapping[str, Callable[[Json, Json], bool]] = {
    "type": _is_type,
    "enum": lambda value, wanted: any(_same(value, one) for one in cast("Sequence[Json]", wanted)),
    "const": _same,
    "minimum": _number_test(lambda value, least: value >= least),
    "maximum": _number_test(lambda value, most: value <= most),
    "exclusiveMinimum": _number_test(lambda value, least: value > least),
    "exclusiveMaximum": _number_test(lambda value, most: value < most),
    "minLength": _size_test("string", lambda size, least: size >= least),
    "maxLength": _size_test("string", lambda size, most: size <= most),
    "minItems": _size_test("array", lambda size, least: size >= least),
    "maxItems": _size_test("array", lambda size, most: size <= most),
}


def _are_type_names(wanted: Json) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return isinstance(names, Sequence) and all(isinstance(name, str) and name in _TYPES for name in names)


def _are_names(wanted: Json) -> bool:
    return _TYPES["array"](wanted) and all(isinstance(name, str) for name in cast("Sequence[Json]", wanted))


_SHAPES: Mapping[str, Callable[[Json], bool]] = {
    "type": _are_type_names,
    "enum": _TYPES["array"],
    "const": lambda _: True,
    "properties": _TYPES["object"],
    "required": _are_names,
    "additionalProperties": _TYPES["boolean"],
    "items": _TYPES["object"],
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _TYPES["number"]),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _TYPES["integer"]),
}

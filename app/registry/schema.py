"""The JSON Schema of the workflow file: the format's own part, and one for the fields of each node type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from app.document.format import (
    CACHE_POLICIES,
    FARTHEST,
    FORMAT,
    FORMAT_VERSION,
    MONEY,
    MOST_AT_A_TIME,
    MOST_ATTEMPTS,
    NAME,
    POLICIES,
    SCHEMA,
    WIDEST,
)
from app.registry.field_schema import field_schema
from app.sdk.spec import NodeSpec

Schema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
ONE_LINE = {"type": "string", "pattern": f"^{NAME}$"}
TEXT = {"$ref": "#/$defs/text"}
COORDINATE = {"type": "integer", "minimum": -FARTHEST, "maximum": FARTHEST}
LENGTH = {"type": "integer", "minimum": 1, "maximum": WIDEST}
SECONDS = {"type": "number", "exclusiveMinimum": 0}


def workflow_schema(specs: Iterable[NodeSpec]) -> Schema:
    """Draft 2020-12. Keys that nobody knows are allowed everywhere: they are kept, as the reader does."""
    types = {spec.id: spec for spec in sorted(specs, key=lambda spec: spec.id)}
    return {
        "$schema": DIALECT,
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        "title": "Baton workflow",
        **_object(
            {
                "$schema": {"type": "string"},
                "format": {"const": FORMAT},
                "formatVersion": {"const": FORMAT_VERSION},
                "generator": {"type": "string"},
                "requires": _object({"features": {"type": "array", "items": {"type": "string"}}}),
                "workflow": {"$ref": "#/$defs/workflow"},
                "layout": {"$ref": "#/$defs/layout"},
            },
            required=("format", "formatVersion", "workflow"),
        ),
        "$defs": {
            "text": {
                "description": "One string, or an array of lines",
                "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            },
            "workflow": _workflow(),
            "graph": _object(_GRAPH),
            "node": _node(types),
            "edge": _object({"from": _END, "to": _END}, required=("from", "to")),
            "layout": _layout(),
            **{f"fields.{name}": _fields(spec) for name, spec in types.items()},
        },
    }


def _object(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _by_id(content: Mapping[str, Any]) -> Schema:
    return {"type": "object", "propertyNames": ID, "additionalProperties": content}


_END = _object({"node": ONE_LINE, "port": ONE_LINE}, required=("node", "port"))
_GRAPH: Schema = {
    "nodes": _by_id({"$ref": "#/$defs/node"}),
    "edges": {"type": "array", "items": {"$ref": "#/$defs/edge"}},
}


def _workflow() -> Schema:
    settings = {
        "budgetUsd": {"type": "string", "pattern": f"^{MONEY}$"},
        "concurrency": {"type": "integer", "minimum": 1, "maximum": MOST_AT_A_TIME},
        "timeLimit": SECONDS,
    }
    return _object(
        {
            "id": ID,
            "name": TEXT,
            "description": TEXT,
            "inputs": {"type": "object", "description": "A JSON Schema"},
            "outputs": {"type": "object", "description": "A JSON Schema"},
            "settings": _object(settings),
            **_GRAPH,
        },
        required=("id",),
    )


def _node(types: Mapping[str, NodeSpec]) -> Schema:
    node = _object(
        {
            "type": ONE_LINE,
            "typeVersion": {"type": "integer", "minimum": 1},
            "title": TEXT,
            "fields": {"type": "object"},
            "onError": _object({"policy": {"enum": list(POLICIES)}, "value": True}),
            "retry": _object(
                {"attempts": {"type": "integer", "minimum": 1, "maximum": MOST_ATTEMPTS}, "timeout": SECONDS}
            ),
            "disabled": {"type": "boolean"},
            "cache": {"enum": list(CACHE_POLICIES)},
            "note": TEXT,
            "body": {"$ref": "#/$defs/graph"},
        },
        required=("type",),
    )
    # A type that isn't listed is one from an add-on: any fields.
    node["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}},
            "then": {"properties": {"fields": {"$ref": f"#/$defs/fields.{name}"}}},
        }
        for name in types
    ]
    return node


def _layout() -> Schema:
    size = {"width": LENGTH, "height": LENGTH}
    note = {"text": TEXT, "x": COORDINATE, "y": COORDINATE, **size, "colour": TEXT, "frame": ID}
    group = {"title": TEXT, "nodes": {"type": "array", "items": {"type": "string"}}, "colour": TEXT}
    place = _object({"x": COORDINATE, "y": COORDINATE, "width": LENGTH})
    place["dependentRequired"] = {"x": ["y"], "y": ["x"]}
    return _object(
        {
            "nodes": {"type": "object", "additionalProperties": place},
            "notes": _by_id(_object(note, required=("x", "y"))),
            "groups": _by_id(_object(group)),
        }
    )


def _fields(spec: NodeSpec) -> Schema:
    return {
        "title": spec.type.title,
        "description": spec.type.summary,
        **_object({field.name: field_schema(field) for field in spec.fields}),
    }

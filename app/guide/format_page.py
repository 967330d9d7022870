"""The page of the file format: every key that a workflow file may hold, made from its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

from app.guide.order import SHARE_A_WORKFLOW
from app.texts import listed, text

Schema: TypeAlias = Mapping[str, Any]

# The records of the file and where each stands in the schema, in the order in which they are read.
RECORDS: Mapping[str, tuple[str, ...]] = {
    "file": (),
    "workflow": ("$defs", "workflow"),
    "settings": ("$defs", "workflow", "properties", "settings"),
    "node": ("$defs", "node"),
    "on_error": ("$defs", "node", "properties", "onError"),
    "retry": ("$defs", "node", "properties", "retry"),
    "edge": ("$defs", "edge"),
    "layout": ("$defs", "layout"),
    "note": ("$defs", "layout", "properties", "notes", "additionalProperties"),
    "group": ("$defs", "layout", "properties", "groups", "additionalProperties"),
}


def format_page(schema: Schema) -> str:
    """In the language of now."""
    return "\n\n".join(_parts(schema)) + "\n"


def keys(schema: Schema, record: str) -> Mapping[str, Schema | bool]:
    """The keys of a record with what the schema says of each."""
    found: Any = schema
    for step in RECORDS[record]:
        found = found[step]
    return cast("Mapping[str, Schema | bool]", found["properties"])


def _parts(schema: Schema) -> Iterator[str]:
    yield f"# {text('guide.format.title')}"
    yield text("guide.format.words")
    for record in RECORDS:
        yield f"## {text(f'guide.format.{record}')}"
        lines = [_line(record, key, about) for key, about in keys(schema, record).items()]
        yield "\n".join(lines)
    yield f"[{text('guide.format.example')}](../{SHARE_A_WORKFLOW}.md)"


def _line(record: str, key: str, about: Schema | bool) -> str:
    options = None if isinstance(about, bool) else about.get("enum")
    chosen = (
        " " + text("guide.format.one_of", options=listed(f"`{one}`" for one in options)) if options else ""
    )
    return f"- `{key}`: {text(f'guide.format.{record}.{key}')}{chosen}"

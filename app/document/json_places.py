"""Where something stands in a JSON text: the path and line of keys and values, for messages only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from app.document.problem import Argument, Problem

Path: TypeAlias = tuple[str | int, ...]

# Possessive repeats: a hostile text can't make the pattern try twice.
_SYMBOL = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++')


@dataclass(frozen=True, slots=True)
class Place:
    """A key (its path ends with itself) or a plain value; `offset` in characters."""

    kind: Literal["key", "value"]
    path: Path
    offset: int
    symbol: str


def places(text: str) -> Iterator[Place]:
    """All keys and plain values in order, as long as the text is JSON; then it ends."""
    path: list[str | int] = []  # the slot in each open container: a key, or a position in an array
    in_object: list[bool] = []
    key_next = False
    for match in _SYMBOL.finditer(text):
        symbol, offset = match.group(), match.start()
        if symbol in "{[":
            in_object.append(symbol == "{")
            path.append("" if symbol == "{" else 0)
            key_next = symbol == "{"
        elif not in_object:
            return
        elif symbol in "}]":
            in_object.pop()
            path.pop()
        elif symbol == ",":
            key_next = in_object[-1]
            slot = path[-1]
            if isinstance(slot, int):
                path[-1] = slot + 1
        elif symbol == ":":
            key_next = False
        elif key_next:
            path[-1] = _key(symbol)
            yield Place("key", tuple(path), offset, symbol)
        else:
            yield Place("value", tuple(path), offset, symbol)


def line_of(text: str, offset: int) -> int:
    """The line, from 1."""
    return text.count("\n", 0, offset) + 1


def line_of_path(text: str, path: Path) -> int | None:
    """The line of what stands at `path`, or of the innermost thing around it that is there."""
    best: tuple[int, int] | None = None
    for place in places(text):
        shared = len(place.path)
        if shared <= len(path) and place.path == path[:shared] and (best is None or shared > best[0]):
            best = (shared, place.offset)
            if shared == len(path):
                break
    return line_of(text, best[1]) if best else None


def line_of_second_key(text: str) -> tuple[int, Path] | None:
    """The line and path of the first key that its object has already."""
    seen: set[Path] = set()
    for place in places(text):
        if place.kind == "key":
            if place.path in seen:
                return line_of(text, place.offset), place.path
            seen.add(place.path)
    return None


def line_of_number(text: str, literal: str) -> int | None:
    """The line of the first number that is written so."""
    found = next((place for place in places(text) if place.symbol == literal), None)
    return line_of(text, found.offset) if found else None


def problem(code: str, path: Path, **args: Argument) -> Problem:
    """The Problem `file.<code>` at a path, with the node and the setting that it leads into."""
    node, rest = node_in(path)
    field = setting_in(rest) if node else shown(path)
    return Problem(f"file.{code}", node, field or None, args={**args, "path": shown(path)})


def setting_in(path: Path) -> str:
    """The name of the field or attribute that a path within a node leads into."""
    return shown(path[1:2] if len(path) > 1 and path[0] == "fields" else path[:1])


def node_in(path: Path) -> tuple[str | None, Path]:
    """The innermost node that a path leads into, and the path within it."""
    node, at = None, ("workflow", "nodes")
    while path[: len(at)] == at and len(path) > len(at):
        node, path, at = str(path[len(at)]), path[len(at) + 1 :], ("body", "nodes")
    return node, path


def shown(path: Path) -> str:
    """A path as people read it: `workflow.nodes.a1.fields.rules[2].value`."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{readable(step)}" for step in path)
    return "".join(parts).removeprefix(".")


def readable(text: str) -> str:
    """A word of the file for a message: short, and with a mark for whatever can't be seen or printed."""
    seen = "".join(c if c.isprintable() else "\ufffd" for c in text[:60])
    return f"{seen}…" if len(text) > 60 else seen


def _key(symbol: str) -> str:
    try:
        return str(json.loads(symbol, strict=False))
    except ValueError:
        return symbol

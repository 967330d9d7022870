"""Plain data to a layout; what belongs to no node of the file is left out."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import TypeVar

from app.document.format import FARTHEST, GROUP_KEYS, LAYOUT_KEYS, NOTE_KEYS, PLACE_KEYS, WIDEST
from app.document.ids import is_id
from app.document.json_places import readable
from app.document.plain_data import (
    Fault,
    Plain,
    Within,
    as_object,
    get_int,
    get_list,
    get_object,
    get_text,
    leftover,
)
from app.document.workflow import Group, Json, Layout, Note

T = TypeVar("T")

_USUAL_NOTE = Note("", 0, 0)
_USUAL_GROUP = Group("", ())


def read_layout(data: Plain, nodes: Container[str]) -> Layout:
    """The layout of the nodes with these ids. Raises Fault."""
    places = {node: content for node, content in get_object(data, "nodes").items() if node in nodes}
    positions: dict[str, tuple[int, int]] = {}
    widths: dict[str, int] = {}
    rest: dict[str, Json] = {}
    for node, content in places.items():
        with Within("nodes", node):
            place = as_object(content)
            if "x" in place or "y" in place:
                positions[node] = (_coordinate(place, "x"), _coordinate(place, "y"))
            if "width" in place:
                widths[node] = _size(place, "width", 0)
            if more := leftover(place, PLACE_KEYS):
                rest[node] = more
    return Layout(
        positions=positions,
        widths=widths,
        notes=_each(data, "notes", lambda note: _note(note, nodes)),
        groups=_each(data, "groups", lambda group: _group(group, nodes)),
        extra=leftover(data, LAYOUT_KEYS, nodes=rest),
    )


def _each(data: Plain, key: str, read: Callable[[Plain], T]) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, content in get_object(data, key).items():
        with Within(key, name):
            if not is_id(name):
                raise Fault("bad_id", id=readable(name))
            found[name] = read(as_object(content))
    return found


def _note(data: Plain, nodes: Container[str]) -> Note:
    frame = get_text(data, "frame", "")
    return Note(
        text=get_text(data, "text", ""),
        x=_coordinate(data, "x"),
        y=_coordinate(data, "y"),
        width=_size(data, "width", _USUAL_NOTE.width),
        height=_size(data, "height", _USUAL_NOTE.height),
        colour=get_text(data, "colour", _USUAL_NOTE.colour),
        frame=frame if frame in nodes else "",  # a note without its frame is still somebody's words
        extra=leftover(data, NOTE_KEYS),
    )


def _group(data: Plain, nodes: Container[str]) -> Group:
    members = get_list(data, "nodes")
    return Group(
        title=get_text(data, "title", ""),
        nodes=tuple(sorted({node for node in members if isinstance(node, str) and node in nodes})),
        colour=get_text(data, "colour", _USUAL_GROUP.colour),
        extra=leftover(data, GROUP_KEYS),
    )


def _coordinate(data: Plain, key: str) -> int:
    return get_int(data, key, least=-FARTHEST, most=FARTHEST)


def _size(data: Plain, key: str, usual: int) -> int:
    return get_int(data, key, usual, least=1, most=WIDEST)

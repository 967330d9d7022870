"""Events as JSON lines: what `--events` prints, the event file holds and the window folds."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from app.events import run_events
from app.events.run_events import RunEvent

EVENT_TYPES: Mapping[str, type[Any]] = {klass.__name__: klass for klass in get_args(run_events.RunEvent)}


def encode(event: RunEvent) -> str:
    """One line without its newline: {"event": <class name>, …}; attributes at their defaults are left out."""
    return json.dumps(
        {"event": type(event).__name__, **plain_record(event)}, ensure_ascii=False, separators=(",", ":")
    )


def decode(line: str | bytes) -> RunEvent | None:
    """The event of a line; None for one that a newer version added. Raises ValueError for anything else."""
    return event_of(json.loads(line))


def event_of(plain: Any) -> RunEvent | None:
    """The event of an already parsed line, see `decode`."""
    if not isinstance(plain, dict) or "event" not in plain:
        raise ValueError("not an event")
    record = cast("dict[str, Any]", plain)
    klass = EVENT_TYPES.get(record.pop("event"))
    return cast("RunEvent", record_of(record, klass)) if klass else None


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if dataclasses.is_dataclass(value):
        return plain_record(cast("Any", value))
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in cast("Mapping[str, Any]", value).items()}
    return [_plain(v) for v in value]


def plain_record(record: Any) -> dict[str, Any]:
    """A frozen record as plain data; attributes at their defaults are left out."""
    plain: dict[str, Any] = {}
    for name, default in _attributes(type(record)):
        value = getattr(record, name)
        if value is not default and value != default:
            plain[name] = _plain(value)
    return plain


@cache
def _attributes(klass: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Names and defaults; an attribute without one gets an object that equals nothing."""
    return tuple(
        (f.name, f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default)
        for f in dataclasses.fields(klass)
    )


def record_of(plain: Mapping[str, Any], klass: type[Any]) -> Any:
    """The record of plain data; unknown names are ignored. Raises TypeError where a part is missing."""
    readers = _readers(klass)
    return klass(**{name: readers[name](value) for name, value in plain.items() if name in readers})


@cache
def _readers(klass: type[Any]) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(klass)
    return {f.name: _reader(hints[f.name]) for f in dataclasses.fields(klass)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    if hint is Decimal:
        return Decimal
    if dataclasses.is_dataclass(hint):
        return lambda value: record_of(value, cast("type[Any]", hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (tuple, frozenset):
        made, item = origin, _reader(arguments[0])
        return lambda value: made(item(v) for v in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        item = _reader(arguments[1])
        return lambda value: {k: item(v) for k, v in value.items()}
    return _union_reader(arguments) if origin in (Union, types.UnionType) else lambda value: value


def _union_reader(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    records = [option for option in options if dataclasses.is_dataclass(option)]
    if len(records) == 1:
        return lambda value: None if value is None else record_of(value, cast("type[Any]", records[0]))
    if tuple[str, ...] in options:
        return lambda value: tuple(cast("list[Any]", value)) if isinstance(value, list) else value
    return lambda value: value

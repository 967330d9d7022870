"""Events as JSON lines: what `--events` prints, the event file holds and the window folds."""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from app.events import run_events
from app.events.run_events import RunEvent

EVENT_TYPES: Mapping[str, type[Any]] = {klass.__name__: klass for klass in get_args(run_events.RunEvent)}


def encode(event: RunEvent) -> str:
    """One line without its newline: {"event": <class name>, …}; attributes at their defaults may be left out."""
    return encode_lines((event,))[:-1].decode()


def encode_lines(events: Sequence[RunEvent]) -> bytes:
    """The same of many, each with its newline."""
    try:
        return _ENCODER.encode_lines(events)
    except UnicodeEncodeError:  # half of a pair of characters, as models write them at times
        return b"".join(map(_escaped_line, events))


def _escaped_line(event: RunEvent) -> bytes:
    return _escaped(event).encode() + b"\n"


def _escaped(value: Any) -> str:
    """As ASCII, which can carry half of a pair of characters."""
    return json.dumps(msgspec.to_builtins(value, enc_hook=_plain), separators=(",", ":"))


def json_of(record: Any, *without: str) -> str:
    """A record as JSON on one line; attributes at their defaults may be left out, those named in `without` are."""
    values_of, view = _view(cast("type[Any]", type(record)), without)
    return json_text(view(*values_of(record)))


def json_text(plain: Any) -> str:
    """Plain data, and records in it, as JSON on one line that every file takes."""
    try:
        return _ENCODER.encode(plain).decode()
    except UnicodeEncodeError:
        return _escaped(plain)


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


@cache
def _view(
    klass: type[Any], without: tuple[str, ...]
) -> tuple[Callable[[Any], tuple[Any, ...]], type[msgspec.Struct]]:
    """What reads all attributes but those at once, and a record of them alone, which leaves out its defaults."""
    fields = [(name, default) for name, default in _defaults(klass) if name not in without]
    shown: list[Any] = [(name, Any, _shown_default(default)) for name, default in fields]
    view = msgspec.defstruct(f"{klass.__name__}View", shown, kw_only=False, omit_defaults=True, gc=False)
    names = [name for name, _ in fields]
    if len(names) < 2:  # an attrgetter gives a tuple from two names on
        return (lambda record: tuple(getattr(record, name) for name in names)), view
    return attrgetter(*names), view


def _shown_default(default: Any) -> Any:
    """Where there is none, or another each time, there is nothing to leave out."""
    if default in (dataclasses.MISSING, msgspec.NODEFAULT):
        return msgspec.UNSET
    return default


def _is_record(klass: Any) -> bool:
    return dataclasses.is_dataclass(klass) or (isinstance(klass, type) and issubclass(klass, msgspec.Struct))


def _defaults(klass: type[Any]) -> Iterator[tuple[str, Any]]:
    """Each attribute of a record with its default, or with one of two values that equal nothing."""
    fields: Any = (
        dataclasses.fields(klass) if dataclasses.is_dataclass(klass) else msgspec.structs.fields(klass)
    )
    for field in fields:
        is_made = field.default_factory not in (dataclasses.MISSING, msgspec.NODEFAULT)
        yield field.name, field.default_factory() if is_made else field.default


def _plain(value: Any) -> Any:
    """What msgspec doesn't know by itself; a text or number of somebody's own kind is what it looks like."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else list(value)


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)


def record_of(plain: Mapping[str, Any], klass: type[Any], **known: Any) -> Any:
    """The record of plain data; unknown names are ignored, and what is `known` is taken as it is. Raises TypeError
    where a part is missing.
    """
    readers = _readers(klass)
    read = {
        name: readers[name](value) for name, value in plain.items() if name in readers and name not in known
    }
    return klass(**read, **known)


@cache
def _readers(klass: type[Any]) -> Mapping[str, Callable[[Any], Any]]:
    hints = get_type_hints(klass)
    return {name: _reader(hints[name]) for name, _ in _defaults(klass)}


def _reader(hint: Any) -> Callable[[Any], Any]:
    if hint is Decimal:
        return Decimal
    if _is_record(hint):
        return lambda value: record_of(value, cast("type[Any]", hint))
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is tuple and arguments[-1] is not Ellipsis:
        each = [_reader(argument) for argument in arguments]
        return lambda value: tuple(read(v) for read, v in zip(each, value, strict=True))
    if origin in (tuple, frozenset):
        made, item = cast("type[Any]", origin), _reader(arguments[0])
        return lambda value: made(item(v) for v in value)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        item = _reader(arguments[1])
        return lambda value: {k: item(v) for k, v in value.items()}
    return _union_reader(arguments) if origin in (Union, types.UnionType) else lambda value: value


def _union_reader(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    made: list[Any] = [one for one in options if _is_record(one) or one is Decimal]
    if len(made) == 1:
        read = _reader(made[0])
        return lambda value: None if value is None else read(value)
    if tuple[str, ...] in options:
        return lambda value: tuple(cast("list[Any]", value)) if isinstance(value, list) else value
    return lambda value: value

"""Records as rows of the journal and back: exact money, whole values, lazy sequences by their reference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import chain
from operator import methodcaller
from typing import Any, NamedTuple, Protocol, TypeAlias, cast, runtime_checkable

from msgspec.structs import replace

from app.adapters.redaction import hide_in_json, is_known_in
from app.document.workflow import Json, JsonObject
from app.events.json_codec import json_of, json_text, record_of
from app.executor.journal import CallRecord, ComputedSteps, ItemRecord, Place, StepRecord
from app.sdk.data_types import Value

BLOB_BYTES = 64 * 1024  # outputs longer than this are kept once, by their digest

Restore: TypeAlias = Callable[[JsonObject], Value]
Name: TypeAlias = str | bytes
Blob: TypeAlias = tuple[bytes, bytes]  # digest, content
# What it is found by; as JSON its record and its outputs, which may hold keys until `as_written` has seen them; and the
# digest of the blob that its outputs are kept in.
Row: TypeAlias = tuple[Any, ...]

_Values: TypeAlias = Mapping[str, Value] | list[Mapping[str, Value]]

_AROUND = 100  # bytes of a row beside its texts
_TEXT = frozenset((str,))
_VALUES = methodcaller("values")
_LAZY = "$lazy"
_TOGETHER = "#"  # no step's id holds it; what a frame decided has names with it, too


@runtime_checkable
class Lazy(Protocol):
    """A value that lies elsewhere and says where."""

    def reference(self) -> JsonObject: ...


def leave_reference(reference: JsonObject) -> Value:
    """What stands for a lazy value where nobody can restore it."""
    return {_LAZY: reference}


class Written(NamedTuple):
    """Rows as their table takes them, the blobs that they name, and what their run grows by, in bytes about."""

    rows: Sequence[Row]
    blobs: Sequence[Blob]
    size: int


def size_of(row: Row) -> int:
    return len(row[-3]) + len(row[-2]) + _AROUND


def as_written(rows: Sequence[Row]) -> Written:
    """Without keys, and with long outputs apart. A server may have echoed the key that it was sent: as a rule none has,
    and so all are looked through at once.
    """
    texts = [*chain.from_iterable([row[-3:-1] for row in rows])]
    lengths = [*map(len, texts)]
    size = sum(lengths) + _AROUND * len(rows)
    if is_known_in(texts):
        rows = [*map(_hidden, rows)]
    if max(lengths) <= BLOB_BYTES // 4:  # at most 4 bytes a character
        return Written(rows, (), size)
    each = {row[-2]: blob_of(row[-2]) for row in rows}
    blobs = {text: blob for text, blob in each.items() if len(blob[1]) > BLOB_BYTES}
    rows = [(*row[:-2], "", blobs[row[-2]][0]) if row[-2] in blobs else row for row in rows]
    return Written(rows, [*blobs.values()], size)


def _hidden(row: Row) -> Row:
    *names, record, outputs, blob = row
    return *names, hide_in_json(record), hide_in_json(outputs), blob


def step_row(run: int, record: StepRecord) -> Row:
    """Raises TypeError, ValueError or RecursionError where an output isn't plain JSON data."""
    text = json_of(record, "place", "node", "outputs")
    return run, stored(record.place), stored(record.node), text, values_text(record.outputs), None


def computed_row(run: int, computed: ComputedSteps) -> Row:
    """In one row, whose node no step can be called. Raises as `step_row`."""
    node, *_ = computed.steps[0]
    text = json_text((computed.scope, computed.steps))
    outputs = values_text(computed.outputs)
    return run, stored(computed.place), stored(f"{_TOGETHER}{node}"), text, outputs, None


def is_computed(text: Name) -> bool:
    """Whether a row's record is of steps that were computed together: a list, where one step's is an object."""
    return text[:1] in ("[", b"[")


def steps_of(columns: tuple[Any, ...], restore: Restore) -> Sequence[StepRecord]:
    """From place, node, record, outputs, digest and bytes of the blob. Raises ValueError, TypeError or KeyError."""
    place, name, text, *values = columns
    plain, outputs = json.loads(text), values_of(_text(*values), restore)
    if not is_computed(text):
        plain.update(place=read(place), node=read(name))
        return [replace(cast("StepRecord", record_of(plain, StepRecord)), outputs=outputs)]
    scope, each = plain
    return ComputedSteps(read(place), scope, each, outputs).records()


def call_row(run: int, record: CallRecord) -> Row:
    """As `step_row`."""
    text = json_of(record, "place", "node", "digest", "ordinal", "counted", "reply")
    names = (run, stored(record.place), stored(record.node), record.digest, record.ordinal, record.counted)
    return *names, text, values_text(record.reply), None


def call_of(columns: tuple[Any, ...], restore: Restore) -> CallRecord:
    """From place, node, digest, ordinal, counted, record, reply, digest and bytes of the blob. Raises as `steps_of`."""
    place, node, digest, ordinal, counted, text, *values = columns
    plain = {
        **json.loads(text),
        "place": read(place),
        "node": read(node),
        "digest": digest,
        "ordinal": ordinal,
    }
    record = cast("CallRecord", record_of(plain, CallRecord))
    return replace(record, reply=values_of(_text(*values), restore), counted=bool(counted))


def item_row(run: int, record: ItemRecord) -> Row:
    """As `step_row`."""
    text = json_of(record, "frame", "key", "number", "outputs")
    return (
        run,
        stored(record.frame),
        stored(record.key),
        record.number,
        text,
        values_text(record.outputs),
        None,
    )


def begun_row(run: int, frame: Place) -> Row:
    """Stands among the items, and says that those before it no longer count; numbered as no item is."""
    return run, stored(frame), "", -1, "{}", "{}", None


def item_of(columns: tuple[Any, ...], restore: Restore) -> ItemRecord:
    """From frame, key, number, record, outputs, digest and bytes of the blob. Raises as `steps_of`."""
    frame, key, number, text, *values = columns
    plain = {**json.loads(text), "frame": read(frame), "key": read(key), "number": number}
    record = cast("ItemRecord", record_of(plain, ItemRecord))
    return replace(record, outputs=values_of(_text(*values), restore))


def blob_of(text: str) -> Blob:
    content = text.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).digest(), content


def text_of(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")


def stored(name: str) -> Name:
    """As SQLite takes it: text, or bytes where it holds half a character."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")
    return name


def read(name: Name) -> str:
    return name if isinstance(name, str) else text_of(name)


def values_text(values: _Values) -> str:
    """JSON with `{"$lazy": reference}` for lazy values; a plain record's own "$lazy" gets one more "$"."""
    each = chain.from_iterable(map(_VALUES, values)) if isinstance(values, list) else values.values()
    # As they mostly are; what JSON is made of otherwise, and how, is Python's to say.
    if _TEXT.issuperset(map(type, each)):
        text = json_text(values)
        if _LAZY not in text:
            return text
    text = _ENCODER.encode(values)
    if _LAZY in text:
        text = _ENCODER.encode(_escaped(values))
    return text if stored(text) is text else json.dumps(json.loads(text), separators=(",", ":"))


def values_of(text: str, restore: Restore) -> Any:
    """The reverse."""
    values: Any = json.loads(text) if text else {}
    return _unescaped(values, restore) if _LAZY in text else values


def is_lazy_inside(value: Any) -> bool:
    """Whether a value, or something in it, lies elsewhere."""
    if value is None or isinstance(value, (str, int, float)):
        return False
    if isinstance(value, Mapping):
        return any(map(is_lazy_inside, cast("Mapping[str, Any]", value).values()))
    if isinstance(value, (list, tuple)):
        return any(map(is_lazy_inside, cast("list[Any]", value)))
    return isinstance(value, Lazy)


def _text(outputs: str | None, digest: bytes | None, blob: bytes | None) -> str:
    if digest is None:
        return outputs or ""
    if blob is None:
        raise ValueError("its outputs are missing")
    return text_of(blob)


def _plain(value: Any) -> Any:
    if isinstance(value, Lazy):
        return {_LAZY: value.reference()}
    if isinstance(value, Decimal):
        return str(value)
    return dict(cast("Mapping[str, Any]", value)) if isinstance(value, Mapping) else list(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _escaped(value: Any) -> Json:
    if isinstance(value, Lazy):
        return {_LAZY: value.reference()}
    if isinstance(value, Mapping):
        return {
            f"${key}" if _is_marked(key) else key: _escaped(part)
            for key, part in cast("Mapping[str, Any]", value).items()
        }
    if isinstance(value, (list, tuple)):
        return [_escaped(part) for part in cast("list[Any]", value)]
    return value


def _unescaped(value: Any, restore: Restore) -> Any:
    if isinstance(value, list):
        return [_unescaped(part, restore) for part in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    content = cast("dict[str, Any]", value)
    if content.keys() == {_LAZY}:
        return restore(content[_LAZY])
    return {key[1:] if _is_marked(key) else key: _unescaped(part, restore) for key, part in content.items()}


def _is_marked(key: object) -> bool:
    """`$lazy`, `$$lazy`, …"""
    return isinstance(key, str) and key.endswith(_LAZY) and not key[: -len(_LAZY)].strip("$")

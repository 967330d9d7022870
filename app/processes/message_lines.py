"""Messages as JSON lines: numbered and versioned, the same code at both ends of the pipe."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast, get_args

from app.events.json_codec import encode, event_of, json_of, record_of
from app.events.run_events import RunEvent
from app.processes.messages import VERSION, Reply, Request


class MessageError(ValueError):
    """A line that is no message of this version: the two ends are not the same program."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request with the number that its reply will carry."""

    number: int
    request: Request[Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply to the request of this number."""

    number: int
    reply: Reply


@dataclass(frozen=True, slots=True)
class Happened:
    """Events of one run, in order."""

    run: str
    events: tuple[RunEvent, ...]


FromEngine: TypeAlias = Answered | Happened

_REQUESTS: Mapping[str, type[Any]] = {
    kind.__name__: kind for kind in cast("type[Any]", Request).__subclasses__()
}
_REPLIES: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(Reply)}


def request_line(number: int, request: Request[Any]) -> bytes:
    return _line(f'"id":{number},"ask":"{type(request).__name__}","with":{json_of(request)}')


def read_request(line: bytes) -> Asked:
    """Raises MessageError."""
    plain = _plain(line)
    return Asked(_number(plain), _made(_REQUESTS, plain, "ask"))


def reply_line(number: int, reply: Reply) -> bytes:
    return _line(f'"id":{number},"reply":"{type(reply).__name__}","with":{json_of(reply)}')


def events_line(run: str, events: Iterable[RunEvent]) -> bytes:
    return _line(f'"run":{json.dumps(run)},"events":[{",".join(map(encode, events))}]')


def read_from_engine(line: bytes) -> FromEngine:
    """Raises MessageError."""
    plain = _plain(line)
    if "events" in plain:
        try:
            found = [event_of(event) for event in plain["events"]]
            return Happened(str(plain["run"]), tuple(event for event in found if event is not None))
        except (KeyError, TypeError, ValueError) as error:
            raise MessageError(str(error)) from error
    return Answered(_number(plain), _made(_REPLIES, plain, "reply"))


def _line(members: str) -> bytes:
    return f'{{"v":{VERSION},{members}}}\n'.encode()


def _plain(line: bytes) -> dict[str, Any]:
    try:
        plain = json.loads(line.decode())
    except ValueError as error:
        raise MessageError(f"not JSON: {line[:80]!r}") from error
    if not isinstance(plain, dict):
        raise MessageError("not an object")
    found = cast("dict[str, Any]", plain)
    if found.get("v") != VERSION:
        raise MessageError(f"version {found.get('v')}, expected {VERSION}")
    return found


def _number(plain: Mapping[str, Any]) -> int:
    number = plain.get("id")
    if not isinstance(number, int):
        raise MessageError("no number")
    return number


def _made(kinds: Mapping[str, type[Any]], plain: Mapping[str, Any], name: str) -> Any:
    kind = kinds.get(str(plain.get(name)))
    if kind is None or not dataclasses.is_dataclass(kind):
        raise MessageError(f"unknown {name} {plain.get(name)}")
    try:
        return record_of(plain.get("with") or {}, kind)
    except (TypeError, ValueError, AttributeError) as error:
        raise MessageError(f"{name} {kind.__name__}: {error}") from error

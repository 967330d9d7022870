"""The signed note about the newest version: what it says, from when until when it holds, and by whose key."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from app.document import strict_json
from app.document.problem import ProblemError

FORMAT = "baton.version"
# Goes before what is signed, so that no other text signed with this key can pass for a note.
_PURPOSE = b"baton.version 1\n"
_RELEASE = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:(a|b|rc)(\d{1,6}))?")
_STAGES = {"a": 0, "b": 1, "rc": 2, None: 3}


class NotGenuineError(Exception):
    """It isn't signed by any of the keys, or isn't a note."""


@dataclass(frozen=True, slots=True)
class VersionNote:
    """Which version is the newest one, when that was said and until when it may be believed; times have zones."""

    version: str
    made: datetime
    until: datetime


def read_note(content: bytes, keys: Iterable[str]) -> VersionNote:
    """Believes nothing in it before the signature was checked. Raises NotGenuineError."""
    try:
        envelope, _ = strict_json.parse(content)
        words, signature = str(envelope["note"]).encode(), base64.b64decode(str(envelope["signature"]))
    except (ProblemError, KeyError, binascii.Error, ValueError) as error:
        raise NotGenuineError("no note") from error
    if not any(_is_signed(words, signature, key) for key in keys):
        raise NotGenuineError("signed by nobody who may")
    try:
        said, _ = strict_json.parse(words)
        note = VersionNote(str(said["version"]), _time(said["made"]), _time(said["until"]))
        order_of(note.version)
    except (ProblemError, KeyError, ValueError, TypeError) as error:
        raise NotGenuineError("not a note of this form") from error
    if said.get("format") != FORMAT:
        raise NotGenuineError("a note about something else")
    return note


def write_note(note: VersionNote, private_key: bytes) -> bytes:
    """The file that is published; `private_key` in its 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    said = {
        "format": FORMAT,
        "version": note.version,
        "made": note.made.astimezone(UTC).isoformat(timespec="seconds"),
        "until": note.until.astimezone(UTC).isoformat(timespec="seconds"),
    }
    words = json.dumps(said)
    signature = Ed25519PrivateKey.from_private_bytes(private_key).sign(_PURPOSE + words.encode())
    envelope = {"note": words, "signature": base64.b64encode(signature).decode()}
    return (json.dumps(envelope, indent=2) + "\n").encode()


def order_of(version: str) -> tuple[int, ...]:
    """Sorts versions as they follow each other: 1.2.0rc1 before 1.2.0. Raises ValueError where it is none of ours."""
    found = _RELEASE.fullmatch(version)
    if found is None:
        raise ValueError(version)
    first, second, third, stage, count = found.groups()
    return (int(first), int(second), int(third), _STAGES[stage], int(count or 0))


def _is_signed(words: bytes, signature: bytes, key: str) -> bool:
    # Takes time to load, and few ask.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(key)).verify(signature, _PURPOSE + words)
    except (InvalidSignature, ValueError):
        return False
    return True


def _time(said: Any) -> datetime:
    time = datetime.fromisoformat(cast("str", said))
    if time.tzinfo is None:
        raise ValueError(said)
    return time

"""Web addresses in settings: a host that is known before the run, and values that can't lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.sdk.references import fill, inputs_of

_FIXED_HOST = re.compile(r"https?://[^/?#{}\s\\@]+(?=[/?#]|$)", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\{[^{}]*\}\}")


def host_of(address: str) -> str:
    """The host, with its port where one is written, or DECIDED_WHILE_RUNNING where data has a say in it."""
    found = _FIXED_HOST.match(address.strip())
    return found.group().partition("://")[2].lower() if found else DECIDED_WHILE_RUNNING


def is_address(address: str) -> bool:
    """Whether it is an http address, or begins with a value that may be one."""
    text = address.strip()
    if inputs_of(text) and host_of(text) == DECIDED_WHILE_RUNNING:
        return True
    return host_of(text) != DECIDED_WHILE_RUNNING and _splits(_REFERENCE.sub("x", text))


def fill_address(address: str, inputs: Mapping[str, Value]) -> str:
    """The address with its values filled in: behind a fixed host each value is one encoded piece of path or query.

    Where the host itself comes from data, values stand as they are and the broker decides about the host.
    Raises NodeError `web.bad_address`, `reference.*`.
    """
    text = address.strip()
    decided = host_of(text) == DECIDED_WHILE_RUNNING
    filled = fill(text, inputs) if decided else fill(text, inputs, lambda value: quote(value, safe=""))
    if not _splits(filled):
        raise NodeError("web.bad_address", field="url", address=filled[:200])
    return filled


def with_query(address: str, pairs: Mapping[str, str]) -> str:
    """The address with more query values, each encoded, before a fragment."""
    if not pairs:
        return address
    start, hash_sign, fragment = address.partition("#")
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs.items())
    return f"{start}{'&' if '?' in start else '?'}{query}{hash_sign}{fragment}"


def _splits(text: str) -> bool:
    if any(character.isspace() or not character.isprintable() for character in text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return False

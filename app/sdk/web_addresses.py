"""Web addresses in settings: a host that is known before the run, and values that can't lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from app.sdk.data_types import Value
from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.sdk.references import fill, inputs_of

# Scheme and authority in plain sight: no reference, and no name or password, before the path begins.
_FIXED_START = re.compile(r"https?://[^/?#{}\s\\@]+(?=[/?#]|$)", re.IGNORECASE)
_REFERENCE = re.compile(r"\{\{[^{}]*\}\}")


def host_of(address: str) -> str:
    """The host as grants name it (lower case, ASCII, no port), or DECIDED_WHILE_RUNNING where data has a say in it."""
    found = _FIXED_START.match(address.strip())
    return (_host(found.group()) if found else "") or DECIDED_WHILE_RUNNING


def is_address(address: str) -> bool:
    """Whether it is an http address, or begins with a value that may be one."""
    text = address.strip()
    if host_of(text) == DECIDED_WHILE_RUNNING:
        return bool(inputs_of(text))
    return not any(sign.isspace() or not sign.isprintable() for sign in _REFERENCE.sub("", text))


def fill_address(address: str, inputs: Mapping[str, Value]) -> str:
    """The address with its values filled in: behind a fixed host each value is one encoded piece of path or query.

    Where the host itself comes from data, values stand as they are and the broker decides about the host.
    Raises NodeError `reference.*`.
    """
    if host_of(address) == DECIDED_WHILE_RUNNING:
        return fill(address, inputs).strip()
    return fill(address.strip(), inputs, _piece)


def with_query(address: str, pairs: Mapping[str, str]) -> str:
    """The address with more query values, each encoded, before a fragment."""
    if not pairs:
        return address
    start, hash_sign, fragment = address.partition("#")
    query = "&".join(
        f"{quote(name, safe='', errors='replace')}={quote(value, safe='', errors='replace')}"
        for name, value in pairs.items()
    )
    return f"{start}{'&' if '?' in start else '?'}{query}{hash_sign}{fragment}"


def _piece(text: str) -> str:
    # Dots alone would walk up the path, and no server reads them otherwise when they are encoded.
    return "_" if text in (".", "..") else quote(text, safe="", errors="replace")


def _host(start: str) -> str:
    """Empty where it can't be one."""
    try:
        parts = urlsplit(start)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
        return host if host.isascii() else host.encode("idna").decode()
    except ValueError:  # a port out of range, half a bracket, a label too long (UnicodeError is one, too)
        return ""

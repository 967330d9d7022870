"""What goes out: one HTTP request with its limits, where it may go, and what a redirect makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from yarl import URL

from app.adapters.addresses import Reach
from app.sdk.errors import NodeError

MIB = 1024 * 1024
# What may go along to another origin; everything else may be somebody's key.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "user-agent"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and bytes after decompression. `idle` is the longest silence, `total` covers the whole answer."""

    connect: float = 15
    idle: float = 30
    total: float = 120
    body: int = 20 * MIB
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request. `granted` says whether a host (as `host_of` gives it) may be reached, also for every redirect.

    `secrets` are headers for the first origin only. `keep`: the connection may serve the next request. Without
    `follow`, a redirect is the answer.
    """

    method: str
    url: str
    granted: Callable[[str], bool]
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    reach: Reach = "internet"
    keep: bool = True
    follow: bool = True
    limits: Limits = Limits()


def host_of(url: str) -> str:
    """The host of an http or https URL as grants name it: lower case, ASCII, without a dot at the end.

    Raises NodeError `net.bad_url`.
    """
    host = parsed_url(url).raw_host
    return (host or "").lower().rstrip(".")


@lru_cache(maxsize=1024)
def parsed_url(url: str) -> URL:
    """Raises NodeError `net.bad_url`."""
    try:
        parsed = URL(url)
        host, port, schemed = parsed.raw_host, parsed.port, parsed.scheme in {"http", "https"}
    except ValueError:
        raise NodeError("net.bad_url", url=url[:200]) from None
    # A name before the host is a password at best and a disguise at worst.
    if not host or port is None or not schemed or parsed.user is not None or parsed.password is not None:
        raise NodeError("net.bad_url", url=url[:200])
    return parsed


def redirected(hop: Outgoing, status: int, location: str) -> Outgoing:
    """The request that a redirect asks for; another origin gets no key, and nobody gets to leave https."""
    before = parsed_url(hop.url)
    try:
        url = str(before.join(URL(location)))
    except ValueError as error:
        raise NodeError("net.bad_url", url=location[:200]) from error
    after = parsed_url(url)
    if before.scheme == "https" and after.scheme != "https":
        raise NodeError("net.unsafe_redirect", host=host_of(url))
    to_get = status == 303 or (status in {301, 302} and hop.method == "POST")
    changed = replace(hop, method="GET", body=b"") if to_get and hop.method != "HEAD" else hop
    if after.origin() != before.origin():
        harmless = {name: value for name, value in hop.headers.items() if name.lower() in _HARMLESS}
        changed = replace(changed, headers=harmless, secrets={})
    return replace(changed, url=url)

"""The way to a file on a server: where a download may come from, hop by hop, and what its server says of it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from app.adapters.addresses import Reach
from app.adapters.connection import is_loopback
from app.adapters.egress import REDIRECTS, Egress, Incoming
from app.adapters.outgoing import Limits, Outgoing, host_of, redirected
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError

_MOST_HOPS = 5
_WEEK = 7 * 24 * 3600.0
_LARGEST = 4 * 2**40  # bytes; larger than any model
_LIMITS = Limits(connect=20, idle=60, total=_WEEK, body=_LARGEST)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
# Pages of model sites that show a file, and the address of the file itself.
_SHOWN = re.compile(r"^(https://(?:huggingface\.co|hf-mirror\.com)/[^/]+/[^/]+)/blob/", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file that begins to arrive: over which hosts, and what they say of it. `digest` is its SHA-256.

    `begins` is the first byte that comes, `size` the whole file's, None where nobody says. `validator` names this
    very version of the file; empty: its server can't tell versions apart.
    """

    reply: Incoming
    hosts: tuple[str, ...]
    digest: str
    begins: int
    size: int | None
    validator: str


def tidy_address(text: str) -> str:
    """The address of a file as it is asked for. Raises ProblemError `model.download_address`, `…_not_https`."""
    url = _SHOWN.sub(r"\1/resolve/", text.strip())
    if "://" not in url:
        url = f"https://{url}"
    try:
        host = host_of(url)
    except NodeError as error:
        raise ProblemError(Problem("model.download_address", field="url", args={"url": url[:200]})) from error
    if not _is_safe(url, host):
        raise ProblemError(Problem("model.download_not_https", field="url", args={"host": host}))
    return url


def file_of(url: str) -> str:
    """The name of the file at an address, without its ending; empty where the address has none."""
    name = unquote(urlsplit(url).path.rpartition("/")[2])
    stem, _, ending = name.rpartition(".")
    return stem if ending.lower() == "gguf" else ""


def tidy_digest(text: str) -> str:
    """A SHA-256 as we compare it; empty for none. Raises ProblemError `model.download_digest`."""
    digest = text.strip().lower().removeprefix("sha256:").removeprefix("sha-256:").strip()
    if digest and not _SHA256.fullmatch(digest):
        raise ProblemError(Problem("model.download_digest", field="sha256"))
    return digest


@asynccontextmanager
async def arriving(
    egress: Egress, url: str, headers: Mapping[str, str], granted: Callable[[str], bool]
) -> AsyncGenerator[Arrival]:
    """Asks for a file. Each redirect is looked at: https only, no way back into own networks, granted hosts only.

    Raises NodeError `net.*`, ProblemError `model.download_*`.
    """
    first = host_of(url)
    asked = {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
    hosts: list[str] = []
    digest = ""
    hop = Outgoing("GET", url, granted, asked, reach=_reach(first, first), keep=False, limits=_LIMITS)
    for _ in range(_MOST_HOPS + 1):
        host = host_of(hop.url)
        hosts += [] if host in hosts else [host]
        hop = replace(hop, follow=False, reach=_reach(host, first), headers=asked)
        with await egress.send(hop) as reply:
            digest = digest or said_digest(reply.headers)
            location = reply.headers.get("location") if reply.status in REDIRECTS else None
            if location is None:
                _check(reply, host)
                begins, size = _extent(reply)
                yield Arrival(reply, tuple(hosts), digest, begins, size, _validator(reply.headers))
                return
            hop = redirected(hop, reply.status, location)
        if not _is_safe(hop.url, host_of(hop.url)):
            raise NodeError("net.unsafe_redirect", host=host_of(hop.url))
    raise NodeError("net.too_many_redirects", host=first, limit=_MOST_HOPS)


def said_digest(headers: Mapping[str, str]) -> str:
    """The SHA-256 of the whole file that a server tells: RFC 9530, RFC 3230, or in the way of model sites; else ""."""
    linked = headers.get("x-linked-etag", "").strip('"').lower()
    if _SHA256.fullmatch(linked):
        return linked
    for name in ("repr-digest", "digest"):
        for part in headers.get(name, "").split(","):
            kind, _, value = part.strip().partition("=")
            if kind.lower() == "sha-256":
                try:
                    found = base64.b64decode(value.strip(":"), validate=True).hex()
                except (binascii.Error, ValueError):
                    continue
                if _SHA256.fullmatch(found):
                    return found
    return ""


def _is_safe(url: str, host: str) -> bool:
    return url.lower().startswith("https://") or is_loopback(host)


def _reach(host: str, first: str) -> Reach:
    """The host that the person named may lie in their own networks; wherever it leads may not."""
    if is_loopback(first) and is_loopback(host):
        return "loopback"
    return "local" if host == first else "internet"


def _check(reply: Incoming, host: str) -> None:
    if reply.status not in (200, 206, 416):
        again = reply.status in (408, 425, 429) or reply.status >= 500
        if again:
            raise NodeError("net.unreachable", host=host, detail=str(reply.status))
        raise ProblemError(Problem("model.download_refused", args={"host": host, "status": reply.status}))
    if reply.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProblemError(Problem("model.download_packed", args={"host": host}))


def _extent(reply: Incoming) -> tuple[int, int | None]:
    """The first byte and the size of the whole, as the server says."""
    if reply.status == 206:
        match = _RANGE.fullmatch(reply.headers.get("content-range", "").strip())
        if match is None:
            return -1, None
        return int(match[1]), None if match[3] == "*" else int(match[3])
    length = reply.headers.get("content-length", "")
    return 0, int(length) if length.isascii() and length.isdigit() else None


def _validator(headers: Mapping[str, str]) -> str:
    """What If-Range takes (RFC 9110, 13.1.5): a strong entity tag, else the time of the last change."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified", "")

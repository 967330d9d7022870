"""What a model is that lies on a server, found out before it is downloaded: by its first bytes."""

from __future__ import annotations

from dataclasses import dataclass

from app.adapters.download_ways import arriving, file_of, tidy_address, tidy_digest
from app.adapters.egress import Egress
from app.adapters.gguf_facts import GgufFacts, facts_of
from app.adapters.gguf_header import GgufError, read_beginning
from app.document.problem import Problem, ProblemError
from app.sdk.errors import NodeError

MOST_READ = 32 * 2**20  # bytes; headers with the largest vocabularies stay below
_TRIES = (2**16, 2**20, 4 * 2**20, 12 * 2**20)  # bytes after which it is looked whether the header is whole


@dataclass(frozen=True, slots=True)
class ModelOffer:
    """A model that could be downloaded. `size` in bytes, None: the server doesn't say. `digest` is its SHA-256.

    `digest_by` tells who gave it: you or server, "" where nobody did. `hosts` are those that the file comes over,
    the one that was asked first. `resumes`: the server can go on where a download broke off.
    """

    url: str
    name: str
    size: int | None
    facts: GgufFacts
    digest: str = ""
    digest_by: str = ""
    hosts: tuple[str, ...] = ()
    resumes: bool = False


async def look_at(egress: Egress, address: str, digest: str = "") -> ModelOffer:
    """Asks a server for the beginning of a model file; nothing is written. Raises ProblemError."""
    url, given = tidy_address(address), tidy_digest(digest)
    try:
        async with arriving(
            egress, url, {"Range": f"bytes=0-{MOST_READ - 1}"}, lambda _host: True
        ) as arrival:
            if arrival.begins != 0 or arrival.reply.status == 416:
                raise ProblemError(Problem("model.download_not_file", args={"host": arrival.hosts[-1]}))
            beginning = bytearray()
            name = file_of(url) or file_of(arrival.reply.url)
            async for chunk in arrival.reply.chunks():
                beginning += chunk
                if len(beginning) >= MOST_READ or _is_enough(beginning, len(chunk), arrival.size):
                    break
    except NodeError as error:
        raise ProblemError(Problem(error.code, args=error.args_by_name)) from error
    facts = _facts(beginning, arrival.size, name or "model", arrival.hosts[-1])
    said = given or arrival.digest
    return ModelOffer(
        url,
        name or facts.name,
        arrival.size,
        facts,
        said,
        ("you" if given else "server") if said else "",
        arrival.hosts,
        resumes=arrival.reply.status == 206 and bool(arrival.validator),
    )


def _is_enough(beginning: bytearray, new: int, size: int | None) -> bool:
    """Whether the header is whole, or these can't become one; looked at only now and then, since that takes time."""
    before = len(beginning) - new
    if not any(before < mark <= len(beginning) for mark in _TRIES):
        return False
    try:
        return read_beginning(bytes(beginning), size).is_whole
    except GgufError:
        return True


def _facts(beginning: bytearray, size: int | None, name: str, host: str) -> GgufFacts:
    try:
        return facts_of(read_beginning(bytes(beginning), size), name)
    except GgufError as error:
        raise ProblemError(Problem("model.download_not_model", args={"host": host})) from error

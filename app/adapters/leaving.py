"""Whether a request of a session has begun to leave, as aiohttp tells it: a session says nothing of that itself."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from aiohttp import ClientSession, TraceConfig, TraceRequestHeadersSentParams


@dataclass(slots=True)
class Leaving:
    """Of one request: given to the session as its `trace_request_ctx`. What asks a proxy for a way isn't it."""

    has_begun: bool = False


def leaving_told() -> TraceConfig:
    """For a session that is to tell it."""
    told = TraceConfig()
    told.on_request_headers_sent.append(_leaves)
    return told


async def _leaves(_: ClientSession, context: SimpleNamespace, __: TraceRequestHeadersSentParams) -> None:
    leaving = context.trace_request_ctx
    if isinstance(leaving, Leaving):
        leaving.has_begun = True

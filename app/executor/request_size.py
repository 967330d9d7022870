"""How much a model has to read for a request, in bytes of text, and about how many tokens that may come to."""

from __future__ import annotations

import json

from app.costs.usage import Usage
from app.sdk.gateway import ChatRequest, EmbedRequest, ScoreRequest

BYTES_A_TOKEN_ABOUT = 4
BYTES_A_TOKEN_LEAST = 2  # a reservation must not be too small
_OUTPUT_ABOUT = 1000  # tokens that an answer without a maximum is taken to have
_OUTPUT_MOST = 4096  # the same, where money is reserved for it


def bytes_of(request: ChatRequest) -> int:
    """The messages, and the schema and tools that go along."""
    size = 0
    for message in request.messages:
        size += length(message.content)
        if message.tool_calls:
            size += length(*[call.arguments for call in message.tool_calls])
    for tool in request.tools:
        size += length(json.dumps([tool.name, tool.description, tool.parameters]))
    return size + length(json.dumps(request.schema)) if request.schema else size


def tokens_about(request: ChatRequest | ScoreRequest | EmbedRequest) -> int:
    """Tokens read and written, for rates: neither the least nor the most."""
    if isinstance(request, ScoreRequest):
        return length(request.prompt) // BYTES_A_TOKEN_ABOUT + len(request.labels)
    if isinstance(request, EmbedRequest):
        return length(*request.texts) // BYTES_A_TOKEN_ABOUT
    return bytes_of(request) // BYTES_A_TOKEN_ABOUT + output_about(request)


def at_most(sent: int, max_tokens: int | None) -> Usage:
    """What a chat may use at the utmost, of which so many bytes are sent."""
    return Usage(sent // BYTES_A_TOKEN_LEAST + 16, max_tokens or _OUTPUT_MOST)


def output_about(request: ChatRequest) -> int:
    """Tokens that the answer may have, where nobody has seen it."""
    return request.max_tokens or _OUTPUT_ABOUT


def length(*texts: str) -> int:
    """Bytes."""
    return sum([len(text) if text.isascii() else len(text.encode(errors="replace")) for text in texts])

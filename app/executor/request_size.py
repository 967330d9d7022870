"""How much a model has to read for a request, in bytes of text, and about how many tokens that may come to."""

from __future__ import annotations

import json

from app.sdk.gateway import ChatRequest, EmbedRequest, ScoreRequest

BYTES_A_TOKEN_ABOUT = 4
_OUTPUT_ABOUT = 1000  # tokens that an answer without a maximum is taken to have


def bytes_of(request: ChatRequest) -> int:
    """The messages, and the schema and tools that go along."""
    texts = [message.content for message in request.messages]
    texts += [call.arguments for message in request.messages for call in message.tool_calls]
    texts += [json.dumps([tool.name, tool.description, tool.parameters]) for tool in request.tools]
    if request.schema:
        texts.append(json.dumps(request.schema))
    return length(*texts)


def tokens_about(request: ChatRequest | ScoreRequest | EmbedRequest) -> int:
    """Tokens read and written, for rates: neither the least nor the most."""
    if isinstance(request, ScoreRequest):
        return length(request.prompt) // BYTES_A_TOKEN_ABOUT + len(request.labels)
    if isinstance(request, EmbedRequest):
        return length(*request.texts) // BYTES_A_TOKEN_ABOUT
    return bytes_of(request) // BYTES_A_TOKEN_ABOUT + output_about(request)


def output_about(request: ChatRequest) -> int:
    """Tokens that the answer may have, where nobody has seen it."""
    return request.max_tokens or _OUTPUT_ABOUT


def length(*texts: str) -> int:
    """Bytes."""
    return sum(len(text.encode(errors="replace")) for text in texts)

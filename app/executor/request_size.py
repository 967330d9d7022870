"""How much a model has to read for a request, in bytes of text, and how many tokens that may be: about and at most.

At most is one token a byte: tokenizers begin with single bytes, or fall back on them, and join what they know. Digits,
random letters and emoji come close to that, sentences to a quarter of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from app.costs.usage import Usage
from app.sdk.gateway import ChatMessage, ChatRequest, EmbedRequest, ScoreRequest

BYTES_A_TOKEN_ABOUT = 4
_OUTPUT_ABOUT = 1000  # tokens that an answer without a maximum is taken to have
_OUTPUT_MOST = 4096  # the same, where money is reserved for it
# Tokens that are read beside the texts, where money is reserved for them.
_AROUND_A_CHAT = (
    96  # the beginning of a chat, and what the template of some models says before its first turn
)
_AROUND_A_TURN = 8  # who says it, and where it ends
_AROUND_TOOLS = 600  # what providers say about tools, or about a form that an answer has to have
_AROUND_A_TOOL = 80  # the words of JSON by which a tool is described
_AROUND_A_TEXT = 16  # of a label that is scored, and of a text for an embedding


def bytes_of(request: ChatRequest) -> int:
    """The messages, and the schema and tools that go along."""
    size = 0
    for message in request.messages:
        size += _bytes(message.content)
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


def chat_at_most(request: ChatRequest, sent: int) -> Usage:
    """What a chat may use at the utmost, of which so many bytes are sent. Without a maximum nobody knows how long an
    answer gets: it is assumed.
    """
    around = _AROUND_A_CHAT + _AROUND_A_TURN * len(request.messages)
    for message in request.messages:
        if message.tool_call_id or message.tool_calls:
            around += length(*_ids(message))
    if request.tools or request.schema:
        around += _AROUND_TOOLS + _AROUND_A_TOOL * len(request.tools)
    return Usage(sent + around, request.max_tokens or _OUTPUT_MOST)


def prompt_at_most(sent: int, max_tokens: int | None) -> Usage:
    """The same for a chat of a system's and a person's turn, of which only is known how many bytes are sent."""
    around = _AROUND_A_CHAT + 2 * _AROUND_A_TURN + _AROUND_TOOLS
    return Usage(sent + around, max_tokens or _OUTPUT_MOST)


def score_at_most(request: ScoreRequest) -> Usage:
    """What scoring may use at the utmost."""
    questions = len(request.labels)
    return Usage(bytes_of_labels(request) + _AROUND_A_TEXT * questions, questions)


def embed_at_most(request: EmbedRequest) -> Usage:
    """What vectors for some texts may use at the utmost."""
    return Usage(length(*request.texts) + _AROUND_A_TEXT * (len(request.texts) + 1))


def bytes_of_labels(request: ScoreRequest) -> int:
    """Where the server is asked once a label, each question has the whole prompt."""
    return sum(length(request.prompt, label) for label in request.labels)


def output_about(request: ChatRequest) -> int:
    """Tokens that the answer may have, where nobody has seen it."""
    return request.max_tokens or _OUTPUT_ABOUT


def length(*texts: str) -> int:
    """Bytes."""
    return sum(map(_bytes, texts))


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _ids(message: ChatMessage) -> Iterator[str]:
    """The names by which calls of tools and their answers go."""
    yield message.tool_call_id
    for call in message.tool_calls:
        yield call.id
        yield call.name

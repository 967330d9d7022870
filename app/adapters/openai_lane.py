"""The lean lane: chat over HTTP with every server that speaks the OpenAI dialect, this computer's own included."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

import msgspec

from app.adapters.addresses import Reach
from app.adapters.connection_kinds import OPENAI, Dialect
from app.adapters.egress import Egress, Incoming, Prepared
from app.adapters.embeddings import embed_fields, embed_reply_of
from app.adapters.model_errors import as_model_errors, refusal, refusal_inside
from app.adapters.openai_reply import Plain, StreamedReply, reply_of
from app.adapters.openai_request import request_fields
from app.adapters.outgoing import Limits, Outgoing, host_of
from app.adapters.prompt_keeping import PromptKeeping
from app.adapters.prompt_marks import NO_ROLE, mark
from app.adapters.sse import EventData
from app.adapters.usual_reply import usual_reply
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest, EmbedReply, EmbedRequest

# An answer that is not streamed comes all at once after a long silence, so silence has no limit of its own there.
WHOLE = Limits(idle=120, total=120, redirects=2)
WHOLE_LOCAL = Limits(idle=900, total=900, redirects=2)
SILENCE = 30.0  # seconds between two pieces, once the first is here
_DONE = b"[DONE]"
_MOST_SERVERS = 64  # that are remembered
Hear: TypeAlias = Callable[[Mapping[str, str]], None]  # gets the headers of a good answer


@dataclass(frozen=True, slots=True)
class Server:
    """Where an OpenAI dialect is spoken, with the key that goes there and nowhere else.

    `url` ends before /chat/completions. `streams`: always stream, since only so a call can be stopped.
    `marked` are the roles whose messages may say that the prompt is to be kept up to there.
    """

    connection: str
    url: str
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    reach: Reach = "internet"
    dialect: Dialect = OPENAI
    streams: bool = False
    marked: frozenset[str] = NO_ROLE

    @property
    def is_keyless(self) -> bool:
        """Whether nothing goes along that could be a key."""
        return not self.key and not self.headers

    def outgoing(self, method: str, path: str, body: bytes = b"", *, keep: bool = True) -> Outgoing:
        """A request to this server alone."""
        host = host_of(self.url)
        return Outgoing(
            method,
            self.url + path,
            granted=host.__eq__,
            headers={"Content-Type": "application/json"} if body else {},
            secrets={**self.headers, "Authorization": f"Bearer {self.key}"} if self.key else self.headers,
            body=body,
            reach=self.reach,
            keep=keep,
            limits=WHOLE if self.reach == "internet" else WHOLE_LOCAL,
        )


class OpenAiLane:
    """Chat completions over one egress door. `silence` is the longest wait between two pieces, in seconds."""

    def __init__(self, egress: Egress, silence: float = SILENCE) -> None:
        self._egress = egress
        self._silence = silence
        self._keeping = PromptKeeping()
        # llama.cpp closes a connection after a stream without having said so: the next request would fail on it.
        self._closing: set[str] = set()
        # By address and whether the connection is kept: what the same server was asked before.
        self._prepared: dict[tuple[str, bool], tuple[Server, Prepared]] = {}

    async def chat(
        self, server: Server, model: str, request: ChatRequest, hear: Hear | None = None
    ) -> ChatReply:
        """One call, streamed where someone looks or where stopping needs it. Raises NodeError `model.*`, `net.*`."""
        begun = time.perf_counter()
        stream = server.streams or request.on_text is not None
        fields = request_fields(request, model, server.dialect, stream=stream)
        if server.marked:
            self._mark(fields["messages"], server, model, request)
        body = _json(fields)
        keep = not (stream and (server.streams or server.url in self._closing))
        way = self._way(server, keep=keep)
        with as_model_errors(server.connection, model), await self._egress.send_prepared(way, body) as answer:
            if answer.headers.get("server") == "llama.cpp":
                self._closing.add(server.url)
            if answer.status != 200:
                raise await _refused(answer, server, model)
            if hear is not None:
                hear(answer.headers)
            # Some servers stream unasked.
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                reply = await self._collect(answer, server, model, request)
                return reply.reply(time.perf_counter() - begun)
            return self._whole(await answer.read(), server, model, request, begun)

    async def embed(
        self, server: Server, model: str, request: EmbedRequest, hear: Hear | None = None
    ) -> EmbedReply:
        """One call. Raises NodeError `model.*`, `net.*`."""
        begun = time.perf_counter()
        outgoing = server.outgoing("POST", "/embeddings", json.dumps(embed_fields(request, model)).encode())
        with as_model_errors(server.connection, model), await self._egress.send(outgoing) as answer:
            if answer.status != 200:
                raise await _refused(answer, server, model)
            if hear is not None:
                hear(answer.headers)
            body = _object(await answer.read(), server, model)
            seconds, texts = time.perf_counter() - begun, len(request.texts)
            return embed_reply_of(body, seconds, model, texts, server.dialect.bill)

    async def get(self, server: Server, path: str, question: bytes = b"") -> Plain:
        """A JSON object from this server, where need be as the answer to one. Raises NodeError `model.*`, `net.*`."""
        with as_model_errors(server.connection, ""):
            outgoing = server.outgoing("POST" if question else "GET", path, question)
            with await self._egress.send(outgoing) as answer:
                if answer.status != 200:
                    raise await _refused(answer, server, "")
                return _object(await answer.read(), server, "")

    async def reach(self, server: Server) -> None:
        """Whether this server answers and takes the key, whatever it answers. Raises NodeError `model.*`, `net.*`."""
        outgoing = server.outgoing("GET", "")
        with as_model_errors(server.connection, ""), await self._egress.send(outgoing) as answer:
            if answer.status in {401, 402, 403} or answer.status >= 500:
                raise await _refused(answer, server, "")

    def _mark(self, messages: list[dict[str, Any]], server: Server, model: str, request: ChatRequest) -> None:
        """Up to where the server is to keep the prompt; a wish for JSON may stand before the request's own messages."""
        first = len(messages) - len(request.messages)
        for at in self._keeping.marks(f"{server.url} {server.key} {model}", request, server.marked):
            mark(messages[first + at])

    def _way(self, server: Server, *, keep: bool) -> Prepared:
        """To where this server chats; found out once for each server that the gateway makes."""
        place = (server.url, keep)
        known = self._prepared.get(place)
        if known is not None and known[0] is server:
            return known[1]
        if len(self._prepared) >= _MOST_SERVERS:
            self._prepared.clear()
        prepared = self._egress.prepare(server.outgoing("POST", "/chat/completions", b"{}", keep=keep))
        self._prepared[place] = server, prepared
        return prepared

    def _whole(
        self, data: bytes, server: Server, model: str, request: ChatRequest, begun: float
    ) -> ChatReply:
        bill, seconds = server.dialect.bill, time.perf_counter() - begun
        reply = None if bill else usual_reply(data, seconds, model)
        if reply is None:
            body = _object(data, server, model)
            if body.get("error") and not body.get("choices"):
                raise refusal_inside(body["error"], connection=server.connection, model=model)
            reply = reply_of(body, seconds, model, bill)
        if request.on_text and reply.text:
            request.on_text(reply.text)
        return reply

    async def _collect(
        self, answer: Incoming, server: Server, model: str, request: ChatRequest
    ) -> StreamedReply:
        reply, events = StreamedReply(model, server.dialect.bill), EventData()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as silence:
                async for chunk in answer.chunks():
                    silence.reschedule(loop.time() + self._silence)
                    for data in events.feed(chunk):
                        if data == _DONE:
                            return reply
                        _take(reply, data, server, model, request)
                    if reply.is_enough:
                        return reply
        except TimeoutError as error:
            raise NodeError("net.timeout") from error
        for data in events.end():
            if data != _DONE and data.endswith(b"}"):  # else it was cut in the middle
                _take(reply, data, server, model, request)
        if not reply.is_finished:
            raise NodeError("model.stream_cut", connection=server.connection, model=model)
        return reply


async def _refused(answer: Incoming, server: Server, model: str) -> NodeError:
    body = await answer.read()
    error = refusal(answer.status, answer.headers, body, connection=server.connection, model=model)
    if error.code == "model.key_refused" and server.is_keyless:
        error.code = "model.key_wanted"
    return error


def _take(reply: StreamedReply, data: bytes, server: Server, model: str, request: ChatRequest) -> None:
    piece = _object(data, server, model)
    if piece.get("error"):
        raise refusal_inside(piece["error"], connection=server.connection, model=model)
    text = reply.add(piece)
    if text and request.on_text:
        request.on_text(text)


def _object(data: bytes, server: Server, model: str) -> Plain:
    try:
        body: Any = msgspec.json.decode(data)
    except (msgspec.DecodeError, ValueError, RecursionError):
        body = _forgiving(data)
    if not isinstance(body, dict):
        raise NodeError("model.bad_reply", connection=server.connection, model=model)
    return cast("Plain", body)


def _forgiving(data: bytes) -> Any:
    """As Python reads JSON: with halves of characters, which come in pieces, and with numbers that are none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _json(fields: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(fields)
    except (UnicodeEncodeError, TypeError):  # half of a character; a schema of other mappings than dicts
        return json.dumps(fields).encode()

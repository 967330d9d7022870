"""A real HTTP server on loopback that says what a test wants, in the dialects of five providers."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.servers import answers
from tests.servers.answers import Answer, Dialect

KEY = "right-key-0123456789"
MODELS = ("tiny-1", "big-2")


@dataclass
class Asked:
    """A request as the server got it."""

    dialect: Dialect
    path: str
    headers: dict[str, str]
    body: Any
    at: float = field(default_factory=time.monotonic)


@dataclass
class ScriptedServer:
    """`script` holds the coming answers; when it is empty, `default` is given. `asked` keeps the requests.

    Where the script is empty, `by_host` answers for the host that was asked. `most_at_once` is how many calls it had to
    answer at the same time.
    """

    default: Answer = field(default_factory=Answer)
    script: deque[Answer] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    by_host: dict[str, Callable[[Any], Answer]] = field(default_factory=dict)
    hung_up: asyncio.Event = field(
        default_factory=asyncio.Event
    )  # a client left before its answer was complete
    port: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/{dialect}/v1/models", self._models)
        app.router.add_get("/gemini/v1beta/models", self._gemini_models)
        app.router.add_post("/openai/v1/chat/completions", self._counted(self._chat))
        app.router.add_post("/openai/v1/embeddings", self._counted(self._embed))
        app.router.add_post("/openai/v1/completions", self._counted(self._echo))
        app.router.add_post("/azure/openai/deployments/{model}/chat/completions", self._counted(self._chat))
        app.router.add_post("/anthropic/v1/messages", self._counted(self._chat))
        app.router.add_post("/gemini/v1beta/models/{model}", self._counted(self._chat))
        app.router.add_post("/bedrock/model/{model}/converse", self._counted(self._chat))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    def url(self, dialect: Dialect) -> str:
        """What a person would type as this provider's address."""
        path = {
            "openai": "/openai/v1",
            "azure": "/azure",
            "anthropic": "/anthropic",
            "gemini": "/gemini/v1beta",
        }
        return f"http://127.0.0.1:{self.port}{path.get(dialect, '/bedrock')}"

    def say(self, *coming: Answer) -> None:
        self.script.extend(coming)

    def _counted(
        self, answer: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def counted(request: web.Request) -> web.StreamResponse:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            try:
                return await answer(request)
            finally:
                self.at_once -= 1

        return counted

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        dialect: Dialect = request.path.split("/")[1]  # type: ignore[assignment]
        body = await request.json()
        self.asked.append(Asked(dialect, request.path_qs, dict(request.headers), body))
        name, _, verb = request.match_info.get("model", body.get("model", "")).partition(":")
        by_host = self.by_host.get(request.host.partition(":")[0])
        answer = self.script.popleft() if self.script else by_host(body) if by_host else self.default
        await asyncio.sleep(answer.seconds)
        if not _has_key(dialect, request):
            answer = Answer(fault="key")
        streamed = bool(body.get("stream")) or verb.startswith("stream")
        if answer.fault not in {None, "cut", "stall"}:
            return await self._fail(request, dialect, answer, name)
        if not streamed:
            return web.json_response(answers.whole(dialect, answer, name), headers=answer.headers)
        return await self._stream(request, dialect, answer, name, body)

    async def _stream(
        self, request: web.Request, dialect: Dialect, answer: Answer, name: str, body: Any
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", **answer.headers})
        await response.prepare(request)
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        events = list(answers.stream(dialect, answer, name, with_usage=with_usage))
        try:
            for data in events[: 3 if answer.fault else None]:
                await response.write(data)
            if answer.fault == "stall":
                await _until_gone(request)
                self.hung_up.set()
            if answer.fault == "cut":
                await response.write(events[3][: len(events[3]) // 2])
                assert request.transport is not None
                request.transport.close()
        except ConnectionError:
            self.hung_up.set()
        return response

    async def _fail(
        self, request: web.Request, dialect: Dialect, answer: Answer, name: str
    ) -> web.StreamResponse:
        assert answer.fault is not None
        if answer.fault == "hang":
            await _until_gone(request)
            self.hung_up.set()
            return web.Response()
        if answer.fault == "html":
            page = "<html><head><title>502</title></head><body>Bad gateway</body></html>"
            return web.Response(text=page, content_type="text/html")
        if answer.fault == "nonsense":
            return web.json_response({"hello": ["world"]})
        status, body = answers.error(dialect, answer.fault, name)
        return web.json_response(body, status=status, headers=answer.headers)

    async def _models(self, request: web.Request) -> web.Response:
        dialect: Dialect = request.match_info["dialect"]  # type: ignore[assignment]
        self.asked.append(Asked(dialect, request.path_qs, dict(request.headers), None))
        if not _has_key(dialect, request):
            status, body = answers.error(dialect, "key", "")
            return web.json_response(body, status=status)
        rows = [{"id": name, "object": "model", "type": "model", "display_name": name} for name in MODELS]
        return web.json_response({"object": "list", "data": rows, "has_more": False})

    async def _gemini_models(self, request: web.Request) -> web.Response:
        self.asked.append(Asked("gemini", request.path_qs, dict(request.headers), None))
        if not _has_key("gemini", request):
            status, body = answers.error("gemini", "key", "")
            return web.json_response(body, status=status)
        can = {"supportedGenerationMethods": ["generateContent"]}
        rows = [{"name": f"models/{name}", **can} for name in MODELS]
        rows.append({"name": "models/embedder", "supportedGenerationMethods": ["embedContent"]})
        return web.json_response({"models": rows})

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        """Three numbers for each text: its length, its words, its last letter; backwards, as the order may be."""
        body = await request.json()
        self.asked.append(Asked("openai", request.path_qs, dict(request.headers), body))
        answer = self.script.popleft() if self.script else self.default
        if not _has_key("openai", request):
            answer = Answer(fault="key")
        if answer.fault is not None:
            return await self._fail(request, "openai", answer, body["model"])
        rows = [
            {
                "object": "embedding",
                "index": i,
                "embedding": [len(text), text.count(" ") + 1, ord(text[-1]) / 1000],
            }
            for i, text in enumerate(body["input"])
        ]
        said: dict[str, Any] = {"object": "list", "data": rows[::-1], "model": answer.model or body["model"]}
        if answer.usage is not None:
            said["usage"] = {"prompt_tokens": answer.usage.input, "total_tokens": answer.usage.input}
        return web.json_response(said | answer.extra, headers=answer.headers)

    async def _echo(self, request: web.Request) -> web.Response:
        """Completions with the prompt's own log probabilities, one token a word, likelier the shorter it is."""
        body = await request.json()
        self.asked.append(Asked("openai", request.path_qs, dict(request.headers), body))
        await asyncio.sleep(self.default.seconds)
        if not body.get("echo"):
            return web.json_response({"error": {"message": "echo is needed here"}}, status=400)
        if self.script and self.script.popleft().fault:
            return web.json_response({"error": {"message": "Something went wrong"}}, status=500)
        tokens, offsets, at = [], [], 0
        for word in body["prompt"].replace(" ", "\0 ").split("\0"):
            tokens.append(word)
            offsets.append(at)
            at += len(word)
        logprobs = [None, *(-float(len(token)) / 4 for token in tokens[1:])]
        found = {"tokens": tokens, "token_logprobs": logprobs, "text_offset": offsets, "top_logprobs": None}
        usage = {"prompt_tokens": len(tokens), "completion_tokens": 1, "total_tokens": len(tokens) + 1}
        return web.json_response(
            {"model": body["model"], "choices": [{"text": body["prompt"], "logprobs": found}], "usage": usage}
        )


async def _until_gone(request: web.Request) -> None:
    """Until the client closes its end, which no event tells."""
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


def _has_key(dialect: Dialect, request: web.Request) -> bool:
    names = {"anthropic": "x-api-key", "gemini": "x-goog-api-key", "azure": "api-key"}
    value = request.headers.get(names.get(dialect, "Authorization"), "")
    return value.removeprefix("Bearer ") == KEY or request.query.get("key") == KEY


async def _serve() -> None:
    async with ScriptedServer() as server:
        print(json.dumps({"port": server.port}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())

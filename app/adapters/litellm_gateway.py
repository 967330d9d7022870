"""The lane for every dialect but OpenAI's: litellm, imported when first needed, all its requests through egress."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

from msgspec import structs

from app.adapters.addresses import Reach
from app.adapters.egress import Egress
from app.adapters.embeddings import embed_reply_of
from app.adapters.model_errors import as_model_errors, refusal, refusal_inside
from app.adapters.openai_lane import SILENCE, WHOLE, Hear
from app.adapters.openai_reply import StreamedReply, reply_of
from app.adapters.openai_request import messages_of, schema_format, tools_of
from app.adapters.prompt_keeping import PromptKeeping
from app.adapters.prompt_marks import MARK, NO_ROLE
from app.adapters.provider_bill import StreamedBill, bill_of
from app.adapters.redaction import redact
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatReply, ChatRequest, EmbedReply, EmbedRequest

if TYPE_CHECKING:
    from app.adapters.httpx_egress import Route

# Read while it is imported: keep its price list local, read no .env file, ask no server for anything.
_BEFORE_IMPORT = {
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_RUST": "False",
}
_STREAMED = ("text/event-stream", "application/vnd.amazon.eventstream")
_WHOLE_BODIES = ("application/json",)
# The one dialect that all models of a provider have in common; by itself litellm takes it only for those it knows.
_ROUTES = {"bedrock": "bedrock/converse"}
_LAST_WORDS = 2.0  # seconds that it may take to finish
_log = logging.getLogger(__name__)
_importing = Lock()
_loaded: Any = None


@dataclass(frozen=True, slots=True)
class Account:
    """A provider as one call needs it. `provider` is litellm's name; `options` are what this provider wants besides.
    `marked` are the roles whose messages may say that the prompt is to be kept up to there.
    """

    connection: str
    provider: str
    url: str
    key: str
    reach: Reach = "internet"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    marked: frozenset[str] = NO_ROLE


class LitellmLane:
    """Chat with every provider that doesn't speak OpenAI's dialect, or whose address only litellm knows."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._keeping = PromptKeeping()

    async def chat(
        self, account: Account, model: str, request: ChatRequest, hear: Hear | None = None
    ) -> ChatReply:
        """One call, streamed where someone looks. Raises NodeError `model.*`, `net.*`."""
        litellm = await load()
        from app.adapters.httpx_egress import Route, routed

        begun = time.perf_counter()
        stream = request.on_text is not None
        fields = _fields(account, model, request, stream=stream)
        if account.marked:
            place = f"{account.url} {account.key} {model}"
            for at in self._keeping.marks(place, request, account.marked):
                fields["messages"][at]["cache_control"] = MARK
        kinds = _STREAMED if stream else _WHOLE_BODIES
        bill = StreamedBill(bill_of(account.provider))
        tap = bill.feed if stream and bill.way else None
        route = Route(self._egress, account.url, account.reach, WHOLE, kinds, hear, tap)
        with as_model_errors(account.connection, model):
            try:
                async with routed(route), asyncio.timeout(WHOLE.total) as limit:
                    answer = await litellm.acompletion(**fields)
                    if stream:
                        reply = await _collect(answer, route, limit, model, request, begun)
                        return structs.replace(reply, billed=bill.amount)
                    body = _honest(answer.model_dump())
                    return reply_of(body, time.perf_counter() - begun, model, bill.way)
            except NodeError:
                raise
            except Exception as error:
                raise _failure(error, route, account, model) from error

    async def embed(
        self, account: Account, model: str, request: EmbedRequest, hear: Hear | None = None
    ) -> EmbedReply:
        """One call. Raises NodeError `model.*`, `net.*`."""
        litellm = await load()
        from app.adapters.httpx_egress import Route, routed

        begun = time.perf_counter()
        fields = {**_account_fields(account, model), "input": list(request.texts)}
        if request.dimensions is not None:
            fields["dimensions"] = request.dimensions
        route = Route(self._egress, account.url, account.reach, WHOLE, _WHOLE_BODIES, hear)
        with as_model_errors(account.connection, model):
            try:
                async with routed(route), asyncio.timeout(WHOLE.total):
                    body = _honest((await litellm.aembedding(**fields)).model_dump())
                    seconds, bill = time.perf_counter() - begun, bill_of(account.provider)
                    return embed_reply_of(body, seconds, model, len(request.texts), bill)
            except NodeError:
                raise
            except Exception as error:
                raise _failure(error, route, account, model) from error

    async def close(self) -> None:
        """Lets litellm finish what it does after calls, so that nothing is left when the loop closes."""
        if _loaded is not None:
            from litellm.litellm_core_utils.logging_worker import GLOBAL_LOGGING_WORKER

            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORDS):
                    await GLOBAL_LOGGING_WORKER.flush()
            GLOBAL_LOGGING_WORKER.start()  # binds it to this loop, or it would stop tasks of another
            await GLOBAL_LOGGING_WORKER.stop()


async def load() -> Any:
    """The litellm module, set up. The first call takes seconds of CPU, in a thread of its own."""
    if _loaded is not None:
        return _loaded
    # Shielded: a call that is cancelled meanwhile must not spoil it for the next.
    return await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, _import))


def _import() -> Any:
    global _loaded  # noqa: PLW0603 - a module is imported once a process
    with _importing:
        if _loaded is None:
            os.environ.update(_BEFORE_IMPORT)
            import litellm

            _set_up(litellm)
            _loaded = litellm
    return _loaded


def _set_up(litellm: Any) -> None:
    import httpx
    from litellm.llms.custom_httpx.http_handler import AsyncHTTPHandler

    from app.adapters.httpx_egress import ClosedTransport, EgressTransport

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    litellm.turn_off_message_logging = True
    # It would make up the usage that a server doesn't report.
    litellm.disable_token_counter = True
    litellm.callbacks, litellm.success_callback, litellm.failure_callback = [], [], []
    litellm.num_retries = 0
    litellm.DEFAULT_MAX_RETRIES = 0  # what embeddings take instead of a 0 that a call says
    # Clients of provider SDKs take this one, the handlers of all other providers ask this factory.
    litellm.aclient_session = httpx.AsyncClient(transport=EgressTransport())
    setattr(AsyncHTTPHandler, "create_async_transport", staticmethod(lambda *_, **__: EgressTransport()))  # noqa: B010
    litellm.client_session = httpx.Client(transport=ClosedTransport())
    litellm.sync_transport = ClosedTransport()
    for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router"):
        # It writes to the terminal by itself; through the root it passes the gate of the log.
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.ERROR)


def _account_fields(account: Account, model: str) -> dict[str, Any]:
    """What every call says."""
    fields = {
        "model": f"{account.provider}/{model}",
        "api_key": account.key,
        "api_base": account.url,
        "max_retries": 0,
        "num_retries": 0,
        "timeout": WHOLE.total,
        "no-log": True,
        **account.options,
    }
    if not fields["api_base"]:
        del fields["api_base"]
    return fields


def _fields(account: Account, model: str, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **_account_fields(account, model),
        "model": f"{_ROUTES.get(account.provider, account.provider)}/{model}",
        "messages": messages_of(request.messages),
        # A seed is a wish: providers without one still answer.
        "additional_drop_params": ["seed"] if account.provider in {"anthropic", "bedrock"} else None,
    }
    chosen = {"temperature": request.temperature, "max_tokens": request.max_tokens, "seed": request.seed}
    fields |= {name: value for name, value in chosen.items() if value is not None}
    if request.stop:
        fields["stop"] = list(request.stop)
    if request.schema is not None:
        fields["response_format"] = schema_format(request.schema)
    if request.tools:
        fields["tools"] = tools_of(request.tools)
    if request.logprobs:
        fields["logprobs"], fields["top_logprobs"] = True, request.logprobs
    if stream:
        fields["stream"], fields["stream_options"] = True, {"include_usage": True}
    return fields


async def _collect(
    answer: Any, route: Route, limit: asyncio.Timeout, model: str, request: ChatRequest, begun: float
) -> ChatReply:
    reply, loop = StreamedReply(model), asyncio.get_running_loop()
    end = limit.when() or 0.0
    async for piece in answer:
        limit.reschedule(min(end, loop.time() + SILENCE))
        text = reply.add(_honest(piece.model_dump()))
        if text and request.on_text:
            request.on_text(text)
        if reply.is_enough:
            break
    if not ((reply.is_finished and route.ended) or reply.is_enough):
        raise NodeError("net.cut_off")
    return reply.reply(time.perf_counter() - begun)


def _honest(body: dict[str, Any]) -> dict[str, Any]:
    """Where the provider said nothing about tokens, litellm says 0: no call has an empty input."""
    usage: Any = body.get("usage")
    return body if usage and usage.get("prompt_tokens") else {**body, "usage": None}


def _told_inside(error: BaseException | None) -> Any:
    """The error that a server told inside an answer or a stream with a good status, as its library keeps it."""
    while error is not None:
        body: Any = getattr(error, "body", None)
        if isinstance(body, dict) and body:
            return cast("dict[str, Any]", body).get("error", cast("dict[str, Any]", body))
        error = error.__cause__ or error.__context__
    return None


def _failure(error: Exception, route: Any, account: Account, model: str) -> NodeError:
    """What the provider itself refused, else what happened on the way, else what litellm makes of it."""
    if route.refused is not None:
        refused = route.refused
        return refusal(
            refused.status, refused.headers, refused.body, connection=account.connection, model=model
        )
    if route.fault is not None:
        return route.fault
    if isinstance(error, TimeoutError):
        return NodeError("net.timeout")
    told = _told_inside(error)
    if told:
        return refusal_inside(told, connection=account.connection, model=model)
    # Its messages carry tracebacks and advice for programmers: they belong into the log.
    _log.warning("%s: %s", type(error).__name__, str(error)[:2000])
    if "Unsupported" in type(error).__name__:
        detail = redact(str(error).partition("\n")[0].rpartition("Error: ")[2])[:200]
        return NodeError("model.setting_refused", connection=account.connection, model=model, detail=detail)
    return NodeError("model.bad_reply", connection=account.connection, model=model)

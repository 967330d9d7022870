"""One scripted answer in the dialect that the request came in: whole, streamed, or as that provider's error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from app.costs.usage import Usage

Dialect = Literal["openai", "azure", "anthropic", "gemini", "bedrock"]
Fault = Literal[
    "key", "balance", "rate", "busy", "missing", "too_long", "server", "region", "refused", "setting",  # error bodies
    "html", "cut", "hang", "stall", "nonsense",  # worse than errors
]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the server will say next. `usage` None: it says nothing about tokens. `headers` go along with it."""

    text: str = "Hello there, 世界!"
    usage: Usage | None = field(default_factory=lambda: Usage(12, 5))
    finish: Literal["stop", "length", "content_filter"] = "stop"
    calls: tuple[tuple[str, dict[str, Any]], ...] = ()
    logprobs: tuple[tuple[str, float], ...] = ()
    model: str = ""
    fault: Fault | None = None
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)  # merged into an OpenAI body
    bill: dict[str, Any] = field(default_factory=dict)  # said beside the tokens of an OpenAI answer
    seconds: float = 0.0  # that it takes before it says anything


def pieces(text: str) -> Iterator[str]:
    """A text as a model would stream it."""
    return (text[at : at + 4] for at in range(0, len(text), 4))


def event(data: Any, name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


# --- whole answers -----------------------------------------------------------------------------------


def openai_usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "cache_creation_tokens": usage.written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def openai_calls(answer: Answer) -> list[dict[str, Any]]:
    return [
        {
            "index": i,
            "id": f"call_{i}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(args)},
        }
        for i, (name, args) in enumerate(answer.calls)
    ]


def openai_body(answer: Answer, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.calls:
        message["tool_calls"] = openai_calls(answer)
    choice: dict[str, Any] = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if answer.calls else answer.finish,
    }
    if answer.logprobs:
        choice["logprobs"] = {
            "content": [
                {"token": token, "logprob": value, "top_logprobs": [{"token": token, "logprob": value}]}
                for token, value in answer.logprobs
            ]
        }
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": answer.model or model,
        "choices": [choice],
    }
    if answer.usage is not None:
        body["usage"] = openai_usage(answer.usage) | answer.bill
    return body | answer.extra


def anthropic_usage(usage: Usage) -> dict[str, int]:
    return {
        "input_tokens": usage.input - usage.cached - usage.written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": usage.written,
        "output_tokens": usage.output,
    }


ANTHROPIC_STOPS = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}


def anthropic_blocks(answer: Answer) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": answer.text}] if answer.text else []
    calls = [
        {"type": "tool_use", "id": f"call_{i}", "name": name, "input": args}
        for i, (name, args) in enumerate(answer.calls)
    ]
    return text + calls


def anthropic_body(answer: Answer, model: str) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": answer.model or model,
        "content": anthropic_blocks(answer),
        "stop_reason": "tool_use" if answer.calls else ANTHROPIC_STOPS[answer.finish],
        "stop_sequence": None,
        "usage": anthropic_usage(answer.usage or Usage()),
    }


GEMINI_STOPS = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}


def gemini_usage(usage: Usage) -> dict[str, int]:
    return {
        "promptTokenCount": usage.input,
        "candidatesTokenCount": usage.output - usage.reasoning,
        "thoughtsTokenCount": usage.reasoning,
        "cachedContentTokenCount": usage.cached,
        "totalTokenCount": usage.total,
    }


def gemini_body(answer: Answer, model: str, *, text: str | None = None, last: bool = True) -> dict[str, Any]:
    shown = answer.text if text is None else text
    parts: list[dict[str, Any]] = [{"text": shown}] if shown else []
    if last:
        parts += [{"functionCall": {"name": name, "args": args}} for name, args in answer.calls]
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    body: dict[str, Any] = {
        "candidates": [candidate],
        "modelVersion": answer.model or model,
        "responseId": "r1",
    }
    if last:
        candidate["finishReason"] = GEMINI_STOPS[answer.finish]
    if last and answer.usage is not None:
        body["usageMetadata"] = gemini_usage(answer.usage)
    return body


def bedrock_body(answer: Answer) -> dict[str, Any]:
    usage = answer.usage or Usage()
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": answer.text}]}},
        "stopReason": "end_turn" if answer.finish == "stop" else "max_tokens",
        "usage": {
            "inputTokens": usage.input - usage.cached - usage.written,
            "cacheReadInputTokens": usage.cached,
            "cacheWriteInputTokens": usage.written,
            "outputTokens": usage.output,
            "totalTokens": usage.total,
        },
        "metrics": {"latencyMs": 1},
    }


def whole(dialect: Dialect, answer: Answer, model: str) -> dict[str, Any]:
    if dialect == "anthropic":
        return anthropic_body(answer, model)
    if dialect == "gemini":
        return gemini_body(answer, model)
    if dialect == "bedrock":
        return bedrock_body(answer)
    return openai_body(answer, model)


# --- streams -----------------------------------------------------------------------------------------


def openai_stream(answer: Answer, model: str, *, with_usage: bool) -> Iterator[bytes]:
    def piece(choices: list[dict[str, Any]], **more: Any) -> bytes:
        head = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": answer.model or model,
        }
        return event({**head, "choices": choices, **more})

    def choice(delta: dict[str, Any], finish: str | None = None) -> list[dict[str, Any]]:
        return [{"index": 0, "delta": delta, "finish_reason": finish}]

    yield piece(choice({"role": "assistant", "content": ""}))
    for odd in answer.extra.get("choices", ()):  # as it stands, half characters too
        data = {"choices": choice(odd["message"], odd["finish_reason"])}
        yield f"data: {json.dumps(data)}\n\n".encode()
    for text in pieces(answer.text):
        yield piece(choice({"content": text}))
    for i, (name, args) in enumerate(answer.calls):
        written = json.dumps(args)
        half = len(written) // 2
        start = {
            "index": i,
            "id": f"call_{i}",
            "type": "function",
            "function": {"name": name, "arguments": ""},
        }
        yield piece(choice({"tool_calls": [start]}))
        for part in (written[:half], written[half:]):
            yield piece(choice({"tool_calls": [{"index": i, "function": {"arguments": part}}]}))
    yield piece(choice({}, "tool_calls" if answer.calls else answer.finish))
    if with_usage and answer.usage is not None:
        yield piece([], usage=openai_usage(answer.usage) | answer.bill)
    yield b"data: [DONE]\n\n"


def anthropic_stream(answer: Answer, model: str) -> Iterator[bytes]:
    usage = anthropic_usage(answer.usage or Usage())
    start = anthropic_body(answer, model) | {
        "content": [],
        "stop_reason": None,
        "usage": usage | {"output_tokens": 1},
    }
    yield event({"type": "message_start", "message": start}, "message_start")
    for i, block in enumerate(anthropic_blocks(answer)):
        empty = block | ({"text": ""} if block["type"] == "text" else {"input": {}})
        yield event(
            {"type": "content_block_start", "index": i, "content_block": empty}, "content_block_start"
        )
        deltas = (
            [{"type": "text_delta", "text": text} for text in pieces(block["text"])]
            if block["type"] == "text"
            else [
                {"type": "input_json_delta", "partial_json": part}
                for part in pieces(json.dumps(block["input"]))
            ]
        )
        for delta in deltas:
            yield event({"type": "content_block_delta", "index": i, "delta": delta}, "content_block_delta")
        yield event({"type": "content_block_stop", "index": i}, "content_block_stop")
    stop = "tool_use" if answer.calls else ANTHROPIC_STOPS[answer.finish]
    end = {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": usage}
    yield event(end, "message_delta")
    yield event({"type": "message_stop"}, "message_stop")


def gemini_stream(answer: Answer, model: str) -> Iterator[bytes]:
    texts = list(pieces(answer.text)) or [""]
    for at, text in enumerate(texts):
        yield event(gemini_body(answer, model, text=text, last=at == len(texts) - 1))


def stream(dialect: Dialect, answer: Answer, model: str, *, with_usage: bool) -> Iterator[bytes]:
    if dialect == "anthropic":
        return anthropic_stream(answer, model)
    if dialect == "gemini":
        return gemini_stream(answer, model)
    return openai_stream(answer, model, with_usage=with_usage)


# --- errors, as each provider words them ---------------------------------------------------------------


def _openai_errors(model: str) -> dict[str, tuple[int, Any]]:
    def error(
        status: int, message: str, kind: str, code: str | None, param: str | None = None
    ) -> tuple[int, Any]:
        return status, {"error": {"message": message, "type": kind, "param": param, "code": code}}

    bad = "invalid_request_error"
    quota = "You exceeded your current quota, please check your plan and billing details."
    return {
        "key": error(401, "Incorrect API key provided: wrong-key.", bad, "invalid_api_key"),
        "balance": error(429, quota, "insufficient_quota", "insufficient_quota"),
        "rate": error(429, "Rate limit reached for tokens per min.", "tokens", "rate_limit_exceeded"),
        "busy": error(503, "The engine is currently overloaded.", "server_error", None),
        "missing": error(404, f"The model `{model}` does not exist.", bad, "model_not_found"),
        "too_long": error(400, "The maximum context length is 8192 tokens.", bad, "context_length_exceeded"),
        "server": error(500, "The server had an error while processing your request.", "server_error", None),
        "region": error(
            403, "Country not supported", "request_forbidden", "unsupported_country_region_territory"
        ),
        "refused": error(400, "Invalid prompt: flagged.", bad, "invalid_prompt"),
        "setting": error(400, "'temperature' does not support 0.", bad, "unsupported_value", "temperature"),
    }


def _azure_errors(model: str) -> dict[str, tuple[int, Any]]:
    def error(status: int, code: str, message: str, **more: Any) -> tuple[int, Any]:
        return status, {"error": {"code": code, "message": message, **more}}

    filtered = (
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."
    )
    inner = {"code": "ResponsibleAIPolicyViolation"}
    return _openai_errors(model) | {
        "key": error(401, "401", "Access denied due to invalid subscription key or wrong API endpoint."),
        "rate": error(429, "429", "Requests have exceeded call rate limit. Please retry after 2 seconds."),
        "missing": error(404, "DeploymentNotFound", "The API deployment for this resource does not exist."),
        "refused": error(400, "content_filter", filtered, innererror=inner),
    }


def _anthropic_errors(model: str) -> dict[str, tuple[int, Any]]:
    def error(status: int, kind: str, message: str) -> tuple[int, Any]:
        return status, {"type": "error", "error": {"type": kind, "message": message}}

    balance = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
    return {
        "key": error(401, "authentication_error", "invalid x-api-key"),
        "balance": error(400, "invalid_request_error", balance),
        "rate": error(
            429, "rate_limit_error", "Number of request tokens has exceeded your per-minute rate limit"
        ),
        "busy": error(529, "overloaded_error", "Overloaded"),
        "missing": error(404, "not_found_error", f"model: {model}"),
        "too_long": error(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
        "server": error(500, "api_error", "Internal server error"),
        "setting": error(400, "invalid_request_error", "max_tokens: must be greater than 0"),
    }


def _gemini_errors(model: str) -> dict[str, tuple[int, Any]]:
    def error(status: int, word: str, message: str, *details: Any) -> tuple[int, Any]:
        return status, {
            "error": {"code": status, "message": message, "status": word, "details": list(details)}
        }

    wait = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2s"}
    reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    missing = f"models/{model} is not found for API version v1beta, or is not supported for generateContent."
    quota = "You exceeded your current quota, please check your plan and billing details."
    exceeds = "exceeds the maximum number of tokens allowed"
    return {
        "key": error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", reason),
        "rate": error(429, "RESOURCE_EXHAUSTED", quota, wait),
        "busy": error(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        "missing": error(404, "NOT_FOUND", missing),
        "too_long": error(400, "INVALID_ARGUMENT", f"The input token count (2000000) {exceeds} (1048576)."),
        "server": error(500, "INTERNAL", "An internal error has occurred."),
        "region": error(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
        "setting": error(400, "INVALID_ARGUMENT", "Invalid value at 'generation_config.temperature'"),
    }


def _bedrock_errors(_: str) -> dict[str, tuple[int, Any]]:
    return {
        "key": (403, {"Message": "Authentication failed: Please make sure your API Key is valid."}),
        "missing": (400, {"message": "The provided model identifier is invalid."}),
        "rate": (429, {"message": "Too many requests, please wait before trying again."}),
        "server": (500, {"message": "Internal failure"}),
    }


def error(dialect: Dialect, fault: str, model: str) -> tuple[int, Any]:
    """Status and body; KeyError where this provider has no such error."""
    by_dialect = {
        "openai": _openai_errors,
        "azure": _azure_errors,
        "anthropic": _anthropic_errors,
        "gemini": _gemini_errors,
        "bedrock": _bedrock_errors,
    }
    return by_dialect[dialect](model)[fault]

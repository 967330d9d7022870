"""A chat request in the OpenAI dialect, as plain data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from app.adapters.connection_kinds import Dialect
from app.document.workflow import JsonObject
from app.sdk.gateway import ChatMessage, ChatRequest, Tool


def request_fields(request: ChatRequest, model: str, dialect: Dialect, *, stream: bool) -> dict[str, Any]:
    """The body of a request as plain data; what the request leaves open isn't sent."""
    fields: dict[str, Any] = {"model": model, "messages": messages_of(request.messages)}
    if request.temperature is not None:
        fields["temperature"] = request.temperature
    if request.max_tokens is not None:
        fields[dialect.max_tokens] = request.max_tokens
    if request.stop:
        fields["stop"] = list(request.stop)
    if request.seed is not None and dialect.seed:
        fields[dialect.seed] = request.seed
    if request.schema is not None:
        _ask_for_schema(fields, request.schema, dialect)
    if request.tools:
        fields["tools"] = tools_of(request.tools)
    if request.logprobs:
        fields["logprobs"], fields["top_logprobs"] = True, request.logprobs
    if stream:
        fields["stream"] = True
        if dialect.stream_usage:
            fields["stream_options"] = {"include_usage": True}
    return fields


def messages_of(messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The turns of a conversation."""
    return [_message(message) for message in messages]


def tools_of(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    """The functions that the model may ask for."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
        }
        for tool in tools
    ]


def schema_format(schema: JsonObject) -> dict[str, Any]:
    """`response_format` for an answer that fits a JSON Schema."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema, "strict": _is_strict(schema)},
    }


def _message(message: ChatMessage) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        plain["content"] = message.content or None
        plain["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role == "tool":
        plain["tool_call_id"] = message.tool_call_id
    return plain


def _ask_for_schema(fields: dict[str, Any], schema: JsonObject, dialect: Dialect) -> None:
    if dialect.schema == "json_schema":
        fields["response_format"] = schema_format(schema)
        return
    # The server can promise JSON but no schema, and wants the word JSON in the prompt.
    fields["response_format"] = {"type": "json_object"}
    wish = "Answer with one JSON object that fits this JSON Schema:\n" + json.dumps(
        schema, ensure_ascii=False
    )
    fields["messages"] = [{"role": "system", "content": wish}, *fields["messages"]]


def _is_strict(schema: Any) -> bool:
    """Whether a schema is within the subset that servers enforce strictly: every object closed and complete."""
    if isinstance(schema, dict):
        part = cast("dict[str, Any]", schema)
        if part.get("type") == "object" and (
            part.get("additionalProperties") is not False
            or set(part.get("required", ())) != set(part.get("properties", {}))
        ):
            return False
        return all(map(_is_strict, part.values()))
    return all(map(_is_strict, cast("list[Any]", schema))) if isinstance(schema, list) else True

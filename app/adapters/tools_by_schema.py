"""Tools for every model that keeps to a JSON Schema: it answers with a text or with calls, and can say nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

from msgspec import structs

from app.document.characters import whole_text
from app.document.workflow import Json, JsonObject
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, Tool, ToolCall

MOST_CALLS = 8  # side by side in one answer
_ANSWER, _CALLS, _TOOL, _ARGUMENTS = "answer", "calls", "tool", "arguments"
_RULES = """Tools:
{tools}
answer: where no tool is needed.

Answer with JSON: {{"calls": [{{"tool": NAME, "arguments": {{…}}}}]}} or {{"answer": TEXT}}."""
_ANSWER_BEGINS = re.compile(r'\s*\{\s*"answer"\s*:\s*"')
_CALLS_BEGIN = re.compile(r'\s*\{\s*"calls"\s*:\s*\[\s*')
_BETWEEN = re.compile(r"\s*,\s*")
_PIECE = re.compile(r'[^"\\]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')  # of a JSON text
_FIRST_HALF = re.compile(r"\\u[dD][89abAB]")  # of a character in two halves


def by_schema(request: ChatRequest) -> ChatRequest:
    """The same question without tools: they stand in the rules, and the answer is held to a schema of them."""
    return structs.replace(
        request,
        messages=tuple(_messages(request)),
        schema=_schema(request),
        tools=(),
        logprobs=0,
        on_text=AnswerText(request.on_text).add if request.on_text and not request.schema else None,
    )


def with_calls(reply: ChatReply, request: ChatRequest) -> ChatReply:
    """The reply to the question as it was asked first. What was cut off keeps the calls that came whole.

    Raises NodeError `model.calls_cut` where none did.
    """
    said = _said(reply.text)
    if _ANSWER in said:
        answer = said[_ANSWER]
        text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
        if request.schema and request.on_text:
            request.on_text(text)
        return structs.replace(reply, text=text, logprobs=())
    calls = tuple(_calls(said))
    if not calls:
        error = NodeError("model.calls_cut", field="max_tokens")
        error.used = reply.usage
        raise error
    return structs.replace(reply, text="", finish="tool_calls", tool_calls=calls, logprobs=())


class AnswerText:
    """Hands on the text of an answer while it is written; nothing where calls are."""

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self._on_text = on_text
        self._rest = ""  # what came and isn't handed on yet
        self._is_open = self._is_over = False

    def add(self, new: str) -> None:
        if self._is_over:
            return
        self._rest += new
        if not self._is_open:
            begins = _ANSWER_BEGINS.match(self._rest)
            if begins is None:
                return
            self._is_open, self._rest = True, self._rest[begins.end() :]
        text, self._rest = _unquoted(self._rest)
        self._is_over = self._rest.startswith('"')
        if text:
            self._on_text(text)


def _messages(request: ChatRequest) -> Iterator[ChatMessage]:
    """The conversation in the form that is asked for; neighbours of one role are one turn, as templates want it."""
    plain = list(_plain(request.messages))
    rules = [message for message in plain if message.role == "system"]
    others = [message for message in plain if message.role != "system"]
    for _, turns in groupby([*rules, _rules(request.tools), *others], lambda message: message.role):
        first, *more = turns
        yield ChatMessage(first.role, "\n\n".join(turn.content for turn in (first, *more)))


def _rules(tools: Sequence[Tool]) -> ChatMessage:
    rows = [f"{tool.name}({_parameters(tool)}): {' '.join(tool.description.split())}" for tool in tools]
    return ChatMessage("system", _RULES.format(tools="\n".join(rows)))


def _parameters(tool: Tool) -> str:
    """In short where the schema is flat: small models lose themselves in a whole one."""
    properties = cast("Mapping[str, Mapping[str, Json]]", tool.parameters.get("properties") or {})
    required = cast("Sequence[str]", tool.parameters.get("required") or ())
    return ", ".join(
        f"{name}{'' if name in required else '?'}{_kind(schema)}{_about(name, schema)}"
        for name, schema in properties.items()
    )


def _kind(schema: Mapping[str, Json]) -> str:
    said = {name: value for name, value in schema.items() if name != "description"}
    if said == {"type": "string"}:
        return ""
    return f": {said['type']}" if said.keys() == {"type"} else f": {_json(said)}"


def _about(name: str, schema: Mapping[str, Json]) -> str:
    about = schema.get("description")
    return f" ({about})" if about and about != name else ""


def _plain(messages: Sequence[ChatMessage]) -> Iterator[ChatMessage]:
    names: dict[str, str] = {}
    for message in messages:
        if message.role == "tool":
            name = names.get(message.tool_call_id, "the tool")
            yield ChatMessage("user", f"Result of {name}:\n{message.content}")
        elif message.role == "assistant":
            names |= {call.id: call.name for call in message.tool_calls}
            yield ChatMessage("assistant", _json(_form(message)))
        else:
            yield message


def _form(message: ChatMessage) -> JsonObject:
    """What an assistant has said, as it would have to say it."""
    if not message.tool_calls:
        return {_ANSWER: message.content}
    return {
        _CALLS: [{_TOOL: call.name, _ARGUMENTS: _object_of(call.arguments)} for call in message.tool_calls]
    }


def _object_of(arguments: str) -> JsonObject:
    """Empty where another model wrote what can't be read."""
    try:
        said = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return cast("JsonObject", said) if isinstance(said, dict) else {}


def _schema(request: ChatRequest) -> JsonObject:
    answer: JsonObject = request.schema or {"type": "string", "minLength": 1}
    if request.no_calls:
        return _object({_ANSWER: answer})
    calls: list[Json] = [
        _object({_TOOL: {"const": tool.name}, _ARGUMENTS: tool.parameters}) for tool in request.tools
    ]
    items: JsonObject = {"anyOf": calls}
    array: JsonObject = {"type": "array", "items": items, "minItems": 1, "maxItems": MOST_CALLS}
    return {"anyOf": [_object({_CALLS: array}), _object({_ANSWER: answer})]}


def _object(properties: Mapping[str, JsonObject]) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _said(text: str) -> Mapping[str, Any]:
    """The object that was said; of one that was cut off, as much as is whole. A program that doesn't know schemas
    lets the model say anything: then that is the answer.
    """
    if not text.lstrip().startswith("{"):
        return {_ANSWER: text}
    try:
        return cast("Mapping[str, Any]", json.loads(text))
    except (ValueError, RecursionError):
        return _whole_part(text)


def _whole_part(text: str) -> Mapping[str, Any]:
    if answer := _ANSWER_BEGINS.match(text):
        return {_ANSWER: _unquoted(text[answer.end() :])[0]}
    found: list[Any] = []
    begins = _CALLS_BEGIN.match(text)
    at = begins.end() if begins else len(text)
    while at < len(text):
        try:
            call, at = json.JSONDecoder().raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(call)
        between = _BETWEEN.match(text, at)
        at = between.end() if between else len(text)
    return {_CALLS: found}


def _calls(said: Mapping[str, Any]) -> Iterator[ToolCall]:
    found: Any = said.get(_CALLS)
    for number, call in enumerate(cast("list[Any]", found) if isinstance(found, list) else []):
        match call:
            case {"tool": str(name), "arguments": dict()}:
                arguments = _json(cast("JsonObject", call[_ARGUMENTS]))
                yield ToolCall(f"call_{number}", whole_text(name), whole_text(arguments))
            case _:
                pass  # only where nothing holds the model to the form


def _unquoted(quoted: str) -> tuple[str, str]:
    """The text that a piece of a JSON text stands for, and what is left of it: the end, or half a character."""
    pieces, at = list[str](), 0
    while piece := _PIECE.match(quoted, at):
        pieces.append(piece[0])
        at = piece.end()
    if pieces and _FIRST_HALF.match(pieces[-1]):
        at -= len(pieces.pop())
    return whole_text(json.loads(f'"{"".join(pieces)}"', strict=False)), quoted[at:]


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)

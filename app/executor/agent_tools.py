"""Tools as a model is told of them, and what it says to call one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.document.workflow import JsonObject
from app.planner.agent_tools import Parameter, parameters_schema
from app.planner.plan import AgentTool
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.gateway import Tool, ToolCall
from app.sdk.json_answer import UnreadableAnswer, exact_json
from app.sdk.typed_values import typed

MOST_CALLS = 20  # of one turn; others are passed over, and the model doesn't find them answered
MOST_CHARACTERS = 32_000  # of the arguments of one call
_LONGEST_NAME = 64
_ODD = re.compile(r"[^A-Za-z0-9_-]")


class BadArguments(ValueError):
    """What the model says isn't what the tool takes; the text tells the model."""


def offer(tool: AgentTool) -> Tool:
    """The function that stands for these steps."""
    return Tool(tool.name, tool.about, parameters_schema(tool.parameters))


def arguments_of(text: str, parameters: Sequence[Parameter]) -> JsonObject:
    """The arguments by name, as the data types that the inputs want. Raises BadArguments."""
    said = _object(text)
    known = {one.name: one for one in parameters}
    strangers = [name for name in said if name not in known]
    if strangers:
        raise BadArguments(f"unknown arguments {strangers}; the tool takes {list(known)}.")
    missing = [one.name for one in parameters if one.required and said.get(one.name) is None]
    if missing:
        raise BadArguments(f"missing arguments {missing}.")
    return {name: _typed(value, known[name]) for name, value in said.items() if value is not None}


def as_sent_back(call: ToolCall) -> ToolCall:
    """A call as it stands in the next question: providers refuse names and arguments that no function could have."""
    try:
        arguments = json.dumps(_object(call.arguments), ensure_ascii=False)
    except BadArguments:
        arguments = "{}"
    return replace(call, name=_ODD.sub("_", call.name)[:_LONGEST_NAME] or "unknown", arguments=arguments)


def _object(text: str) -> Mapping[str, Value]:
    if len(text) > MOST_CHARACTERS:
        raise BadArguments(f"the arguments are longer than {MOST_CHARACTERS} characters.")
    try:
        said = exact_json(text.strip() or "{}")
        if isinstance(said, str):  # some models quote the whole object once more
            said = exact_json(said)
    except UnreadableAnswer as error:
        raise BadArguments(f"the arguments can't be read. {error.words}") from error
    if not isinstance(said, Mapping):
        raise BadArguments("the arguments must be a JSON object.")
    return said


def _typed(value: Value, parameter: Parameter) -> Value:
    try:
        return typed(value, parameter.type, parameter.name)
    except NodeError as error:
        raise BadArguments(f'"{parameter.name}" must be of the kind "{parameter.type}".') from error

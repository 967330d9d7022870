"""Tools by form: whatever a real model says is a text or calls of the tools that it was offered, and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.egress import Egress
from app.adapters.embedded_model import Endpoint
from app.adapters.openai_lane import OpenAiLane, Server
from app.adapters.proxies import Proxies
from app.adapters.tools_by_schema import AnswerText, by_schema, with_calls
from app.costs.usage import Usage
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatReply, ChatRequest, FinishReason, Tool, ToolCall
from app.sdk.json_schema import faults
from tests.strategies import texts

pytestmark = pytest.mark.xdist_group("embedded")
WEATHER = Tool(
    "weather",
    "The weather of a place.",
    {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 20}},
        "required": ["city"],
        "additionalProperties": False,
    },
)
ADD = Tool(
    "add",
    "Adds two numbers.",
    {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "number", "description": "the other"}},
        "required": ["a"],
        "additionalProperties": False,
    },
)
TOOLS = (WEATHER, ADD)


def request(*messages: ChatMessage | str, **more: Any) -> ChatRequest:
    turns = [ChatMessage("user", one) if isinstance(one, str) else one for one in messages]
    fields: dict[str, Any] = {"tools": TOOLS, **more}
    return ChatRequest(ModelChoice(), turns, **fields)


def reply(text: str, finish: FinishReason = "stop") -> ChatReply:
    return ChatReply(text, finish, Usage(10, 5), "tiny", 0.1)


def calls_of(said: ChatReply) -> list[tuple[str, str, Any]]:
    return [(call.id, call.name, json.loads(call.arguments)) for call in said.tool_calls]


@pytest.fixture
async def lane() -> AsyncIterator[OpenAiLane]:
    door = Egress(proxies=Proxies({}))
    yield OpenAiLane(door)
    await door.close()


@pytest.mark.parametrize("seed", range(8))
async def test_a_real_model_says_a_text_or_calls_of_the_tools(
    lane: OpenAiLane, endpoint: Endpoint, seed: int
) -> None:
    """However wildly it draws its words, and wherever it is cut off."""
    there = Server("This computer", f"{endpoint.url}/v1", endpoint.key, reach="loopback", streams=True)
    shown: list[str] = []
    asked = request(
        "Add 7 and 8, and tell me the weather in Oslo.",
        temperature=1.2,
        seed=seed,
        max_tokens=80,
        on_text=shown.append,
    )
    raw = await lane.chat(there, endpoint.model, by_schema(asked))
    try:
        said = with_calls(raw, asked)
    except NodeError as error:
        assert (error.code, raw.finish) == ("model.calls_cut", "length")  # noqa: PT017 - one of two ends
        return
    assert bool(said.text) != bool(said.tool_calls)
    assert "".join(shown) == said.text
    assert said.usage == raw.usage
    for call in said.tool_calls:
        tool = next(one for one in TOOLS if one.name == call.name)
        assert list(faults(tool.parameters, json.loads(call.arguments))) == []


async def test_where_no_call_is_allowed_a_real_model_answers(lane: OpenAiLane, endpoint: Endpoint) -> None:
    there = Server("This computer", f"{endpoint.url}/v1", endpoint.key, reach="loopback", streams=True)
    asked = request("What is the weather in Oslo?", temperature=0, max_tokens=40, no_calls=True)
    said = with_calls(await lane.chat(there, endpoint.model, by_schema(asked)), asked)
    assert said.text
    assert said.tool_calls == ()


def test_the_model_reads_the_tools_and_what_was_called_in_the_form_that_it_answers_in() -> None:
    call = ToolCall("a", "weather", '{"city": "西安"}')
    asked = by_schema(
        request(
            ChatMessage("system", "Be brief."),
            "How is it there?",
            ChatMessage("assistant", "", (call, ToolCall("b", "add", "not JSON"))),
            ChatMessage("tool", "4 °C", tool_call_id="a"),
            ChatMessage("tool", "15", tool_call_id="b"),
            "Answer now.",
            ChatMessage("assistant", "Cold."),
            "Thanks.",
        )
    )
    rules, *turns = asked.messages
    assert rules.role == "system"
    assert rules.content.startswith("Be brief.\n\nTools:\n")
    assert "weather(city: {" in rules.content
    assert "add(a: integer, b?: number (the other)): Adds two numbers." in rules.content
    assert [(turn.role, turn.content) for turn in turns] == [
        ("user", "How is it there?"),
        (
            "assistant",
            '{"calls": [{"tool": "weather", "arguments": {"city": "西安"}}, {"tool": "add", "arguments": {}}]}',
        ),
        ("user", "Result of weather:\n4 °C\n\nResult of add:\n15\n\nAnswer now."),
        ("assistant", '{"answer": "Cold."}'),
        ("user", "Thanks."),
    ]
    assert asked.tools == ()


def test_calls_come_side_by_side_each_with_a_number_of_its_own() -> None:
    said = with_calls(
        reply(
            '{"calls": [{"tool": "weather", "arguments": {"city": "Oslo"}}, {"tool": "add", "arguments": {"a": 1}}]}'
        ),
        request("?"),
    )
    assert calls_of(said) == [("call_0", "weather", {"city": "Oslo"}), ("call_1", "add", {"a": 1})]
    assert (said.text, said.finish) == ("", "tool_calls")


CUT = '{"calls": [{"tool": "weather", "arguments": {"city": "Oslo"}}, {"tool": "add", "arguments": {"a": 1'


@pytest.mark.parametrize("end", range(1, len(CUT)))
def test_of_calls_that_are_cut_off_the_whole_ones_are_kept(end: int) -> None:
    if end >= CUT.index("}}") + 2:
        said = with_calls(reply(CUT[:end], "length"), request("?"))
        assert calls_of(said) == [("call_0", "weather", {"city": "Oslo"})]
        return
    with pytest.raises(NodeError) as caught:
        with_calls(reply(CUT[:end], "length"), request("?"))
    assert caught.value.code == "model.calls_cut"


@given(texts, st.lists(st.integers(1, 5)), st.booleans(), st.integers(0, 40))
def test_the_text_of_an_answer_is_handed_on_as_it_comes(
    text: str, cuts: Sequence[int], ascii_only: bool, ends: int
) -> None:
    """In pieces of any length, with characters in two halves, and cut off anywhere."""
    whole = json.dumps({"answer": text}, ensure_ascii=ascii_only)
    shown = list[str]()
    answer, at = AnswerText(shown.append), 0
    for cut in cuts:
        answer.add(whole[at : at + cut])
        at += cut
    answer.add(whole[at:])
    assert "".join(shown) == text == with_calls(reply(whole), request("?")).text
    short = with_calls(reply('{"answer": "' + whole[12 : len(whole) - 2][:ends], "length"), request("?"))
    assert text.startswith(short.text)


def test_an_answer_by_a_schema_of_its_own_is_its_json() -> None:
    shown = list[str]()
    schema = cast("Any", {"type": "object"})
    said = with_calls(reply('{"answer": {"n": 1}}'), request("?", schema=schema, on_text=shown.append))
    assert json.loads(said.text) == {"n": 1}
    assert shown == [said.text]


@pytest.mark.parametrize("text", ["Hello.", "", '[{"tool": "add"}]'])
def test_what_a_program_that_knows_no_schemas_lets_through_is_the_answer(text: str) -> None:
    assert with_calls(reply(text), request("?")).text == text

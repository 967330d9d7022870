from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.connection_kinds import KINDS
from app.adapters.openai_reply import LONGEST_ANSWER, StreamedReply, reply_of, usage_of
from app.adapters.openai_request import request_fields
from app.adapters.sse import LONGEST_EVENT, EventData
from app.costs.usage import Usage
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatMessage, ChatRequest

OPENAI = KINDS["openai_compatible"].dialect
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"))


@given(st.lists(texts, max_size=8), st.sampled_from([b"\n", b"\r\n"]), st.data())
def test_events_are_found_wherever_the_stream_is_cut(
    payloads: list[str], line_end: bytes, data: st.DataObject
) -> None:
    stream = b"".join(
        b": comment" + line_end + b"event: x" + line_end + b"data: " + text.encode() + line_end + line_end
        for text in payloads
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    events, found = EventData(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += events.feed(stream[begin:end])
    assert [item.decode() for item in found] == payloads


def test_a_stream_without_a_last_empty_line_keeps_its_last_event() -> None:
    events = EventData()
    assert events.feed(b"data: one\n\ndata: two") == [b"one"]
    assert events.end() == [b"two"]


def test_an_event_without_end_is_refused() -> None:
    events = EventData()
    for _ in range(LONGEST_EVENT // 2**20):
        events.feed(b"x" * 2**20)
    with pytest.raises(NodeError):
        events.feed(b"x")


@pytest.mark.parametrize(
    ("said", "usage"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(10, 5)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}},
            Usage(10, 5, 4),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "prompt_cache_hit_tokens": 3}, Usage(10, 5, 3)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cache_write_tokens": 4}},
            Usage(10, 5, written=4),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 0, "cache_creation_input_tokens": 4},
            },
            Usage(10, 5, written=4),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 2}, Usage(10, 5, 2)),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(10, 5, reasoning=3),
        ),
        # counted beside the output, as the total shows
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 5,
                "total_tokens": 23,
                "completion_tokens_details": {"reasoning_tokens": 8},
            },
            Usage(10, 13, reasoning=8),
        ),
        ({"prompt_tokens": 10.0, "completion_tokens": 5, "prompt_tokens_details": None}, Usage(10, 5)),
        ({"prompt_tokens": 10}, None),
        ({}, None),
    ],
)
def test_usage_is_read_as_each_server_says_it(said: dict[str, Any], usage: Usage | None) -> None:
    assert usage_of(said) == usage


@pytest.mark.parametrize(
    "said",
    [
        {"prompt_tokens": -10, "completion_tokens": -5},
        {"prompt_tokens": 10, "completion_tokens": 10**30},
        {"prompt_tokens": 10.5, "completion_tokens": 5},
        {"prompt_tokens": float("nan"), "completion_tokens": 5},
        {"prompt_tokens": "10", "completion_tokens": "5"},
        {"prompt_tokens": True, "completion_tokens": False},
        {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 99}},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 0, "completion_tokens": 5},
        {"prompt_tokens": 10, "completion_tokens": 0},
    ],
)
def test_counts_that_cannot_be_true_are_not_believed(said: dict[str, Any]) -> None:
    body = {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}], "usage": said}
    reply = reply_of(body, 0.1, "m")
    assert (reply.text, reply.usage, reply.doubted) == ("hi", None, True)


def test_where_nothing_was_written_there_may_be_no_tokens_of_it() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 0}
    message: dict[str, Any] = {"content": ""}
    empty = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    assert reply_of(empty, 0.1, "m").usage == Usage(10)
    message["tool_calls"] = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    assert reply_of(empty, 0.1, "m").doubted


def test_counts_that_come_at_the_end_of_a_stream_are_believed_whatever_stood_before() -> None:
    nothing, all_of_it = ({"prompt_tokens": n, "completion_tokens": n} for n in (0, 9))
    streamed = StreamedReply("m")
    streamed.add({"choices": [{"delta": {"content": "hi"}}], "usage": nothing})
    streamed.add({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": all_of_it})
    reply = streamed.reply(0.1)
    assert (reply.usage, reply.doubted) == (Usage(9, 9), False)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hi", "hi"),
        (None, ""),
        ([{"type": "text", "text": "hi "}, {"type": "text", "text": "you"}], "hi you"),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}, {"text": "hi"}], "hi"),
        (["hi ", "you"], "hi you"),
    ],
)
def test_a_message_comes_as_text_or_in_parts(content: Any, text: str) -> None:
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    assert reply_of(body, 0.1, "m").text == text


@pytest.mark.parametrize("content", [5, True, {"text": "hi"}, [5], [{"type": "text", "text": 5}]])
def test_what_is_no_text_is_no_answer(content: Any) -> None:
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    with pytest.raises(NodeError) as caught:
        reply_of(body, 0.1, "m")
    assert caught.value.code == "model.bad_reply"


def test_a_stream_that_goes_in_circles_is_enough() -> None:
    reply = StreamedReply("m")
    pieces = 0
    while not reply.is_enough:
        reply.add({"choices": [{"delta": {"content": "I am sorry. "}}]})
        pieces += 1
        assert pieces < 1000
    assert reply.reply(0.1).finish == "repetition"
    reply.add({"choices": [{"delta": {}, "finish_reason": "length"}]})
    assert reply.reply(0.1).finish == "length"


def test_what_a_request_leaves_open_is_not_sent() -> None:
    request = ChatRequest(ModelChoice(), [ChatMessage("user", "hi")])
    fields = request_fields(request, "m", OPENAI, stream=False)
    assert fields == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_settings_are_sent_under_the_name_that_the_server_knows() -> None:
    request = ChatRequest(ModelChoice(), [], temperature=0.0, max_tokens=9, seed=1, stop=["."], logprobs=2)
    plain = request_fields(request, "m", OPENAI, stream=True)
    assert plain["max_tokens"] == 9
    assert plain["seed"] == 1
    assert plain["stream_options"] == {"include_usage": True}
    assert (plain["logprobs"], plain["top_logprobs"], plain["temperature"], plain["stop"]) == (
        True,
        2,
        0.0,
        ["."],
    )
    assert request_fields(request, "m", KINDS["openai"].dialect, stream=False)["max_completion_tokens"] == 9
    mistral = request_fields(request, "m", KINDS["mistral"].dialect, stream=True)
    assert mistral["random_seed"] == 1
    assert "stream_options" not in mistral
    assert "seed" not in request_fields(request, "m", KINDS["zhipu"].dialect, stream=False)


def test_a_schema_is_strict_only_where_the_server_can_hold_it() -> None:
    closed = {
        "type": "object",
        "properties": {
            "a": {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
        },
        "required": ["a"],
        "additionalProperties": False,
    }
    for schema, strict in ((closed, True), ({**closed, "required": []}, False), ({"type": "object"}, False)):
        fields = request_fields(ChatRequest(ModelChoice(), [], schema=schema), "m", OPENAI, stream=False)
        assert fields["response_format"]["json_schema"]["strict"] is strict


def test_a_server_that_knows_no_schemas_is_told_in_words() -> None:
    request = ChatRequest(
        ModelChoice(), [ChatMessage("user", "hi")], schema={"type": "object", "title": "Ort 城市"}
    )
    fields = request_fields(request, "m", KINDS["deepseek"].dialect, stream=False)
    assert fields["response_format"] == {"type": "json_object"}
    assert "Ort 城市" in fields["messages"][0]["content"]
    assert fields["messages"][1] == {"role": "user", "content": "hi"}


def whole(**message: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"message": message, "finish_reason": "stop"}]}


def test_texts_in_parts_and_refusals_are_texts() -> None:
    parts = [
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "b"},
    ]
    assert reply_of(whole(content=parts), 0, "m").text == "ab"
    assert reply_of(whole(content=None), 0, "m").text == ""
    refused = reply_of(whole(content=None, refusal="I can't."), 0, "m")
    assert (refused.text, refused.finish) == ("I can't.", "content_filter")


def test_arguments_that_come_as_an_object_become_text() -> None:
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    (found,) = reply_of(whole(content="", tool_calls=[call]), 0, "m").tool_calls
    assert json.loads(found.arguments) == {"a": 1}
    assert found.id


def test_log_probabilities_come_with_their_alternatives() -> None:
    top = [{"token": "a", "logprob": -0.1}, {"token": "b", "logprob": -3}]
    entry = {"token": "a", "logprob": -0.1, "top_logprobs": top}
    body = whole(content="a")
    body["choices"][0]["logprobs"] = {"content": [entry]}
    (found,) = reply_of(body, 0, "m").logprobs
    assert (found.token, found.logprob, found.top) == ("a", -0.1, {"a": -0.1, "b": -3.0})


@pytest.mark.parametrize("content", [["a"], [{"logprob": -1}], [{"token": 1, "logprob": -1}], "x", [None]])
def test_log_probabilities_that_are_none_are_left_out(content: Any) -> None:
    body = whole(content="a")
    body["choices"][0]["logprobs"] = {"content": content}
    assert not reply_of(body, 0, "m").logprobs
    entry = {"token": "a", "logprob": -0.1, "top_logprobs": content}
    body["choices"][0]["logprobs"] = {"content": [entry]}
    (found,) = reply_of(body, 0, "m").logprobs
    assert found.top == {}


@pytest.mark.parametrize(
    "body", [{}, {"choices": []}, {"choices": [{}]}, {"choices": None}, {"choices": "x"}]
)
def test_what_is_no_reply_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(NodeError) as caught:
        reply_of(body, 0, "m")
    assert caught.value.code == "model.bad_reply"


def test_an_endless_answer_is_cut() -> None:
    reply = StreamedReply("m")
    piece = {"choices": [{"delta": {"content": "x" * 70_000}}]}
    for _ in range(4):
        reply.add(piece)
    assert reply.is_full
    assert len(reply.reply(0).text) == LONGEST_ANSWER
    assert reply.reply(0).finish == "length"

"""A usual answer is read in one go: nobody can tell it from one that was read piece by piece."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.openai_reply import reply_of
from app.adapters.usual_reply import usual_reply
from app.costs.usage import Usage

_COUNTS = st.sampled_from([None, 0, 1, 7, 7.0, 7.5, -1, 10**9, "7", True])
_DETAILS = st.none() | st.dictionaries(
    st.sampled_from(
        [
            "cached_tokens",
            "cache_write_tokens",
            "cache_creation_tokens",
            "cache_creation_input_tokens",
            "reasoning_tokens",
        ]
    ),
    _COUNTS,
)
_USAGE = st.none() | st.fixed_dictionaries(
    {"prompt_tokens": _COUNTS, "completion_tokens": _COUNTS},
    optional={
        "total_tokens": _COUNTS,
        "cached_tokens": _COUNTS,
        "prompt_cache_hit_tokens": _COUNTS,
        "cache_creation_input_tokens": _COUNTS,
        "prompt_tokens_details": _DETAILS,
        "completion_tokens_details": _DETAILS,
    },
)
_MESSAGE = st.none() | st.fixed_dictionaries(
    {"content": st.sampled_from(["hi", "", "ja 🙂", "\ud83d", None, 5, [{"type": "text", "text": "hi"}]])},
    optional={
        "role": st.just("assistant"),
        "refusal": st.sampled_from([None, "", "no"]),
        "annotations": st.just([]),
        "tool_calls": st.sampled_from([None, [], [{"function": {"name": "f", "arguments": "{}"}}]]),
    },
)
_CHOICE = st.fixed_dictionaries(
    {"message": _MESSAGE},
    optional={
        "finish_reason": st.sampled_from([None, "stop", "STOP", "length", "tool_calls", "odd", 3]),
        "logprobs": st.sampled_from([None, {}, {"content": [{"token": "a", "logprob": -1.0}]}]),
    },
)
_BODIES = st.fixed_dictionaries(
    {"choices": st.lists(_CHOICE, max_size=2)},
    optional={"usage": _USAGE, "model": st.sampled_from([None, "", "named", 5])},
)


@given(_BODIES)
def test_it_is_the_same_or_none(body: dict[str, Any]) -> None:
    usual = usual_reply(json.dumps(body).encode(), 0.1, "m")
    if usual is not None:
        assert usual == reply_of(body, 0.1, "m")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"choices": []}', b'{"error": "no"}', b"\xff"])
def test_what_is_none_is_left_to_others(data: bytes) -> None:
    assert usual_reply(data, 0.1, "m") is None


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}, Usage(9, 2)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 2,
                "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 4, "cache_creation_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
            },
            Usage(9, 2, cached=4),
        ),
    ],
)
def test_answers_as_servers_mostly_give_them_are_usual(usage: dict[str, Any], read: Usage) -> None:
    message = {"role": "assistant", "content": "hi", "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = {"id": "x", "object": "chat.completion", "model": "named", "choices": [choice], "usage": usage}
    reply = usual_reply(json.dumps(body).encode(), 0.1, "m")
    assert reply is not None
    assert (reply.text, reply.finish, reply.usage, reply.model) == ("hi", "stop", read, "named")

"""What providers say of what is left, in all the ways they say it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.rate_hints import LONGEST_HINT, Left, requests_left, tokens_left


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("1s", 1),
        ("20ms", 0.02),
        ("6m0s", 60),
        ("1m30.5s", 60),
        ("12.5s", 12.5),
        ("7", 7),
        ("1h", 60),
        ("0s", 0),
    ],
)
def test_spans_are_read_and_hold_a_minute_at_most(reset: str, seconds: float) -> None:
    headers = {"x-ratelimit-remaining-tokens": "40", "x-ratelimit-reset-tokens": reset}
    assert tokens_left(headers) == Left(40, seconds)
    assert requests_left(headers) is None


def test_a_moment_is_read_as_the_time_until_then() -> None:
    moment = (datetime.now(UTC) + timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    headers = {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": moment}
    left = requests_left(headers)
    assert left is not None
    assert 17 < left.seconds <= 20
    moment = "2020-01-01T00:00:30Z"
    headers |= {"anthropic-ratelimit-requests-reset": moment, "date": "Wed, 01 Jan 2020 00:00:10 GMT"}
    assert requests_left(headers) == Left(0, 20), "by the clock that named it"


@pytest.mark.parametrize(
    ("remaining", "reset"), [("-1", "1s"), ("many", "1s"), ("5", ""), ("5", "soon"), ("", "1s"), ("5", "-3s")]
)
def test_what_makes_no_sense_is_no_hint(remaining: str, reset: str) -> None:
    headers = {"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset}
    assert requests_left(headers) is None


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_header_can_do_harm(remaining: str, reset: str) -> None:
    headers = {"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": reset}
    left = requests_left(headers)
    assert left is None or (left.amount >= 0 and 0 <= left.seconds <= LONGEST_HINT)

"""Look-alikes: honest names stay quiet, imitations and bare addresses are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planner.look_alikes import KNOWN, look_at, owner, readable


@pytest.mark.parametrize(
    ("host", "sign", "like"),
    [
        ("openai.com.evil.example", "look_alike", "openai.com"),
        ("openai-login.example", "look_alike", "openai.com"),
        ("0penai.com", "look_alike", "openai.com"),
        ("opneai.com", "look_alike", "openai.com"),
        ("anthropics.com", "look_alike", "anthropic.com"),
        ("xn--pple-43d.com", "look_alike", "apple.com"),
        ("sheets-collector.example", "look_alike", "sheets.example"),
        ("api.аcme.com", "letters", ""),  # the first letter is Cyrillic
        ("8.8.8.8", "address", ""),
        ("[2606:4700::1111]", "address", ""),
        ("10.0.0.7", "inside", ""),
        ("169.254.169.254", "inside", ""),
        ("[::1]", "inside", ""),
        ("2130706433", "inside", ""),
        ("0x7f.1", "inside", ""),
        ("localhost", "inside", ""),
        ("printer", "inside", ""),
        ("nas.local", "inside", ""),
    ],
)
def test_odd_names_are_named(host: str, sign: str, like: str) -> None:
    look = look_at(host, ["sheets.example"])
    assert (look.sign, look.like) == (sign, like)


@pytest.mark.parametrize(
    "host",
    [
        "api.openai.com",
        "example.com",
        "api.weather.gov",
        "bücher.de",
        "例子.com",
        "pineapple.com",
        "me.github.io",
        "x.co",
    ],
)
def test_honest_names_stay_quiet(host: str) -> None:
    assert look_at(host).sign == ""


def test_owner_of_hosts() -> None:
    assert owner("a.b.example.com") == "example.com"
    assert owner("shop.example.co.uk") == "example.co.uk"
    assert owner("api.example.com.cn.") == "example.com.cn"


def test_coded_letters_are_readable() -> None:
    assert readable("xn--bcher-kva.example") == "bücher.example"
    assert readable("xn--\N{SNOWMAN}.example") == "xn--\N{SNOWMAN}.example"


@given(st.sampled_from(KNOWN), st.from_regex(r"[a-z]{1,10}", fullmatch=True))
def test_a_known_name_below_another_owner_is_never_quiet(known: str, other: str) -> None:
    assert look_at(f"{known}.{other}x.example").sign == "look_alike"
    assert look_at(f"{other}.{known}").sign == ""


@given(st.text(max_size=60))
def test_no_name_breaks_it(host: str) -> None:
    look_at(host, ["example.com"])

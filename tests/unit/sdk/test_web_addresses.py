from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from app.sdk.powers import DECIDED_WHILE_RUNNING
from app.sdk.web_addresses import fill_address, host_of, is_address, with_query


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://API.Example.com:8443/x/{{id}}?q={{ q | trim }}", "api.example.com"),
        ("http://example.com", "example.com"),
        ("https://example.com./x", "example.com"),
        ("https://bücher.de/a", "xn--bcher-kva.de"),
        ("http://[::1]:80/", "::1"),
        ("https://example.com?x={{q}}", "example.com"),
    ],
)
def test_a_host_in_plain_sight_is_known_before_the_run(address: str, host: str) -> None:
    assert host_of(address) == host
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    ["{{url}}", "https://{{host}}/x", "https://api.{{x}}.com/", "https://api.x.com{{path}}", "{{a}}{{b}}"],
)
def test_a_host_from_data_is_decided_while_running(address: str) -> None:
    assert host_of(address) == DECIDED_WHILE_RUNNING
    assert is_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://",
        "https://user:pw@example.com/",
        "https://example.com\\@evil.com/",
        "http://x:99999/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\u202e",
        "http://[",
    ],
)
def test_what_is_no_address(address: str) -> None:
    assert not is_address(address)


@given(st.text(), st.text())
def test_no_value_leads_to_another_host_or_path(piece: str, query: str) -> None:
    filled = fill_address("https://example.com/a/{{piece}}/z?q={{query}}", {"piece": piece, "query": query})
    url = URL(filled)
    assert url.host == "example.com"
    if piece not in ("", ".", ".."):
        assert len(urlsplit(filled).path.split("/")) == 4
        assert url.path.startswith("/a/")
        assert url.path.endswith("/z")
    assert url.query["q"] == query or query in (".", "..")


def test_half_a_character_is_no_crash() -> None:
    assert fill_address("https://example.com/{{a}}", {"a": "x\ud800"}) == "https://example.com/x%3F"


def test_query_values_are_added_before_the_fragment() -> None:
    assert with_query("https://e.com/?a=1#x", {"b c": "1&2"}) == "https://e.com/?a=1&b%20c=1%262#x"
    assert with_query("https://e.com/", {"b": "1"}) == "https://e.com/?b=1"
    assert with_query("https://e.com/", {}) == "https://e.com/"

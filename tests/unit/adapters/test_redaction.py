import base64
import json
from urllib.parse import quote

import pytest

from app.adapters.redaction import HIDDEN, hide_in_json, is_known_in, redact, remember

KEYS = [
    "sk-proj-abcdefghijklmnop0123456789",
    "sk-ant-api03-abcdefghijklmnop0123456789",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "xoxb-123456789012-abcdefghij",
    "gsk_abcdefghijklmnopqrstuvwx",
    "0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
]


@pytest.mark.parametrize("key", KEYS)
def test_what_looks_like_a_key_is_hidden(key: str) -> None:
    shown = redact(f"Refused: {key}, try again")
    assert key not in shown
    assert shown.startswith("Refused: ")
    assert shown.endswith(", try again")
    assert key not in redact(f"密钥{key}，请重试")


@pytest.mark.parametrize(
    "text",
    [
        'x-api-key: "0123456789abcdefXYZ"',
        "Authorization: Bearer 0123456789abcdefXYZ",
        "authorization=Basic MDEyMzQ1Njc4OWFiY2RlZg==",
        '{"api_key": "0123456789abcdefXYZ"}',
        "password=0123456789abcdefXYZ",
    ],
)
def test_a_value_beside_a_telling_name_is_hidden(text: str) -> None:
    assert "0123456789" not in redact(text)
    assert "MDEyMzQ1" not in redact(text)


def test_a_proxy_s_password_is_hidden() -> None:
    assert redact("http://me:hunter2@proxy:3128/") == f"http://{HIDDEN}@proxy:3128/"


def test_a_known_secret_is_hidden_in_every_spelling() -> None:
    secret = 'pä"ss wörd/+=&'
    remember(secret)
    for spelled in (
        secret,
        json.dumps({"k": secret}),
        json.dumps({"k": secret}, ensure_ascii=False),
        f"https://host/?q={quote(secret, safe='')}",
        base64.b64encode(f":{secret}".encode()).decode(),
        base64.b64encode(f"{secret}:".encode()).decode(),
        base64.b64encode(secret.encode()).decode(),
    ):
        assert HIDDEN in redact(f"before {spelled} after"), spelled


@pytest.mark.parametrize(
    "text",
    [
        "The model gpt-4o-mini took 12 tokens.",
        "sk-learn is a library",
        "/home/me/task-list-of-everything.csv",
        "token count: 120 of 4096",
        "2026-11-22T10:00:00 INFO app.engine started",
        "digest e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
)
def test_innocent_text_stays(text: str) -> None:
    assert redact(text) == text


def test_short_values_are_not_hidden_everywhere() -> None:
    remember("abc")
    assert redact("abcdef") == "abcdef"


def test_a_secret_that_is_part_of_a_name_leaves_the_name_as_it_is() -> None:
    remember("second")
    line = '{"event":"NodeSettled","seconds":0.25,"text":"the second one","deep":[{"seconds":"second"}]}'
    found = json.loads(hide_in_json(line))
    assert found == {
        "event": "NodeSettled",
        "seconds": 0.25,
        "text": f"the {HIDDEN} one",
        "deep": [{"seconds": HIDDEN}],
    }


def test_json_without_a_secret_is_left_to_the_last_byte() -> None:
    line = '{"b": 1.0,   "a":"\\u8bed"}'
    assert hide_in_json(line) == line


def test_a_secret_is_hidden_however_deep_it_lies() -> None:
    remember("deep-secret-of-this-test")
    line = "[" * 5000 + '"the deep-secret-of-this-test"' + "]" * 5000
    assert hide_in_json(line) == line.replace("deep-secret-of-this-test", HIDDEN)


def test_a_secret_is_found_among_many_texts() -> None:
    remember("secret-among-many")
    assert is_known_in(["", "the secret-among-many", "others"])
    assert not is_known_in(["secret-among", "-many", "others"])

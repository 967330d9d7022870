from __future__ import annotations

import json
import time
from typing import Any

import pytest

from app.document.file_writer import to_plain
from app.document.json_codec import read, write
from app.document.key_scan import find, looks_random, refusals, without_keys
from app.document.workflow import Graph, Json, Layout, Node, Note, Workflow

# Put together here, so that no scanner takes this file for a leak.
KEYS = {
    "openai": "sk-" + "proj-abcDEF0123456789ghij",
    "anthropic": "sk-ant-" + "api03-AbCdEf123456_-xyz",
    "google": "AIza" + "SyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "amazon": "AKIA" + "IOSFODNN7EXAMPLE",
    "slack": "xoxb-" + "1234567890-abcdefghij",
    "github": "ghp_" + "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8",
    "github fine": "github_pat_" + "11ABCDEFG0abcdefghij_klmnop",
    "gitlab": "glpat-" + "a1b2c3d4e5f6g7h8",
    "hugging face": "hf_" + "AbCdEf0123456789GhIjKl",
    "groq": "gsk_" + "AbCdEf0123456789GhIjKl",
    "stripe": "sk_live_" + "a1b2c3d4e5f6g7h8i9",
    "jwt": "eyJhbGciOiJI" + "UzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w",
    "bearer": "Bearer " + "a1b2c3d4e5f6g7h8",
    "basic": "authorization: basic " + "dXNlcjpwYXNzMTIzNDU2",
    "pem": "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIE",
    "address": "https://me:" + "s3cret-word@example.com/api",
    "query": "https://example.com/?q=1&api_key=" + "a1b2c3d4e5f6g7h8",
}


def holding(field: str, value: Json) -> Workflow:
    return Workflow("w", "", graph=Graph({"a1": Node("a1", "tool.web", title="Ask", fields={field: value})}))


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS.keys())
@pytest.mark.parametrize("around", ["{}", "Use {} please", "密钥{}在此", "line one\n{}\nline three"])
def test_known_keys_are_found_wherever_they_stand(key: str, around: str) -> None:
    (problem,) = refusals(holding("prompt", around.format(key)))
    assert (problem.code, problem.node, problem.field) == ("file.looks_like_key", "a1", "prompt")
    assert problem.args == {"where": "prompt", "step": "Ask"}
    assert key not in repr(problem)


@pytest.mark.parametrize(
    "name",
    [
        "key",
        "apiKey",
        "api_key",
        "X-Auth-Token",
        "password",
        "client-secret",
        "Authorization",
        "密码",
        "访问令牌",
    ],
)
@pytest.mark.parametrize(
    "value", ["a1b2c3d4e5f6g7h8", "Zx8$kQ2!pL9#vB4&", "d290f1ee-6c54-4b01-90e6-d701748f0851"]
)
def test_random_texts_are_found_under_names_that_say_so(name: str, value: str) -> None:
    assert refusals(holding(name, value))
    assert (
        refusals(holding("headers", [{"name": name, "value": value}]))[0].args["where"] == "headers[0].value"
    )
    assert refusals(holding("headers", {name: [value]}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", "invoice_number"),
        ("key", "customer_id_2024_final"),
        ("token", "{{a1b2.c3d4.e5f6.g7h8}}"),
        ("password", "hunter2"),
        ("password", "Ask the person who runs the server for it"),
        ("max_tokens", 4096),
        ("keywords", "a1b2c3d4e5f6g7h8"),
        ("prompt", "a1b2c3d4e5f6g7h8"),
        ("prompt", "Explain how sk-learn-pipelines-differ-from-plain-functions."),
        ("prompt", "The bearer of good news; basic understanding of internationalisation"),
        ("prompt", "See https://example.com/search?key=value&token=short and http://host:8080/a@b"),
        ("prompt", "task-management-and-scheduling-of-things-2024"),
        ("url", "https://{{user}}:{{password}}@example.com"),
        ("connection", {"connection": "Company OpenAI", "kind": "openai"}),
    ],
)
def test_ordinary_texts_are_left_alone(name: str, value: Json) -> None:
    assert refusals(holding(name, value)) == ()


def test_every_part_of_the_file_is_looked_at() -> None:
    key = KEYS["openai"]
    inner = Node("in", "t", note=key, extra={"future": {"deep": [key]}})
    workflow = Workflow(
        "w",
        key,
        inputs={"default": key},
        graph=Graph({"f": Node("f", "flow.map", body=Graph({"in": inner}))}),
        layout=Layout(notes={"n": Note(key, 0, 0)}),
        header={"x": key},
    )
    found = refusals(workflow)
    assert {(p.code, p.node, p.args["where"]) for p in found} == {
        ("file.looks_like_key_outside", None, "workflow.name"),
        ("file.looks_like_key_outside", None, "workflow.inputs.default"),
        ("file.looks_like_key", "in", "note"),
        ("file.looks_like_key", "in", "future.deep[0]"),
        ("file.looks_like_key_outside", None, "layout.notes.n.text"),
        ("file.looks_like_key_outside", None, "x"),
    }


def test_the_loader_warns_and_opens() -> None:
    loaded = read(write(holding("prompt", KEYS["github"])))
    assert [(p.code, p.severity, p.node) for p in loaded.warnings] == [("file.holds_key", "warning", "a1")]


def test_a_copy_without_keys_keeps_the_rest() -> None:
    workflow = holding("rows", [{"a": KEYS["slack"], "b": "kept"}])
    plain = to_plain(workflow)
    cleaned = without_keys(plain)
    assert KEYS["slack"] not in json.dumps(cleaned)
    node: Any = cleaned["workflow"]
    assert node["nodes"]["a1"]["fields"]["rows"] == [{"a": "", "b": "kept"}]
    assert list(find(plain))  # the original is as it was


@pytest.mark.parametrize(
    "text", ["", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "1234567890123456", "two words here 1a2b3c"]
)
def test_what_is_not_random(text: str) -> None:
    assert not looks_random(text)


@pytest.mark.parametrize(
    "piece",
    [
        "sk-",
        "-eyJ",
        "-eyJx.",
        "?key=",
        "://a:",
        "bearer ",
        "bearer  \t",
        "hf_",
        "-----BEGIN ",
        "-SG.",
        "a1",
        "token",
    ],
)
def test_no_text_makes_the_search_slow(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    start = time.process_time()
    list(find({"token": text, "x": [text, {"name": "token", "value": text[:4000]}]}))
    assert time.process_time() - start < 5  # seconds for two million characters; each takes well under one

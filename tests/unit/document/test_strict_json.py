from __future__ import annotations

import contextlib
import time

import pytest

from app.document.format import MAX_BYTES
from app.document.problem import Problem, ProblemError
from app.document.strict_json import parse


def refusal(data: bytes) -> Problem:
    with pytest.raises(ProblemError) as refused:
        parse(data)
    (problem,) = refused.value.problems
    return problem


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "empty", None),
        (b" \n\t ", "empty", None),
        (b"\xef\xbb\xbf", "empty", None),
        ('{"a": "é"}'.encode("latin-1"), "not_utf8", 1),
        (b'{\n"a": "\xff"}', "not_utf8", 2),
        ('{"a": 1}'.encode("utf-16"), "not_utf8", 1),
        (b'{"a": "\xed\xa0\x80"}', "not_utf8", 1),  # a surrogate written as bytes
        (b"hello", "not_json", 1),
        (b'{"a": 1,\n"b": }', "not_json", 2),
        (b'{"a": 1} {"b": 2}', "not_json", 1),
        (b'{"a": "line\nend"}', "not_json", 1),
        (b"{'a': 1}", "not_json", 1),
        (b'{"a": 01}', "not_json", 1),
        (b'{"a": 1,}', "not_json", 1),
        (b'{"a": "\\x"}', "not_json", 1),
        (b'// note\n{"a": 1}', "not_json", 1),
        (b'{"a": 1,\n"b": 2,\n"a": 3}', "duplicate_key", 3),
        (b'{"a": {"x": 1,\n"\\u0078": 2}}', "duplicate_key", 2),  # the same key in another spelling
        (b'{"a":\nNaN}', "bad_number", 2),
        (b'{"a": [1, -Infinity]}', "bad_number", 1),
        (b'{"a":\n\n1e999}', "big_number", 3),
        (b'{"a": 9223372036854775808}', "big_number", 1),
        (b'{"a": -9223372036854775809}', "big_number", 1),
        (b'{"a": ' + b"9" * 100_000 + b"}", "big_number", 1),
        (b'{"a": "\\ud800"}', "broken_character", 1),
        (b'{\n"a": ["x", "\\udc00\\ud800"]}', "broken_character", 2),
        (b'{"\\ud800": 1}', "broken_character", 1),
        (b"[1]", "not_a_workflow", None),
        (b'"text"', "not_a_workflow", None),
    ],
)
def test_refusals(data: bytes, code: str, line: int | None) -> None:
    problem = refusal(data)
    assert problem.code == f"file.{code}"
    assert problem.args.get("line") == line


def test_what_is_allowed() -> None:
    text = '\ufeff{"a": 9223372036854775807, "b": -9223372036854775808, "c": 1e308, "d": "\\ud83d\\ude00", "e": null}'
    value, _ = parse(text.encode())
    assert value == {"a": 2**63 - 1, "b": -(2**63), "c": 1e308, "d": "😀", "e": None}


def test_a_file_over_the_limit_is_refused_unread() -> None:
    problem = refusal(b" " * (MAX_BYTES + 1))
    assert (problem.code, problem.args["limit"]) == ("file.over_limit", 5)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [65, 1_000, 100_000])
def test_depth_is_checked_before_the_parser_could_overflow(opening: bytes, depth: int) -> None:
    problem = refusal(opening * depth)
    assert (problem.code, problem.args["line"]) == ("file.too_deep", 1)


def test_depth_64_is_allowed_and_brackets_in_texts_are_no_depth() -> None:
    value, _ = parse(b'{"a":' + b"[" * 63 + b"]" * 63 + b', "b": "' + b"[" * 1000 + b'\\"[["}')
    assert value["b"] == "[" * 1000 + '"[['


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": "' + b"\\\\" * 2_000_000 + b'"',
        b'"' * 4_000_000,
        b'{"a": [' + b"[]," * 800_000 + b"[]]}",
        b'{"a": "' + b"x" * 4_900_000 + b'"}',
        b'{"a": [' + b"1," * 800_000 + b"NaN]}",
        b"{" + b'"a":1,' * 800_000 + b'"b":1}',
        b"\\" * 4_900_000,
    ],
    ids=["escapes", "quotes", "brackets", "long text", "late fault", "many keys", "backslashes"],
)
def test_no_file_takes_long(data: bytes) -> None:
    start = time.process_time()
    with contextlib.suppress(ProblemError):
        parse(data)
    assert time.process_time() - start < 10  # seconds; each takes about one


@pytest.mark.parametrize("key", [b"\\u001b[31m", b"\\u202e", b"x" * 10_000, b"\\ud800"])
def test_hostile_keys_are_not_repeated_in_messages(key: bytes) -> None:
    problem = refusal(b'{"' + key + b'": 1, "' + key + b'": 2}')
    shown = str(problem.args["key"]) + str(problem.args["path"])
    assert shown.isprintable()
    assert len(shown) < 200

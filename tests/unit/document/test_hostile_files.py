"""Whatever stands in a file: it opens, or a Problem says why not, in both languages and fit to print."""

from __future__ import annotations

import copy
import json
import random
import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from app.document.json_codec import digest, read, write
from app.document.problem import Problem, ProblemError
from app.document.workflow import (
    Edge,
    Graph,
    Group,
    Layout,
    Node,
    Note,
    OnError,
    PortRef,
    Retry,
    Settings,
    Workflow,
)
from app.texts import has, set_language, text

ROUNDS = 2000  # in every run of the tests; more seeds go on for as long as one likes

ODD_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**63 - 1,
    10**12,
    "",
    "\n",
    "x" * 500,
    "a.b",
    "\x1b[31m",
    "你好",
    [],
    [[]],
    ["a\n", "b"],
    {},
    {"": ""},
    {"nodes": {}, "edges": []},
    {"policy": "stop"},
)
ODD_BYTES = (b"\x00", b"\xff", b'"', b"\\", b"{", b"]", b",", b"NaN", b"1e999", b"\\ud800", b"\n", b"9" * 30)


def sample() -> Workflow:
    inner = Graph({"in1": Node("in1", "data.template"), "in2": Node("in2", "flow.if")})
    nodes = {
        "ask": Node(
            "ask", "intent.ask", fields={"samples": [{"message": "你好\nworld", "known": "greeting"}]}
        ),
        "map": Node("map", "flow.map", body=inner, extra={"x": 1}),
        "web": Node(
            "web", "tool.web", on_error=OnError("fallback", {"a": 1}), retry=Retry(2, 5.5), disabled=True
        ),
        "odd": Node(
            "odd", "no.such", 3, "Odd", {"rules": [{"field": "a", "value": None}]}, note="two\nlines"
        ),
    }
    edges = sorted(
        Edge(PortRef(a, "out"), PortRef(b, "in")) for a, b in [("ask", "map"), ("map", "web"), ("ask", "odd")]
    )
    layout = Layout(
        {"ask": (0, 0), "in1": (24, 48)},
        {"web": 300},
        {"n1": Note("Hello", 1, 2)},
        {"g1": Group("Both", ("ask", "map"))},
    )
    settings = Settings("1.00", 4, 60.0, {"x": [1]})
    return Workflow(
        "w1", "Sample", "A\nB", {"type": "object"}, {}, settings, Graph(nodes, tuple(edges)), layout
    )


def mutated(saved: bytes, chance: random.Random) -> bytes:
    return _bent_bytes(saved, chance) if chance.random() < 0.4 else _bent_content(json.loads(saved), chance)


def _bent_bytes(saved: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(saved))
        end = min(len(saved), at + chance.choice([0, 1, 1, 2, 40, 400]))
        piece = chance.choice(
            [b"", chance.choice(ODD_BYTES), saved[at:end] * 2, bytes([chance.randrange(256)])]
        )
        saved = saved[:at] + piece + saved[end:]
    return saved


def _bent_content(content: Any, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_slots(content)))
        action = chance.randrange(4)
        if action == 0:
            holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))
        elif action == 1:
            del holder[key]
        elif action == 2 and isinstance(holder, dict):
            holder[chance.choice([*string.printable, "id", "nodes", "web", "x" * 100])] = holder.pop(key)
        else:
            holder[key] = json.loads(json.dumps(chance.choice(list(_slots(content)))[0]))
        if not isinstance(content, dict) or not content:
            break
    return json.dumps(content, ensure_ascii=chance.random() < 0.5).encode()


def _slots(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in the data that holds something."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _slots(value[key])


def check(data: bytes) -> Problem | None:
    """Reads, and holds the reader to its promises; gives the Problem of a refusal."""
    try:
        loaded = read(data)
    except ProblemError as refused:
        for problem in refused.problems:
            check_text(problem)
        return refused.problems[0]
    for problem in loaded.warnings:
        check_text(problem)
    if not loaded.newer:
        saved = write(loaded.workflow)
        again = read(saved)
        assert again.workflow == loaded.workflow
        assert write(again.workflow) == saved
        assert digest(again.workflow) == digest(loaded.workflow)
    return None


def check_text(problem: Problem) -> None:
    for language in ("en", "zh-CN"):
        set_language(language)
        for code in (f"problem.{problem.code}", f"problem.{problem.code}.fix"):
            assert has(code, language), code
            sentence = text(code, **problem.args)
            assert not re.search(r"\{[a-z]+\}", sentence), sentence  # every argument is there
            assert sentence.isprintable(), sentence
            assert len(sentence) < 600
    set_language("en")


@pytest.mark.parametrize("seed", range(4))
def test_mutated_files_open_or_are_refused(seed: int) -> None:
    chance = random.Random(seed)
    saved = write(sample())
    outcomes = [check(mutated(saved, chance)) for _ in range(ROUNDS // 4)]
    assert any(outcome is None for outcome in outcomes)
    assert len({outcome.code for outcome in outcomes if outcome}) > 8  # the mutations reach many of the rules


def test_a_file_full_of_faults_tells_the_gravest_first() -> None:
    twice = {"from": {"node": "a", "port": "p"}, "to": {"node": "a", "port": "q"}}
    gone = {"from": {"node": "a", "port": "p"}, "to": {"node": "gone", "port": "q"}}
    content = {"id": "w", "nodes": {"a": {"type": "t"}}, "edges": [twice] * 1000 + [gone]}
    loaded = read(json.dumps({"format": "baton.workflow", "formatVersion": 1, "workflow": content}).encode())
    assert loaded.warnings[0].code == "file.edge_to_nowhere"
    assert len(loaded.warnings) == 50

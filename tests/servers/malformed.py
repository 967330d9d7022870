"""Answers as bad models and bad servers give them, from a seed: JSON that is cut, doubled, odd, or none at all."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.servers.answers import Answer

Broken = Callable[[random.Random, dict[str, Any]], str]


def _wrong_types(rng: random.Random, good: dict[str, Any]) -> str:
    odd = [None, 1, 1.5, "", "yes", [], {}, [1], True, {"a": {}}]
    return json.dumps({name: rng.choice([value, rng.choice(odd)]) for name, value in good.items()})


def _renamed(rng: random.Random, good: dict[str, Any]) -> str:
    name = rng.choice(list(good))
    return json.dumps({key if key != name else key.upper(): value for key, value in good.items()})


def _doubled(rng: random.Random, good: dict[str, Any]) -> str:
    name, text = rng.choice(list(good)), json.dumps(good)
    return f"{text[:-1]}, {json.dumps(name)}: {json.dumps(rng.choice([None, good[name], 7]))}}}"


BROKEN: Mapping[str, Broken] = {
    "good": lambda rng, good: json.dumps(good, indent=rng.choice([None, 2])),
    "truncated": lambda rng, good: json.dumps(good)[: rng.randrange(1, len(json.dumps(good)))],
    "duplicate": _doubled,
    "nan": lambda rng, good: json.dumps(
        good | {rng.choice(list(good)): float(rng.choice(["nan", "inf", "-inf"]))}
    ),
    "wrong types": _wrong_types,
    "other names": _renamed,
    "extra text": lambda rng, good: f"Sure{'!' * rng.randrange(4)} {json.dumps(good)} Anything [else]?",
    "fenced": lambda rng, good: f"```{rng.choice(['json', '', 'JSON '])}\n{json.dumps(good)}\n```\nDone.",
    "half a fence": lambda _, good: f"```json\n{json.dumps(good)}",
    "deep": lambda rng, _: "[" * (n := rng.choice([60, 65, 900, 60_000])) + "]" * rng.choice([0, n]),
    "deep objects": lambda rng, _: '{"a":' * (n := rng.choice([60, 70, 5000])) + "1" + "}" * n,
    "half characters": lambda rng, good: json.dumps(good | {rng.choice(list(good)): "\ud800"}),
    "raw half characters": lambda rng, good: json.dumps(
        good | {rng.choice(list(good)): "x\udfff"}, ensure_ascii=False
    ),
    "huge number": lambda rng, good: json.dumps(good).replace("false", rng.choice(["1e999", "9" * 5000])),
    "quoted": lambda _, good: json.dumps(json.dumps(good)),
    "single quotes": lambda _, good: str(good),
    "two values": lambda _, good: f"{json.dumps(good)}\n{json.dumps(good | {'topic': 'other'})}",
    "comment": lambda _, good: f"// the answer\n{json.dumps(good)[:-1]}, }}",
    "a list": lambda _, good: json.dumps([good, good]),
    "no object": lambda rng, _: rng.choice(["null", "true", "0", '""', "[]", "{}"]),
    "empty": lambda rng, _: rng.choice(["", " ", "\n\n", "\ufeff"]),
    "noise": lambda rng, _: "".join(rng.choice('{}[]",:\\u0dé9eE.-+ \n`') for _ in range(rng.randrange(400))),
}


def broken_answers(seed: int, count: int, good: dict[str, Any]) -> list[tuple[str, Answer]]:
    """So many answers with the kind of each, all kinds as often."""
    rng = random.Random(seed)
    kinds = list(BROKEN)
    drawn = [kinds[number % len(kinds)] for number in range(count)]
    rng.shuffle(drawn)
    return [(kind, Answer(BROKEN[kind](rng, good))) for kind in drawn]


def broken_calls(seed: int, count: int, name: str, good: dict[str, Any]) -> list[tuple[str, Answer]]:
    """Wishes to call a tool, with broken arguments, names, numbers and shapes."""
    rng = random.Random(seed)
    found: list[tuple[str, Answer]] = []
    for kind, answer in broken_answers(seed, count, good):
        odd = rng.choice(list(_ODD_CALLS))
        call = {"id": "c1", "type": "function", "function": {"name": name, "arguments": answer.text}}
        message = {"role": "assistant", "content": None, "tool_calls": _ODD_CALLS[odd](rng, call)}
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": rng.choice(["tool_calls", "stop", "length"]),
        }
        found.append((f"{odd}, {kind}", Answer("", extra={"choices": [choice]})))
    return found


def _with(call: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return call | {"function": call["function"] | changed}


_ODD_CALLS: Mapping[str, Callable[[random.Random, dict[str, Any]], Any]] = {
    "as it is": lambda _, call: [call],
    "as it is, in a hurry": lambda _, call: [call],
    "wrong name": lambda rng, call: [_with(call, name=rng.choice(["", "delete_all", "\ud800", "Count "]))],
    "odd name": lambda rng, call: [_with(call, name=rng.choice([None, 7, ["count"], {"a": 1}]))],
    "arguments as an object": lambda rng, call: [
        _with(call, arguments={"word": "a", "n": rng.choice([1, "1"])})
    ],
    "odd arguments": lambda rng, call: [_with(call, arguments=rng.choice([None, 7, [1], True, 1.5]))],
    "several": lambda rng, call: [call] * rng.choice([2, 5, 30]),
    "no id": lambda _, call: [call | {"id": None}],
    "odd id": lambda rng, call: [call | {"id": rng.choice([7, {}, "", []])}],
    "no function": lambda rng, call: [call | {"function": rng.choice([None, "count", [], 3])}],
    "odd index": lambda rng, call: [call | {"index": rng.choice([-1, "0", 10**30, None, 1.5])}, call],
    "no calls": lambda rng, call: rng.choice([[], None, {}, "count", [None], ["count"], [[call]]]),
}

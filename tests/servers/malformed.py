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

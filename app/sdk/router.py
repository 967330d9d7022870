"""A router: how likely each model passes its checks on a text, learned from answers that were checked."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any, cast

from app.sdk.fields import ModelChoice
from app.sdk.picking import LEAST_EVIDENCE, Picked, group_of, lower_bound
from app.sdk.verdict import Reason

_MOST = 10**9  # answers that a model can have been learned from
_PLACES = 1024  # that words are hashed to
_READ = 4000  # characters of a text that are looked at
_LEAST_OF_EACH = 8  # passed and failed answers before words are looked at; with fewer only the share counts
_ROUNDS = 15
_STEP = 0.5
_STRENGTHS = (1.0, 4.0, 12.0)  # how strongly weights are held near 0; the best on held-out answers is taken
_FOLDS = 5
_LEAST_WEIGHT = 0.02  # smaller ones are left out
_PIECE = re.compile(r"[a-z]+|\d+|[^\W\d_a-z]", re.ASCII | re.IGNORECASE)
_LETTER = re.compile(r"[^\x00-\x7f]")

Features = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Example:
    """A text that a model, by its target, was asked, and whether the answer passed."""

    text: str
    model: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Chance:
    """Logistic regression over hashed words, for one model. Without weights the share of `passed` is all it knows.

    `better` is by how much it predicted held-out answers better than that share, in bits an answer; 0 without weights.
    """

    n: int
    passed: int
    bias: float = 0.0
    weights: Features = field(default_factory=dict[int, float])
    better: float = 0.0

    def of(self, text: str) -> float:
        """How likely an answer to this text passes."""
        if not self.weights:
            return lower_bound(self.passed, self.n)
        return _squashed(self.bias + _dot(self.weights, features_of(text)))


@dataclass(frozen=True, slots=True)
class Router:
    """By the target of a model. The same data and text always give the same."""

    models: Mapping[str, Chance] = field(default_factory=dict[str, Chance])

    @property
    def examples(self) -> int:
        return sum(one.n for one in self.models.values())

    def to_text(self) -> str:
        """As it stands in a workflow's file: words are in it as numbers of places only."""
        plain = {
            name: {
                "n": one.n,
                "passed": one.passed,
                "bias": round(one.bias, 3),
                "weights": {str(at): round(weight, 3) for at, weight in sorted(one.weights.items())},
                "better": round(one.better, 3),
            }
            for name, one in self.models.items()
        }
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))


def router_of(text: str) -> Router:
    """The reverse of `to_text`; empty for an empty text. Raises ValueError."""
    if not text.strip():
        return Router()
    try:
        plain = cast("dict[str, dict[str, Any]]", json.loads(text))
        return Router({name: _chance(one) for name, one in plain.items()})
    except (KeyError, TypeError, AttributeError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error


def _chance(plain: Mapping[str, Any]) -> Chance:
    weights = {int(at): float(weight) for at, weight in plain["weights"].items()}
    numbers = (float(plain["bias"]), *weights.values())
    n, passed = int(plain["n"]), int(plain["passed"])
    if not all(map(math.isfinite, numbers)) or not 0 <= passed <= n <= _MOST:
        raise ValueError("not a number")
    return Chance(n, passed, numbers[0], weights, float(plain.get("better", 0.0)))


def learned(examples: Sequence[Example]) -> Router:
    """A router from these answers, the same for the same ones in the same order."""
    by_model: dict[str, list[Example]] = {}
    for one in examples:
        by_model.setdefault(one.model, []).append(one)
    return Router({name: _learned(some) for name, some in sorted(by_model.items())})


def _learned(examples: Sequence[Example]) -> Chance:
    passed = sum(one.passed for one in examples)
    plain = Chance(len(examples), passed)
    if min(passed, len(examples) - passed) < _LEAST_OF_EACH:
        return plain
    data = [(features_of(one.text), 1.0 if one.passed else 0.0) for one in examples]
    share = _loss_of_share(data)
    losses = {strength: _held_out(data, strength) for strength in _STRENGTHS}
    best = min(_STRENGTHS, key=lambda strength: losses[strength])
    if losses[best] >= share:  # what was seen says nothing of what was not
        return plain
    bias, weights = _fitted(data, best)
    kept = {at: weight for at, weight in weights.items() if abs(weight) >= _LEAST_WEIGHT}
    return Chance(plain.n, passed, bias, kept, (share - losses[best]) / math.log(2)) if kept else plain


def by_router(models: Sequence[ModelChoice], router: Router, wanted: float, prompt: str) -> Picked | None:
    """The first of the models, cheapest first, that likely enough passes on this text; where none does, the likeliest.
    None where too little was seen of any of them.
    """
    chances = [
        (model, router.models[model.target])
        for model in models
        if model.target in router.models and router.models[model.target].n >= LEAST_EVIDENCE
    ]
    if not chances:
        return None
    found = [(model, one, one.of(prompt)) for model, one in chances]
    good = next((one for one in found if one[2] >= wanted), None)
    model, chance, share = good or max(found, key=lambda one: one[2])
    code = "pick.likely" if good else "pick.likeliest"
    args = {
        "chance": round(share, 3),
        "wanted": wanted,
        "checked": chance.n,
        "passed": chance.passed,
        "group": group_of(prompt),
    }
    return Picked(model, Reason(code, "passed", args))


def features_of(text: str) -> Features:
    """Words, of writings without spaces single signs and pairs, hashed and together of length 1; then the kind of the
    text, its length, and whether it asks.
    """
    text = text[:_READ]
    pieces = _PIECE.findall(text.lower()) + _LETTER.findall(text)
    words = Counter[str](pieces)
    words.update(a + b for a, b in pairwise(pieces) if not a.isascii())
    found: dict[int, float] = {}
    for word, times in words.items():
        _add(found, word, 1.0 + math.log(times))
    length = math.sqrt(sum(value * value for value in found.values())) or 1.0
    found = {at: value / length for at, value in found.items()}
    _add(found, f"kind {group_of(text)}", 0.5)
    _add(found, "length", math.log1p(len(text)) / 10)
    _add(found, "digits", sum(map(str.isdigit, text)) / max(len(text), 1))
    _add(found, "asks", 0.5 if "?" in text or "？" in text else 0.0)
    return found


def _add(found: dict[int, float], word: str, value: float) -> None:
    number = int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
    at, sign = number % _PLACES, 1.0 if number >> 63 else -1.0
    found[at] = found.get(at, 0.0) + sign * value


def _fitted(data: Sequence[tuple[Features, float]], strength: float) -> tuple[float, dict[int, float]]:
    """Least regularised log loss by adaptive gradient steps (AdaGrad; Duchi, Hazan and Singer 2011)."""
    share = (sum(y for _, y in data) + 0.5) / (len(data) + 1)
    bias, weights = math.log(share / (1 - share)), dict[int, float]()
    moved: dict[int, float] = {}
    bias_moved = 1.0
    pull = strength / len(data)
    for _ in range(_ROUNDS):
        for x, y in data:
            wrong = _squashed(bias + _dot(weights, x)) - y
            bias_moved += wrong * wrong
            bias -= _STEP * wrong / math.sqrt(bias_moved)
            for at, value in x.items():
                slope = wrong * value + pull * weights.get(at, 0.0)
                moved[at] = moved.get(at, 1e-2) + slope * slope
                weights[at] = weights.get(at, 0.0) - _STEP * slope / math.sqrt(moved[at])
    return bias, weights


def _held_out(data: Sequence[tuple[Features, float]], strength: float) -> float:
    """The mean log loss on answers that were not learned from."""
    whole = 0.0
    for fold in range(_FOLDS):
        bias, weights = _fitted([one for i, one in enumerate(data) if i % _FOLDS != fold], strength)
        for x, y in data[fold::_FOLDS]:
            whole += _loss(_squashed(bias + _dot(weights, x)), y)
    return whole / len(data)


def _loss_of_share(data: Sequence[tuple[Features, float]]) -> float:
    """The same, had the share of the others been all that was known."""
    total = sum(y for _, y in data)
    return sum(_loss((total - y + 0.5) / len(data), y) for _, y in data) / len(data)


def _loss(chance: float, y: float) -> float:
    chance = min(max(chance, 1e-6), 1 - 1e-6)
    return -math.log(chance if y else 1 - chance)


def _dot(weights: Features, x: Features) -> float:
    return sum(value * weights[at] for at, value in x.items() if at in weights)


def _squashed(value: float) -> float:
    return 1 / (1 + math.exp(-min(max(value, -30.0), 30.0)))

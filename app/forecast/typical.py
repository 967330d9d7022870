"""What is typical where nobody knows: lengths by kind of step, and constants that were tuned by measurement.

`tests/bench/forecast_coverage.py` tunes them on one half of its workflows and seeds and reports the other half
(docs/measurements.md).
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from app.costs.price import Price
from app.document.workflow import Json
from app.planner.plan import PlanStep

BYTES_A_TOKEN = 4
VALUE_TOKENS = 60.0  # of a value that comes in from outside
TOKENS_A_SECOND = 50.0  # where no speed was seen; of a model of the cloud its price tells more
_SPEEDS = ((2.0, 90.0), (math.inf, 40.0))  # by US dollars of a million tokens written, at the most
SECONDS_A_CALL = 0.5  # before the first token
ELEMENTS = 10.0  # of a list whose length nobody knows
SELDOM_ON = ("model.fallback",)  # the next stage only if the one before could not answer
GROWING = ("model.roles",)  # each call reads what was said before


@dataclass(frozen=True, slots=True)
class Beta:
    """What a share may be where nobody knows: as after so many times yes and no."""

    yes: float
    no: float


GOING_ON = Beta(1.2, 2.5)  # to the next stage of a step
SELDOM_GOING_ON = Beta(0.3, 9.7)
TURNING = Beta(1.2, 1.2)  # to one more turn of a Loop or an agent
FAILING = Beta(0.2, 19.8)  # of a call
REPAIRED = Beta(0.5, 7.5)  # an answer that isn't in the form that was asked for

_OVERHEAD = 10  # tokens of the words that a step and a provider add by themselves
_NOT_SENT = ("model", "models", "judge", "otherwise", "evidence")
_REFERENCE = re.compile(r"\{\{[^{}]*\}\}")
JUDGEMENT = 45.0  # tokens of a reason in a sentence, and a score
_ANSWERS = {
    "intent.classify": 4.0,
    "verifier.judge": JUDGEMENT,
    "model.structured": 60.0,
    "model.embed": 0.0,
}
_SHAPES = {"label": 4.0, "json": 60.0}  # of steps whose answer may be a text or something shorter
_A_FIELD = 12.0  # tokens of each field to extract


@dataclass(frozen=True, slots=True)
class Constants:
    """`answer` are the tokens of an answer in general; `step` and `call` the spread (of the logarithm) of a step's
    typical answer around ours and of single answers around that; `speed` that of a model's speed.

    `prior` is how many past runs the typical one weighs as, `spread` how far a run may be from the past one that is
    drawn for it, in their own spread over the root of their number. `tail` and `cold_tail` are the shares of simulated
    runs that are left out at each end.
    """

    answer: float = 115.0
    step: float = 0.7
    call: float = 0.9
    speed: float = 0.5
    prior: float = 0.5
    spread: float = 1.0
    tail: float = 0.11
    cold_tail: float = 0.1

    def tail_of(self, seen: int) -> float:
        """After so many past runs: the next one lies beyond all of them the more often the fewer they are (Hazen's
        plotting position).
        """
        return max(0.01, (self.tail * (seen + 1) - 0.5) / seen)


TUNED = Constants()


def own_tokens(step: PlanStep) -> float:
    """What the step itself sends with each call: its prompt, labels, examples, rules."""
    if step.spec is None:
        return 0.0
    fields = step.spec.encode(step.fields)
    sent = [_sent(value) for name, value in fields.items() if name not in _NOT_SENT]
    return sum(len(text.encode(errors="replace")) for text in sent) / BYTES_A_TOKEN + _OVERHEAD


def _sent(value: Json) -> str:
    if isinstance(value, str):
        return _REFERENCE.sub("", value)  # what is filled in counts by its own size
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else ""


def answer_tokens(step: PlanStep, usual: float) -> float:
    """The length of a typical answer, never more than the step allows; `usual` where its kind doesn't say."""
    fields: Any = step.fields
    kind = step.node.type
    typical = _SHAPES.get(getattr(fields, "answer", ""), _ANSWERS.get(kind, usual))
    if kind == "intent.extract":
        typical = 10 + _A_FIELD * len(fields.wanted)
    return min(typical, most_tokens(step) / 2)


def most_tokens(step: PlanStep) -> float:
    """The longest answer that the step allows."""
    most = getattr(step.fields, "max_tokens", None)
    return float(most) if isinstance(most, int) else 4096.0


def usual_speed(price: Price | None) -> float:
    """Tokens a second of a model that nobody saw at work: small ones are cheap and fast."""
    if price is None:
        return TOKENS_A_SECOND
    dollars = float(price.output) * 1_000_000
    return next(speed for most, speed in _SPEEDS if dollars <= most)


def tokens_in(value: object) -> float:
    """Of a value that is known beforehand."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return len(text.encode(errors="replace")) / BYTES_A_TOKEN

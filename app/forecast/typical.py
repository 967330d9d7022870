"""What is typical where nobody knows: lengths by kind of step, and constants that were tuned by measurement.

`tests/bench/forecast_coverage.py` tunes them on one half of its workflows and seeds and reports the other half
(docs/measurements.md).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from app.document.workflow import Json
from app.planner.plan import PlanStep

BYTES_A_TOKEN = 4
VALUE_TOKENS = 60.0  # of a value that comes in from outside
TOKENS_A_SECOND = 50.0  # where no speed was seen
SECONDS_A_CALL = 0.5  # before the first token
ELEMENTS = 10.0  # of a list whose length nobody knows
ESCALATING = ("model.cascade", "model.fallback")

_OVERHEAD = 10  # tokens of the words that a step and a provider add by themselves
_NOT_SENT = ("model", "models", "judge", "otherwise", "evidence")
_REFERENCE = re.compile(r"\{\{[^{}]*\}\}")
_ANSWERS = {
    "intent.classify": 8.0,
    "verifier.judge": 45.0,
    "model.structured": 60.0,
    "model.embed": 0.0,
}
_ANSWER = 180.0
_A_FIELD = 12.0  # tokens of each field to extract


@dataclass(frozen=True, slots=True)
class Constants:
    """`step` and `call` are the spread (of the logarithm) of a step's typical answer around ours and of single answers
    around that; `speed` that of a model's speed. `prior` is how many past runs the typical one weighs as, `spread`
    what a few past runs may be off by, `tail` the share of simulated runs that is left out at each end.
    """

    step: float = 0.5
    call: float = 0.6
    speed: float = 0.6
    prior: float = 0.5
    spread: float = 0.8
    tail: float = 0.08
    cold_tail: float = 0.05


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


def answer_tokens(step: PlanStep) -> float:
    """The length of a typical answer, never more than the step allows."""
    fields: Any = step.fields
    kind = step.node.type
    typical = _ANSWERS.get(kind, _ANSWER)
    if kind == "intent.extract":
        typical = 10 + _A_FIELD * len(fields.wanted)
    return min(typical, most_tokens(step) / 2)


def most_tokens(step: PlanStep) -> float:
    """The longest answer that the step allows."""
    most = getattr(step.fields, "max_tokens", None)
    return float(most) if isinstance(most, int) else 4096.0


def tokens_in(value: object) -> float:
    """Of a value that is known beforehand."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return len(text.encode(errors="replace")) / BYTES_A_TOKEN

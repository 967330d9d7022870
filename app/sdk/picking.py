"""Picking one of several models: by rules, or by how often each passed its checks on inputs of the same kind."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from app.sdk.conditions import ALONE, OPERATORS, holds
from app.sdk.data_types import Value
from app.sdk.fields import SMALL, STRONG, ChoiceField, ModelChoice, ModelField, NumberField, Option, TextField
from app.sdk.references import value_of
from app.sdk.verdict import Reason

LookAt: TypeAlias = Literal["length", "writing", "value"]

LEAST_EVIDENCE = 10  # checked answers of a model before it is trusted
_SURE = 1.2816  # standard deviations: the true rate is above the bound in 90 of 100 cases
_SHORT, _LONG = 200, 1000  # characters
_LETTERS = {"chinese": 3, "japanese": 3, "korean": 3}  # that one character says as much as
_WITH_VALUE = tuple(option.value for option in OPERATORS if option.value not in ALONE)


@dataclass(frozen=True, slots=True)
class PickRule:
    """One row: what is looked at, how it is compared, and who answers where that holds."""

    look_at: Annotated[
        LookAt,
        ChoiceField(
            label="Look at",
            options=(
                Option("length", "the length", "Characters of the prompt, its values filled in."),
                Option(
                    "writing", "the writing", "latin, chinese, japanese, korean, cyrillic, arabic or other."
                ),
                Option("value", "a value"),
            ),
        ),
    ] = "length"
    what: Annotated[
        str,
        TextField(
            label="Which value", placeholder="{{priority}}", references=True, shown_if=("look_at", ("value",))
        ),
    ] = ""
    operator: Annotated[str, ChoiceField(label="Comparison", options=OPERATORS)] = "at_least"
    value: Annotated[
        str, TextField(label="Compared with", references=True, shown_if=("operator", _WITH_VALUE))
    ] = "1000"
    model: Annotated[ModelChoice, ModelField(label="Then ask")] = STRONG


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a model did on inputs of one kind, as its checks found it."""

    group: Annotated[str, TextField(label="Kind of input", help="Such as “short latin”.")] = ""
    model: Annotated[ModelChoice, ModelField(label="Model")] = SMALL
    passed: Annotated[int, NumberField(label="Passed", minimum=0)] = 0
    checked: Annotated[int, NumberField(label="Checked", minimum=0)] = 0


@dataclass(frozen=True, slots=True)
class Picked:
    """Who answers, and why."""

    model: ModelChoice
    reason: Reason


def group_of(text: str) -> str:
    """The kind of an input, in two plain words: how long it is and how it is written."""
    size = "short" if len(text) < _SHORT else "medium" if len(text) < _LONG else "long"
    return f"{size} {writing_of(text)}"


def writing_of(text: str) -> str:
    """The writing that most of its letters belong to; kana make a text Japanese, whatever else is in it."""
    found = Counter[str]()
    for character in text[:2000]:
        if writing := _writing(character):
            found[writing] += _LETTERS.get(writing, 1)
    if found["japanese"] * 10 > found["chinese"]:
        return "japanese"
    return found.most_common(1)[0][0] if found else "other"


def by_rules(
    rules: Sequence[PickRule], otherwise: ModelChoice, prompt: str, inputs: Mapping[str, Value]
) -> Picked:
    """The model of the first rule that holds. Raises NodeError `condition.not_comparable`, `reference.*`."""
    for row, rule in enumerate(rules, 1):
        right = None if rule.operator in ALONE else value_of(rule.value, inputs)
        if holds(_looked_at(rule, prompt, inputs), rule.operator, right):
            return Picked(rule.model, Reason("pick.rule", "passed", {"row": row, "group": group_of(prompt)}))
    return Picked(otherwise, Reason("pick.otherwise", "passed", {"group": group_of(prompt)}))


def by_evidence(
    models: Sequence[ModelChoice],
    otherwise: ModelChoice,
    evidence: Sequence[Evidence],
    wanted: float,
    prompt: str,
) -> Picked:
    """The first of the models, cheapest first, that surely reaches the wanted rate on such inputs."""
    group = group_of(prompt)
    most = 0
    for model in models:
        rows = [row for row in evidence if row.group == group and row.model.target == model.target]
        passed, checked = sum(row.passed for row in rows), sum(row.checked for row in rows)
        most = max(most, checked)
        if checked >= LEAST_EVIDENCE and (bound := lower_bound(passed, checked)) >= wanted:
            args = {"group": group, "passed": passed, "checked": checked, "least": round(bound, 3)}
            return Picked(model, Reason("pick.learned", "passed", args))
    code = "pick.no_evidence" if most < LEAST_EVIDENCE else "pick.none_reaches"
    return Picked(otherwise, Reason(code, "passed", {"group": group, "checked": most, "wanted": wanted}))


def lower_bound(passed: int, checked: int) -> float:
    """The lower end of the score interval of a share (Wilson 1927): what it is at least, in 90 of 100 cases."""
    if checked <= 0:
        return 0.0
    share, z2 = min(passed, checked) / checked, _SURE * _SURE
    middle = share + z2 / (2 * checked)
    spread = _SURE * math.sqrt(share * (1 - share) / checked + z2 / (4 * checked * checked))
    return max(0.0, (middle - spread) / (1 + z2 / checked)) if passed > 0 else 0.0


def _looked_at(rule: PickRule, prompt: str, inputs: Mapping[str, Value]) -> Value:
    if rule.look_at == "length":
        return len(prompt)
    return writing_of(prompt) if rule.look_at == "writing" else value_of(rule.what, inputs)


_NAMES: Mapping[str, str] = {
    "LATIN": "latin",
    "CJK": "chinese",
    "HIRAGANA": "japanese",
    "KATAKANA": "japanese",
    "HANGUL": "korean",
    "CYRILLIC": "cyrillic",
    "ARABIC": "arabic",
}


def _writing(character: str) -> str:
    if character.isascii():
        return "latin" if character.isalpha() else ""
    if not character.isalpha():
        return ""
    return _NAMES.get(unicodedata.name(character, "").partition(" ")[0], "other")

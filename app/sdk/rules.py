"""Rules in plain words: one row of a Check, tried on a value, gives a Reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from app.document.problem import Argument
from app.sdk import conditions
from app.sdk.data_types import Value
from app.sdk.errors import NodeError
from app.sdk.fields import ChoiceField, NumberField, Option, TextField, ToggleField
from app.sdk.json_schema import faults, unknown_words
from app.sdk.normal_forms import number_of
from app.sdk.ports import PortSpec
from app.sdk.references import Reference, as_text, resolve, value_of
from app.sdk.source_check import Source
from app.sdk.verdict import Reason

Exact: TypeAlias = Annotated[
    bool,
    ToggleField(label="Capital letters and spaces count", help="In “equals” and “contains”.", advanced=True),
]
UncheckedPasses: TypeAlias = Annotated[
    bool,
    ToggleField(
        label="Let pass what could not be checked",
        help="Otherwise it counts as failed: a check that did not run is no pass.",
        advanced=True,
    ),
]
RuleName: TypeAlias = Literal[
    "not_empty",
    "equals",
    "equals_known",
    "contains",
    "not_contains",
    "number",
    "length",
    "schema",
    "in_source",
    "confidence",
]

RULES: tuple[Option, ...] = (
    Option("not_empty", "is not empty"),
    Option("equals", "equals"),
    Option("equals_known", "equals the known answer"),
    Option("contains", "contains"),
    Option("not_contains", "does not contain"),
    Option("number", "is a number"),
    Option("length", "has a length", "Characters of a text, entries of a list."),
    Option("schema", "matches a schema", "What a record must look like, as JSON Schema."),
    Option(
        "in_source",
        "occurs in the source",
        "Every text, number and date of it stands in the text it came from.",
    ),
    Option("confidence", "confidence is at least"),
)
_COMPARES = ("equals", "contains", "not_contains")
_HAS_LIMITS = ("number", "length")
_SHOWN = 200  # characters of a value in a reason

# What some rules look at besides the value.
RULE_INPUTS: Mapping[RuleName, PortSpec] = {
    "equals_known": PortSpec("expected", "Known answer", "any"),
    "in_source": PortSpec("source", "Source", "text"),
    "confidence": PortSpec("confidence", "Confidence", "number"),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: which rule, and what it needs to know."""

    rule: Annotated[RuleName, ChoiceField(label="Rule", options=RULES)] = "not_empty"
    value: Annotated[str, TextField(label="Compared with", references=True, shown_if=("rule", _COMPARES))] = (
        ""
    )
    minimum: Annotated[float | None, NumberField(label="From", shown_if=("rule", _HAS_LIMITS))] = None
    maximum: Annotated[float | None, NumberField(label="To", shown_if=("rule", _HAS_LIMITS))] = None
    schema: Annotated[
        str, TextField(label="Schema", lines=6, monospace=True, shown_if=("rule", ("schema",)))
    ] = ""
    at_least: Annotated[
        float,
        NumberField(
            label="At least", minimum=0, maximum=1, step=0.05, slider=True, shown_if=("rule", ("confidence",))
        ),
    ] = 0.7
    part: Annotated[
        str,
        TextField(label="Of the field", help="Empty: the whole value.", placeholder="total", advanced=True),
    ] = ""


@dataclass(frozen=True, slots=True)
class _Case:
    """A rule, the value (or the part of it) that it is about, and what it may look at besides."""

    rule: Rule
    value: Value
    inputs: Mapping[str, Value]
    exact: bool

    @property
    def wanted(self) -> Value:
        return value_of(self.rule.value, self.inputs)

    @property
    def got(self) -> str:
        return _shown(self.value)


def try_rule(rule: Rule, inputs: Mapping[str, Value], *, exact: bool = False) -> Reason:
    """Whether the input `value` keeps the rule; "not checked" where what it needs is empty.

    With `exact`, capital letters and spaces count. Raises NodeError `reference.*`.
    """
    return _TESTS[rule.rule](_Case(rule, _part(rule.part, inputs), inputs, exact))


def rule_faults(rule: Rule) -> Iterator[tuple[str, Mapping[str, Argument]]]:
    """What is wrong with a rule before anything is tried on it: problem codes with arguments."""
    if rule.rule in _COMPARES and not rule.value.strip():
        yield "check.nothing_to_compare", {}
    if rule.rule in _HAS_LIMITS:
        if rule.minimum is None and rule.maximum is None:
            yield "check.no_limits", {}
        elif rule.minimum is not None and rule.maximum is not None and rule.minimum > rule.maximum:
            yield "check.limits_crossed", {}
    if rule.rule == "schema":
        yield from _schema_faults(rule.schema)


def compared_with(rule: Rule) -> str:
    """The text whose references grow inputs; what is left over from another rule doesn't count."""
    return rule.value if rule.rule in _COMPARES else ""


def in_short(rule: Rule) -> str:
    """The rule in signs that every language reads; empty where it has none."""
    if rule.rule == "confidence":
        return f"≥ {rule.at_least:g}"
    if rule.rule == "equals":
        return f"= {rule.value}"
    return _limits(rule) if rule.rule in _HAS_LIMITS else ""


def _limits(rule: Rule) -> str:
    match rule.minimum, rule.maximum:
        case None, None:
            return ""
        case low, None:
            return f"≥ {low:g}"
        case None, high:
            return f"≤ {high:g}"
        case low, high:
            return f"{low:g}…{high:g}"


def _schema_faults(text: str) -> Iterator[tuple[str, Mapping[str, Argument]]]:
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        yield "check.schema_not_json", {}
        return
    for fault in unknown_words(schema):
        yield "check.schema_word", {"word": fault.word, "path": fault.path or "-"}


def _part(path: str, inputs: Mapping[str, Value]) -> Value:
    """The value, or a part of it by a dotted path; None where it has no such part."""
    steps = tuple(step.strip() for step in path.split(".")) if path.strip() else ()
    try:
        return resolve(Reference(0, 0, "value", steps, ()), inputs)
    except NodeError:
        return None


def _reason(code: str, kept: bool, **args: Argument) -> Reason:
    return Reason(f"check.{code}", "passed" if kept else "failed", args)


def _unchecked(code: str) -> Reason:
    return Reason(f"check.{code}", "not_checked", {})


def _shown(value: Value) -> str:
    return as_text(value)[:_SHOWN]


def _equal(case: _Case, other: Value) -> bool:
    return as_text(case.value) == as_text(other) if case.exact else conditions.equals(case.value, other)


def _holds(case: _Case, part: Value) -> bool:
    exact_text = case.exact and isinstance(case.value, str)
    return as_text(part) in as_text(case.value) if exact_text else conditions.contains(case.value, part)


def _not_empty(case: _Case) -> Reason:
    return _reason("not_empty", not conditions.is_empty(case.value), got=case.got)


def _equals(case: _Case) -> Reason:
    return _reason("equals", _equal(case, case.wanted), wanted=_shown(case.wanted), got=case.got)


def _equals_known(case: _Case) -> Reason:
    expected = case.inputs.get("expected")
    if conditions.is_empty(expected):
        return _unchecked("no_expected")
    return _reason("equals_known", _equal(case, expected), expected=_shown(expected), got=case.got)


def _contains(case: _Case) -> Reason:
    return _reason("contains", _holds(case, case.wanted), wanted=_shown(case.wanted), got=case.got)


def _not_contains(case: _Case) -> Reason:
    return _reason("not_contains", not _holds(case, case.wanted), unwanted=_shown(case.wanted), got=case.got)


def _number(case: _Case) -> Reason:
    is_number = isinstance(case.value, (int, float)) and not isinstance(case.value, bool)
    number = Decimal(str(case.value)) if is_number else number_of(as_text(case.value))
    if number is None:
        return _reason("not_a_number", kept=False, got=case.got)
    return _within("number", case, number, got=case.got)


def _length(case: _Case) -> Reason:
    value = case.value if isinstance(case.value, (Sequence, Mapping)) else as_text(case.value)
    return _within("length", case, Decimal(len(value)), size=len(value))


def _within(code: str, case: _Case, number: Decimal, **args: Argument) -> Reason:
    low, high = case.rule.minimum, case.rule.maximum
    kept = (low is None or number >= Decimal(str(low))) and (high is None or number <= Decimal(str(high)))
    return _reason(code, kept, limits=_limits(case.rule), **args)


def _schema(case: _Case) -> Reason:
    found = list(faults(json.loads(case.rule.schema), case.value))
    if not found:
        return _reason("schema", kept=True)
    return _reason(
        "schema_broken", kept=False, path=found[0].path or "-", word=found[0].word, faults=len(found)
    )


def _in_source(case: _Case) -> Reason:
    source = case.inputs.get("source")
    if conditions.is_empty(source):
        return _unchecked("no_source")
    text = Source(as_text(source))
    quotes = [(part, text.find(part)) for part in _leaves(case.value)]
    if not quotes:
        return _unchecked("nothing_to_find")
    absent = next((part for part, quote in quotes if quote is None), None)
    if absent is not None:
        return _reason("not_in_source", kept=False, got=_shown(absent))
    return _reason(
        "in_source",
        kept=True,
        got=_shown(quotes[0][0]),
        quote=quotes[0][1].text[:_SHOWN] if quotes[0][1] else "",
    )


def _leaves(value: Value) -> Iterator[Value]:
    """The texts and numbers that a value consists of."""
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for part in value:
            yield from _leaves(part)
    elif not isinstance(value, bool) and not conditions.is_empty(value):
        yield value


def _confidence(case: _Case) -> Reason:
    confidence = case.inputs.get("confidence")
    if not isinstance(confidence, (int, float)) or isinstance(confidence, bool):
        return _unchecked("no_confidence")
    return _reason(
        "confidence", confidence >= case.rule.at_least, at_least=case.rule.at_least, got=round(confidence, 3)
    )


_TESTS: Mapping[RuleName, Callable[[_Case], Reason]] = {
    "not_empty": _not_empty,
    "equals": _equals,
    "equals_known": _equals_known,
    "contains": _contains,
    "not_contains": _not_contains,
    "number": _number,
    "length": _length,
    "schema": _schema,
    "in_source": _in_source,
    "confidence": _confidence,
}

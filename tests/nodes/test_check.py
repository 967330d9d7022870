from __future__ import annotations

from typing import Any

import pytest

from app.document.workflow import JsonObject
from app.sdk.data_types import Value
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import NodeRun, run_node
from app.texts import catalogue

INVOICE = "ACME GmbH, total € 1.234,50, due 12 March 2026"


@pytest.fixture
def check(node) -> AnyNodeType:
    return node("verifier.check")


def verdict(run: NodeRun) -> Any:
    return run.outputs["verdict"]


KEPT: list[tuple[JsonObject, dict[str, Value]]] = [
    ({"rule": "not_empty"}, {"value": "x"}),
    ({"rule": "equals", "value": "Yes, please"}, {"value": "yes,  PLEASE"}),
    ({"rule": "equals", "value": "{{other}}"}, {"value": 5, "other": "5.0"}),
    ({"rule": "equals_known"}, {"value": "Refund", "expected": "refund"}),
    ({"rule": "contains", "value": "order"}, {"value": "Your ORDER is on its way"}),
    ({"rule": "contains", "value": "b"}, {"value": ["a", "B"]}),
    ({"rule": "not_contains", "value": "sorry"}, {"value": "Done"}),
    ({"rule": "number", "minimum": 0, "maximum": 0.3}, {"value": 0.3}),
    ({"rule": "number", "maximum": 2000}, {"value": "€ 1.234,50"}),
    ({"rule": "length", "minimum": 2, "maximum": 2}, {"value": "你好"}),
    ({"rule": "length", "maximum": 1}, {"value": [1]}),
    ({"rule": "schema", "schema": '{"type": "object", "required": ["a"]}'}, {"value": {"a": None}}),
    (
        {"rule": "in_source"},
        {"value": {"vendor": "Acme GmbH", "total": 1234.5, "paid": True}, "source": INVOICE},
    ),
    ({"rule": "in_source", "part": "due"}, {"value": {"due": "2026-03-12", "x": "no"}, "source": INVOICE}),
    ({"rule": "confidence", "at_least": 0.7}, {"value": "x", "confidence": 0.7}),
    ({"rule": "number", "minimum": 1, "part": "items.0.price"}, {"value": {"items": [{"price": 2}]}}),
]
BROKEN: list[tuple[JsonObject, dict[str, Value], str]] = [
    ({"rule": "not_empty"}, {"value": " "}, "check.not_empty"),
    ({"rule": "not_empty", "part": "missing"}, {"value": {}}, "check.not_empty"),
    ({"rule": "equals", "value": "a"}, {"value": "b"}, "check.equals"),
    ({"rule": "equals_known"}, {"value": "Refund", "expected": "Login"}, "check.equals_known"),
    ({"rule": "contains", "value": "x"}, {"value": "abc"}, "check.contains"),
    ({"rule": "not_contains", "value": "B"}, {"value": "abc"}, "check.not_contains"),
    ({"rule": "number", "minimum": 5}, {"value": 4.99}, "check.number"),
    ({"rule": "number", "minimum": 5}, {"value": "many"}, "check.not_a_number"),
    ({"rule": "number", "minimum": 0}, {"value": True}, "check.not_a_number"),
    ({"rule": "length", "minimum": 3}, {"value": "ab"}, "check.length"),
    (
        {"rule": "schema", "schema": '{"type": "object", "required": ["a"]}'},
        {"value": {}},
        "check.schema_broken",
    ),
    ({"rule": "in_source"}, {"value": {"vendor": "Apex"}, "source": INVOICE}, "check.not_in_source"),
    ({"rule": "in_source"}, {"value": [1234.5, "2026-03-13"], "source": INVOICE}, "check.not_in_source"),
    ({"rule": "confidence", "at_least": 0.7}, {"value": "x", "confidence": 0.69}, "check.confidence"),
]
UNCHECKED: list[tuple[JsonObject, dict[str, Value], str]] = [
    ({"rule": "equals_known"}, {"value": "x", "expected": ""}, "check.no_expected"),
    ({"rule": "equals_known"}, {"value": "x", "expected": None}, "check.no_expected"),
    ({"rule": "in_source"}, {"value": "x", "source": ""}, "check.no_source"),
    ({"rule": "in_source"}, {"value": "", "source": INVOICE}, "check.nothing_to_find"),
    ({"rule": "in_source"}, {"value": {"paid": True}, "source": INVOICE}, "check.nothing_to_find"),
    ({"rule": "confidence"}, {"value": "x", "confidence": None}, "check.no_confidence"),
]


@pytest.mark.parametrize(("rule", "inputs"), KEPT)
async def test_a_kept_rule_lets_the_value_pass(
    check: AnyNodeType, rule: JsonObject, inputs: dict[str, Value]
) -> None:
    run = await run_node(check, {"rules": [rule]}, inputs)
    assert run.outputs["passed"] == inputs["value"]
    assert "failed" not in run.outputs
    assert verdict(run)["verdict"] == "passed"
    assert run.outputs["broken"] == []


@pytest.mark.parametrize(("rule", "inputs", "code"), BROKEN)
async def test_a_broken_rule_is_named(
    check: AnyNodeType, rule: JsonObject, inputs: dict[str, Value], code: str
) -> None:
    run = await run_node(check, {"rules": [{"rule": "not_contains", "value": "zzz"}, rule]}, inputs)
    assert run.outputs["failed"] == inputs["value"]
    assert "passed" not in run.outputs
    assert verdict(run)["verdict"] == "failed"
    (broken,) = run.outputs["broken"]  # type: ignore[misc]
    assert isinstance(broken, dict)
    assert (broken["rule"], broken["code"]) == (2, code)
    assert f"reason.{code}" in catalogue("en")


@pytest.mark.parametrize(("rule", "inputs", "code"), UNCHECKED)
async def test_what_could_not_be_checked_is_no_pass(
    check: AnyNodeType, rule: JsonObject, inputs: dict[str, Value], code: str
) -> None:
    run = await run_node(check, {"rules": [{"rule": "not_contains", "value": "zzz"}, rule]}, inputs)
    assert verdict(run)["verdict"] == "not_checked"
    assert verdict(run)["reasons"][1]["code"] == code
    assert "passed" not in run.outputs
    lenient = await run_node(check, {"rules": [rule], "unchecked_passes": True}, inputs)
    assert "passed" in lenient.outputs
    assert verdict(lenient)["verdict"] == "not_checked", "it passes, but nobody calls it checked"


async def test_one_broken_rule_outweighs_what_was_not_checked(check: AnyNodeType) -> None:
    rules = [{"rule": "equals_known"}, {"rule": "not_empty"}]
    run = await run_node(check, {"rules": rules, "unchecked_passes": True}, {"value": "", "expected": ""})
    assert verdict(run)["verdict"] == "failed"
    assert "failed" in run.outputs


async def test_no_rule_is_no_pass(check: AnyNodeType) -> None:
    run = await run_node(check, {"rules": []}, {"value": "x"})
    assert verdict(run)["verdict"] == "not_checked"
    assert "failed" in run.outputs


async def test_what_fails_may_hand_on_another_value(check: AnyNodeType) -> None:
    fields = {"rules": [{"rule": "confidence", "at_least": 0.7}], "hand_on": True}
    inputs = {"value": "refund", "instead": "I want my money back"}
    sure = await run_node(check, fields, {**inputs, "confidence": 0.9})
    unsure = await run_node(check, fields, {**inputs, "confidence": 0.4})
    assert sure.outputs["passed"] == "refund"
    assert unsure.outputs["failed"] == "I want my money back"


async def test_only_the_known_answer_counts_as_expected(check: AnyNodeType) -> None:
    """The baseline of an accuracy is made of expected answers, not of constants in a rule."""
    rules = [{"rule": "equals", "value": "a"}, {"rule": "equals_known"}]
    run = await run_node(check, {"rules": rules}, {"value": "a", "expected": "a"})
    assert [reason["args"].get("expected") for reason in verdict(run)["reasons"]] == [None, "a"]


async def test_capitals_and_spaces_count_only_if_asked_for(check: AnyNodeType) -> None:
    rules = [{"rule": "equals", "value": "OK"}, {"rule": "contains", "value": "K"}]
    assert "passed" in (await run_node(check, {"rules": rules}, {"value": " ok"})).outputs
    assert "failed" in (await run_node(check, {"rules": rules, "exact": True}, {"value": " ok"})).outputs


def test_a_rule_brings_the_input_that_it_needs(check: AnyNodeType) -> None:
    spec = spec_of(check)

    def inputs(*rules: str, **more: bool) -> list[str]:
        fields = spec.decode({"rules": [{"rule": rule, "value": "{{x}}"} for rule in rules], **more})
        return [port.name for port in spec.ports(fields).inputs]

    assert inputs("not_empty") == ["value"]
    assert inputs("confidence", "in_source", "equals_known") == ["value", "expected", "source", "confidence"]
    assert inputs("contains") == ["value", "x"]
    assert inputs("not_empty", hand_on=True) == ["value", "instead"]


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        ({"rule": "contains"}, ["check.nothing_to_compare"]),
        ({"rule": "number"}, ["check.no_limits"]),
        ({"rule": "length", "minimum": 2, "maximum": 1}, ["check.limits_crossed"]),
        ({"rule": "schema", "schema": "{"}, ["check.schema_not_json"]),
        ({"rule": "schema", "schema": '{"pattern": "(a+)+"}'}, ["check.schema_word"]),
        ({"rule": "schema", "schema": '{"properties": {"a": {"$ref": "http://x"}}}'}, ["check.schema_word"]),
        ({"rule": "schema", "schema": '{"type": "object"}'}, []),
        ({"rule": "equals", "value": "x"}, []),
    ],
)
def test_faults_are_found_before_the_run(check: AnyNodeType, rule: JsonObject, codes: list[str]) -> None:
    spec = spec_of(check)
    faults = spec.type.check(spec.decode({"rules": [{"rule": "not_empty"}, rule]}))
    assert [(field, code, args["row"]) for field, code, args in faults] == [
        ("rules", code, 2) for code in codes
    ]


def test_the_card_shows_limits_in_signs(check: AnyNodeType) -> None:
    spec = spec_of(check)
    rules = [
        {"rule": "not_empty"},
        {"rule": "confidence", "at_least": 0.7},
        {"rule": "number", "minimum": 1, "maximum": 5},
        {"rule": "length", "maximum": 80},
    ]
    assert spec.type.headline(spec.decode({"rules": rules})) == "≥ 0.7 · 1…5 · ≤ 80"

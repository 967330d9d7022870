"""Cascade: the cheap answer where it is good enough, the next one where not, and the way said plainly."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest, ModelFacts
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node

SMALL, MIDDLE, STRONG = ({"model": {"role": role}} for role in ("small", "middle", "strong"))
POLITE = {"rule": "not_contains", "value": "sorry"}
FIELDS: dict[str, Any] = {"models": [SMALL, MIDDLE, STRONG], "rules": [POLITE]}
INPUTS = {"text": "Where is my parcel?"}


@pytest.fixture
def cascade(node) -> AnyNodeType:
    return node("model.cascade")


def way(run: Any) -> list[tuple[int, str]]:
    return [(turn["tier"], turn["outcome"]) for turn in run.path]


async def test_the_cheap_answer_is_taken_where_it_is_good_enough(cascade: AnyNodeType) -> None:
    models = ScriptedModels(["On its way."])
    run = await run_node(cascade, FIELDS, INPUTS, models=models)
    assert run.outputs["answer"] == "On its way."
    assert (run.outputs["tier"], len(models.requests)) == (1, 1)
    assert way(run) == [(1, "answered")]
    assert run.outputs["verdict"]["verdict"] == "passed"


async def test_what_breaks_a_rule_goes_on_to_the_next(cascade: AnyNodeType) -> None:
    models = ScriptedModels(["I'm sorry.", "So sorry!", "On its way."])
    run = await run_node(cascade, FIELDS, INPUTS, models=models)
    assert (run.outputs["answer"], run.outputs["tier"]) == ("On its way.", 3)
    assert way(run) == [(1, "failed"), (2, "failed"), (3, "answered")]
    assert [turn["reasons"][0]["code"] for turn in run.path] == ["check.not_contains"] * 3
    requests = [request for request in models.requests if isinstance(request, ChatRequest)]
    assert [request.tier for request in requests] == [1, 2, 3]
    assert [request.model.role for request in requests] == ["small", "middle", "strong"]


@pytest.mark.parametrize(("chosen", "port"), [("failed", "failed"), ("answer", "answer")])
async def test_where_none_is_good_enough_the_last_one_leaves_and_it_is_said(
    cascade: AnyNodeType, chosen: str, port: str
) -> None:
    fields = {**FIELDS, "none_passed": chosen}
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(["sorry 1", "sorry 2", "sorry 3"]))
    assert {name for name in ("answer", "failed") if name in run.outputs} == {port}
    assert run.outputs[port] == "sorry 3"
    assert run.outputs["verdict"]["verdict"] == "failed"
    assert run.told == [("cascade.none_passed", {"models": 3})]


async def test_where_none_is_good_enough_it_can_fail(cascade: AnyNodeType) -> None:
    fields = {**FIELDS, "none_passed": "error"}
    with pytest.raises(NodeError) as told:
        await run_node(cascade, fields, INPUTS, models=ScriptedModels(["sorry"] * 3))
    assert told.value.code == "cascade.none_passed"


async def test_a_check_that_did_not_run_is_no_pass(cascade: AnyNodeType) -> None:
    fields = {"models": [SMALL, STRONG], "rules": [{"rule": "confidence"}]}
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(["a", "b"]))
    assert run.outputs["failed"] == "b"
    assert way(run) == [(1, "not_checked"), (2, "not_checked")]
    assert run.outputs["verdict"]["verdict"] == "not_checked"
    lenient = {**fields, "unchecked_passes": True}
    run = await run_node(cascade, lenient, INPUTS, models=ScriptedModels(["a"]))
    assert run.outputs["answer"] == "a"


async def test_labels_bring_a_confidence_that_decides(cascade: AnyNodeType) -> None:
    fields = {
        "models": [SMALL, STRONG],
        "answer": "label",
        "labels": ["Billing", "Parcel"],
        "rules": [{"rule": "confidence", "at_least": 0.7}],
    }
    shares = iter([{"Billing": 0.55, "Parcel": 0.45}, {"Billing": 0.1, "Parcel": 0.9}])
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(shares=lambda _: next(shares)))
    assert (run.outputs["answer"], run.outputs["confidence"], run.outputs["tier"]) == ("Parcel", 0.9, 2)


async def test_a_model_without_confidence_answers_with_a_label(cascade: AnyNodeType) -> None:
    fields = {"models": [SMALL, STRONG], "answer": "label", "labels": ["Billing", "Parcel"]}
    answers = ["nonsense", '{"label": "Other"}', "{}", '{"label": "Parcel"}']
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(answers))
    assert (run.outputs["answer"], run.outputs["confidence"], run.outputs["tier"]) == ("Parcel", None, 2)
    assert run.path[0]["reasons"][0]["code"] == "answer.no_label"


async def test_a_least_confidence_holds_only_where_there_is_one(cascade: AnyNodeType) -> None:
    fields = {"models": [SMALL, STRONG], "answer": "label", "labels": ["A", "B"], "least_confidence": 0.8}
    shares = {"A": 0.7, "B": 0.3}
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(shares=shares))
    assert way(run) == [(1, "failed"), (2, "failed")]
    assert run.path[0]["reasons"][0]["code"] == "check.confidence"
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(['{"label": "B"}']))
    assert way(run) == [(1, "answered")], "a model that answers in words has none that could be too low"


async def test_the_models_habits_are_evened_out(cascade: AnyNodeType) -> None:
    fields = {"models": [SMALL, STRONG], "answer": "label", "labels": ["A", "B"], "calibrate": True}

    def shares(prompt: str) -> dict[str, float]:
        return {"A": 0.9, "B": 0.1} if "..." in prompt else {"A": 0.6, "B": 0.4}

    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(shares=shares))
    assert (run.outputs["answer"], round(run.outputs["confidence"], 3)) == ("B", 0.857)


async def test_json_is_read_and_its_schema_is_a_rule(cascade: AnyNodeType) -> None:
    schema = json.dumps({"type": "object", "required": ["total"]})
    fields = {
        "models": [SMALL, MIDDLE, STRONG],
        "answer": "json",
        "rules": [{"rule": "schema", "schema": schema}],
    }
    run = await run_node(cascade, fields, INPUTS, models=ScriptedModels(["no", '{"sum": 1}', '{"total": 2}']))
    assert run.outputs["answer"] == {"total": 2}
    assert way(run) == [(1, "failed"), (2, "failed"), (3, "answered")]


async def test_a_judge_is_asked_only_about_what_keeps_the_rules(cascade: AnyNodeType) -> None:
    fields = {
        "models": [SMALL, MIDDLE, STRONG],
        "rules": [POLITE],
        "judged": True,
        "rubric": "5: answers {{text}}.",
    }
    answers = [
        "sorry",
        "Perhaps.",
        '{"reason": "vague", "score": 2}',
        "Tomorrow.",
        '{"reason": "clear", "score": 5}',
    ]
    models = ScriptedModels(answers)
    run = await run_node(cascade, fields, INPUTS, models=models)
    assert (run.outputs["answer"], run.outputs["tier"]) == ("Tomorrow.", 3)
    assert [r.part for r in models.requests] == ["", "", "check", "", "check"]
    assert [r.tier for r in models.requests] == [1, 2, 2, 3, 3]
    assert run.outputs["verdict"]["score"] == 1.0
    assert run.path[1]["reasons"][0]["args"]["why"] == "vague"


async def test_an_error_is_the_executors_unless_the_next_one_shall_answer(cascade: AnyNodeType) -> None:
    busy = NodeError("model.too_many_requests")
    with pytest.raises(NodeError):
        await run_node(cascade, FIELDS, INPUTS, models=ScriptedModels([busy]))
    run = await run_node(
        cascade, {**FIELDS, "on_error": True}, INPUTS, models=ScriptedModels([busy, "On its way."])
    )
    assert way(run) == [(1, "error"), (2, "answered")]
    assert run.path[0]["error"]["code"] == "model.too_many_requests"


@pytest.mark.parametrize("code", ["missing", "retired", "replaced", "misspelt", "known_elsewhere"])
async def test_a_model_that_is_gone_is_passed_over_and_it_is_said(cascade: AnyNodeType, code: str) -> None:
    models = ScriptedModels([NodeError(f"model.{code}"), "On its way."])
    run = await run_node(cascade, FIELDS, INPUTS, models=models)
    assert way(run) == [(1, "error"), (2, "answered")]
    assert [told[0] for told in run.told] == ["cascade.model_gone"]
    last = ScriptedModels([NodeError(f"model.{code}")] * 3)
    with pytest.raises(NodeError, match=code):
        await run_node(cascade, FIELDS, INPUTS, models=last)


async def test_a_step_names_every_model_and_every_call(cascade: AnyNodeType) -> None:
    spec = spec_of(cascade)
    fields = spec.decode(
        {**FIELDS, "judged": True, "rubric": "x", "judge": {"connection": "C", "model": "j"}}
    )
    assert {power.target for power in spec.powers(fields)} == {"small", "middle", "strong", "C/j"}
    targets = [model.target for stage in cascade.stages(fields) for (model,) in stage.calls]
    assert targets == ["small", "C/j", "middle", "C/j", "strong", "C/j"]
    last = cascade.instead_of(fields)
    assert last is not None
    assert last.role == "strong"


def test_settings_that_decide_nothing_are_a_problem(cascade: AnyNodeType) -> None:
    spec = spec_of(cascade)

    def codes(**fields: Any) -> list[str]:
        return [code for _, code, _ in cascade.check(spec.decode(fields))]

    assert codes() == []
    assert codes(models=[SMALL]) == ["models.too_few"]
    assert codes(rules=[]) == ["gate.nothing_decides"]
    assert codes(rules=[], judged=True) == ["gate.no_rubric"]
    assert codes(rules=[{"rule": "equals"}]) == ["check.nothing_to_compare"]
    assert codes(answer="label", labels=["a"]) == ["classify.too_few_labels"]


async def test_names_of_the_models_stand_in_the_path(cascade: AnyNodeType) -> None:
    facts = ModelFacts("tiny-1", "Office", "openai_compatible")
    models = ScriptedModels([NodeError("model.timeout"), "fine"], facts_of_all=facts)
    run = await run_node(cascade, {**FIELDS, "on_error": True}, INPUTS, models=models)
    assert [(turn["model"], turn["connection"]) for turn in run.path] == [
        ("tiny-1", "Office"),
        ("scripted", "Office"),
    ]

"""Ensemble: majorities, ties, judges, the first to pass, and those who say nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.costs.usage import Usage
from app.sdk.errors import NodeError
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ChatReply, ChatRequest, Load, ModelFacts, ScoreRequest
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node

FIVE = [{"model": {"role": "small"}, "times": 5}]
INPUTS = {"text": "2 + 2?"}


@pytest.fixture
def ensemble(node) -> AnyNodeType:
    return node("model.ensemble")


async def asked(ensemble: AnyNodeType, answers: list[Any], **fields: Any) -> Any:
    return await run_node(ensemble, {"models": FIVE, **fields}, INPUTS, models=ScriptedModels(answers))


async def test_the_answer_that_most_give_counts(ensemble: AnyNodeType) -> None:
    run = await asked(ensemble, ["4", "Five.", " 4.", "4", "six"])
    assert (run.outputs["answer"], run.outputs["agreement"]) == ("4", 0.6)
    assert (run.outputs["verdict"]["verdict"], run.outputs["verdict"]["score"]) == ("passed", 0.6)
    assert [turn["outcome"] for turn in run.path] == [
        "answered",
        "passed_over",
        "agreed",
        "agreed",
        "passed_over",
    ]
    assert len(run.outputs["votes"]) == 5


async def test_too_little_agreement_is_none(ensemble: AnyNodeType) -> None:
    run = await asked(ensemble, ["4", "4", "5", "6", "7"])
    assert run.outputs["failed"] == "4"
    assert run.outputs["verdict"]["reasons"][0]["code"] == "ensemble.agreement"
    run = await asked(ensemble, ["4", "4", "5", "6", "7"], least=0.4)
    assert run.outputs["answer"] == "4"


async def test_a_tie_is_said_to_be_one(ensemble: AnyNodeType) -> None:
    run = await asked(ensemble, ["4", "5", "4", "5", "6"], least=0.1)
    assert "answer" not in run.outputs
    assert run.outputs["verdict"]["reasons"][0] == {
        "code": "ensemble.tie",
        "verdict": "failed",
        "args": {"votes": 2, "asked": 5},
    }


async def test_who_cannot_answer_is_counted_and_named(ensemble: AnyNodeType) -> None:
    gone = NodeError("model.timeout")
    run = await asked(ensemble, ["4", gone, "4", gone, "4"])
    assert run.outputs["agreement"] == 0.6
    assert run.told == [("ensemble.missing", {"n": 2, "asked": 5, "models": ("small",)})]
    assert [turn["outcome"] for turn in run.path].count("error") == 2
    with pytest.raises(NodeError) as told:
        await asked(ensemble, [gone] * 5)
    assert told.value.code == "model.timeout"


async def test_exactly_the_same_or_the_same_field(ensemble: AnyNodeType) -> None:
    run = await asked(ensemble, ["a", "A", "A ", "b", "c"], same="exact", least=0)
    assert run.outputs["verdict"]["reasons"][0]["args"]["votes"] == 2, "a text is trimmed and nothing more"
    totals = ['{"total": 5, "n": 1}', '{"total": 5, "n": 2}', '{"total": 5}', '{"total": 6}', '{"n": 1}']
    run = await asked(ensemble, totals, answer="json", same="field", same_field="total")
    assert (run.outputs["answer"], run.outputs["agreement"]) == ({"total": 5, "n": 1}, 0.6)


async def test_one_model_says_it_with_different_seeds(ensemble: AnyNodeType) -> None:
    models = ScriptedModels(["4"] * 5)
    await run_node(ensemble, {"models": FIVE, "variety": 0.9}, INPUTS, models=models)
    sent = [request for request in models.requests if isinstance(request, ChatRequest)]
    assert [request.seed for request in sent] == [1, 2, 3, 4, 5]
    assert {request.temperature for request in sent} == {0.9}
    once = [{"model": {"role": role}} for role in ("small", "strong")]
    models = ScriptedModels(["4", "4"])
    await run_node(ensemble, {"models": once}, INPUTS, models=models)
    sent = [request for request in models.requests if isinstance(request, ChatRequest)]
    assert [(request.seed, request.temperature) for request in sent] == [(None, None)] * 2


async def test_a_judge_picks(ensemble: AnyNodeType) -> None:
    fields = {"decide": "judge", "rubric": "The right number."}
    answers = ["1", "2", "3", "4", "5", '{"reason": "it is right", "best": 4}']
    run = await asked(ensemble, answers, **fields)
    assert run.outputs["answer"] == "4"
    assert run.outputs["verdict"]["reasons"][0]["args"] == {"number": 4, "of": 5, "why": "it is right"}
    run = await asked(ensemble, ["1", "2", "3", "4", "5", "?", '{"best": 9}', "{}"], **fields)
    assert run.outputs["verdict"]["verdict"] == "not_checked"
    assert run.outputs["failed"] == "1", "a judge that can't be read has picked nothing"


class Held:
    """Answers at once or never, by seed; remembers who was stopped."""

    def __init__(self, answers: dict[int, str]) -> None:
        self.answers, self.stopped = answers, set[int]()

    def facts(self, choice: ModelChoice) -> ModelFacts | None:
        return None

    def load(self, choice: ModelChoice) -> Load | None:
        return None

    async def score(self, request: ScoreRequest) -> Any:
        raise NodeError("model.cannot_score")

    async def chat(self, request: ChatRequest) -> ChatReply:
        seed = request.seed or 0
        try:
            if seed not in self.answers:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.stopped.add(seed)
            raise
        return ChatReply(self.answers[seed], "stop", Usage(1, 1), "held", 0.0)


async def test_the_first_that_passes_ends_the_others(ensemble: AnyNodeType) -> None:
    models = Held({2: "no digits", 4: "4"})
    fields = {"models": FIVE, "decide": "first", "rules": [{"rule": "number", "minimum": 0}]}
    run = await run_node(ensemble, fields, INPUTS, models=models)
    assert run.outputs["answer"] == "4"
    assert models.stopped == {1, 3, 5}
    outcomes = {turn["tier"]: turn["outcome"] for turn in run.path}
    assert outcomes == {1: "ended", 2: "passed_over", 3: "ended", 4: "answered", 5: "ended"}


async def test_where_none_passes_it_says_so(ensemble: AnyNodeType) -> None:
    fields = {"decide": "first", "rules": [{"rule": "number", "minimum": 0}]}
    run = await asked(ensemble, ["a", "b", "c", "d", "e"], **fields)
    assert run.outputs["verdict"]["verdict"] == "failed"
    assert "answer" not in run.outputs


async def test_what_a_person_lets_pass_unchecked_is_not_said_to_have_passed(ensemble: AnyNodeType) -> None:
    rules = [{"rule": "confidence", "at_least": 0.7}]  # nobody gives one here
    fields = {"decide": "first", "rules": rules, "unchecked_passes": True}
    run = await asked(ensemble, ["a"] * 5, **fields)
    assert run.outputs["answer"] == "a"
    assert run.outputs["verdict"]["verdict"] == "not_checked"


def test_settings_that_make_no_sense_are_problems(ensemble: AnyNodeType) -> None:
    spec = spec_of(ensemble)

    def codes(**fields: Any) -> list[str]:
        return [code for _, code, _ in ensemble.check(spec.decode(fields))]

    assert codes() == []
    assert codes(models=[{"times": 1}]) == ["ensemble.too_few"]
    assert codes(decide="judge") == ["gate.no_rubric"]
    assert codes(same="field") == ["ensemble.no_field"]
    assert codes(decide="first", rules=[]) == ["gate.nothing_decides"]


def test_every_answer_and_the_judge_are_calls(ensemble: AnyNodeType) -> None:
    spec = spec_of(ensemble)

    def calls(fields: Any) -> int:
        return sum(len(stage.calls) for stage in ensemble.stages(fields))

    assert calls(spec.decode({"models": FIVE})) == 5
    assert calls(spec.decode({"models": FIVE, "decide": "judge", "rubric": "x"})) == 6
    first = spec.decode({"models": FIVE, "decide": "first", "judged": True, "rubric": "x"})
    assert calls(first) == 10

from __future__ import annotations

import json
from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest, ModelFacts
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node

FIELDS = {"rubric": "5: answers {{question}}.", "best": 5, "pass_mark": 4}
INPUTS = {"value": "It costs 5 €.", "question": "What does it cost?"}


@pytest.fixture
def judge(node) -> AnyNodeType:
    return node("verifier.judge")


def judged(score: object, reason: object = "Clear.") -> str:
    return json.dumps({"reason": reason, "score": score})


@pytest.mark.parametrize(
    ("score", "port", "word"), [(5, "passed", "passed"), (4, "passed", "passed"), (3, "failed", "failed")]
)
async def test_the_pass_mark_decides(judge: AnyNodeType, score: int, port: str, word: str) -> None:
    run = await run_node(judge, FIELDS, INPUTS, models=ScriptedModels([judged(score)]))
    assert run.outputs[port] == INPUTS["value"]
    assert (run.outputs["score"], run.outputs["comment"]) == (score, "Clear.")
    verdict: Any = run.outputs["verdict"]
    assert (verdict["verdict"], verdict["score"]) == (word, (score - 1) / 4)
    assert verdict["reasons"][0]["args"] == {"score": score, "best": 5, "pass_mark": 4, "why": "Clear."}


async def test_the_rubric_is_filled_and_the_text_is_data(judge: AnyNodeType) -> None:
    models = ScriptedModels([judged(5)])
    await run_node(judge, FIELDS, INPUTS, models=models)
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    assert "What does it cost?" in request.messages[-1].content
    assert request.messages[-1].content.endswith("It costs 5 €.")
    assert request.temperature == 0
    assert request.schema is not None


@pytest.mark.parametrize(
    "answer", ["I like it!", judged(9), judged("5"), judged(True), judged(4, None), "[5]", ""]
)
async def test_an_answer_that_cannot_be_read_is_no_pass(judge: AnyNodeType, answer: str) -> None:
    models = ScriptedModels([answer] * 3)
    run = await run_node(judge, FIELDS, INPUTS, models=models)
    assert len(models.requests) == 3, "asked again at most twice"
    verdict: Any = run.outputs["verdict"]
    assert (verdict["verdict"], verdict["score"]) == ("not_checked", None)
    assert run.outputs["failed"] == INPUTS["value"]
    assert "score" not in run.outputs
    lenient = await run_node(
        judge, {**FIELDS, "unchecked_passes": True}, INPUTS, models=ScriptedModels([answer] * 3)
    )
    assert "passed" in lenient.outputs


async def test_it_is_told_why_it_is_asked_again(judge: AnyNodeType) -> None:
    models = ScriptedModels([judged(9), judged(2)])
    run = await run_node(judge, FIELDS, INPUTS, models=models)
    assert run.outputs["score"] == 2
    again = models.requests[1]
    assert isinstance(again, ChatRequest)
    assert "from 1 to 5" in again.messages[-1].content


async def test_a_model_without_schemas_is_told_of_the_shape(judge: AnyNodeType) -> None:
    models = ScriptedModels(
        ["```json\n" + judged(4) + "\n```"], facts_of_all=ModelFacts("m", "c", "k", can_schema=False)
    )
    run = await run_node(judge, FIELDS, INPUTS, models=models)
    assert run.outputs["score"] == 4
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    assert request.schema is None
    assert '"reason"' in request.messages[-1].content


async def test_what_fails_may_hand_on_another_value(judge: AnyNodeType) -> None:
    fields = {**FIELDS, "hand_on": True}
    inputs = {**INPUTS, "instead": "the question"}
    run = await run_node(judge, fields, inputs, models=ScriptedModels([judged(1)]))
    assert run.outputs["failed"] == "the question"


async def test_a_judge_that_did_not_answer_fails_the_step(judge: AnyNodeType) -> None:
    with pytest.raises(NodeError, match=r"model.unreachable"):
        await run_node(judge, FIELDS, INPUTS, models=ScriptedModels([NodeError("model.unreachable")]))


def test_a_mark_out_of_reach_is_found_before_the_run(judge: AnyNodeType) -> None:
    spec = spec_of(judge)
    assert [code for _, code, _ in spec.type.check(spec.decode({**FIELDS, "pass_mark": 6}))] == [
        "judge.mark_out_of_reach"
    ]
    assert spec.type.check(spec.decode(FIELDS)) == ()

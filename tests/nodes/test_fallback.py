"""Fallback: who answers when the one before can't, and what is never gone round."""

from __future__ import annotations

from typing import Any

import pytest

from app.sdk.errors import NodeError
from app.sdk.spec import AnyNodeType
from app.sdk.testing import ScriptedModels, run_node

MODELS = [{"model": {"connection": name, "model": "m"}} for name in ("A", "B", "C")]
INPUTS = {"text": "hello"}


@pytest.fixture
def fallback(node) -> AnyNodeType:
    return node("model.fallback")


def soon(code: str) -> NodeError:
    return NodeError(code, retry_after=0)


@pytest.mark.parametrize(
    "code",
    [
        "model.timeout",
        "model.unreachable",
        "model.too_many_requests",
        "model.server_error",
        "model.missing",
        "model.key_refused",
        "model.bad_reply",
        "role.not_mapped",
        "connection.no_key",
    ],
)
async def test_the_next_one_answers(fallback: AnyNodeType, code: str) -> None:
    fields = {"models": MODELS, "tries": 1}
    models = ScriptedModels([soon(code), soon(code), "here"])
    run = await run_node(fallback, fields, INPUTS, models=models)
    assert (run.outputs["answer"], run.outputs["tier"]) == ("here", 3)
    assert [request.model.connection for request in models.requests] == ["A", "B", "C"]
    assert [turn["outcome"] for turn in run.path] == ["error", "error", "answered"]
    assert [turn.get("error", {}).get("code") for turn in run.path] == [code, code, None]  # type: ignore[union-attr]
    assert run.told == [("fallback.answered", {"model": "scripted", "before": 2})]


async def test_the_first_one_is_enough_where_it_answers(fallback: AnyNodeType) -> None:
    run = await run_node(fallback, {"models": MODELS}, INPUTS, models=ScriptedModels(["yes"]))
    assert (run.outputs["tier"], run.told) == (1, [])


async def test_each_is_tried_again_before_the_next(fallback: AnyNodeType) -> None:
    models = ScriptedModels([soon("model.server_error"), soon("model.server_error"), "here"])
    await run_node(fallback, {"models": MODELS, "tries": 2}, INPUTS, models=models)
    assert [request.model.connection for request in models.requests] == ["A", "A", "B"]


async def test_who_asks_to_wait_longer_is_not_waited_for(fallback: AnyNodeType) -> None:
    models = ScriptedModels([NodeError("model.too_many_requests", retry_after=30), "here"])
    await run_node(fallback, {"models": MODELS, "tries": 5}, INPUTS, models=models)
    assert [request.model.connection for request in models.requests] == ["A", "B"]


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("model.refused", {"if_refused": True}),
        ("model.no_balance", {"if_no_balance": True}),
        ("model.not_granted", None),
        ("reference.nothing_there", None),
    ],
)
async def test_what_somebody_should_see_is_not_gone_round_unless_asked(
    fallback: AnyNodeType, code: str, asked: dict[str, Any] | None
) -> None:
    with pytest.raises(NodeError) as told:
        await run_node(fallback, {"models": MODELS}, INPUTS, models=ScriptedModels([NodeError(code)]))
    assert told.value.code == code
    if asked:
        models = ScriptedModels([NodeError(code), "here"])
        run = await run_node(fallback, {"models": MODELS, **asked}, INPUTS, models=models)
        assert run.outputs["tier"] == 2


async def test_a_missing_model_can_be_made_to_show(fallback: AnyNodeType) -> None:
    fields = {"models": MODELS, "if_not_set_up": False}
    with pytest.raises(NodeError):
        await run_node(fallback, fields, INPUTS, models=ScriptedModels([NodeError("model.missing"), "x"]))


async def test_the_last_error_is_the_steps_own(fallback: AnyNodeType) -> None:
    models = ScriptedModels([soon("model.timeout"), soon("model.missing"), soon("model.server_error")])
    with pytest.raises(NodeError) as told:
        await run_node(fallback, {"models": MODELS, "tries": 1}, INPUTS, models=models)
    assert told.value.code == "model.server_error"


async def test_an_answer_that_is_no_json_is_not_an_answer(fallback: AnyNodeType) -> None:
    fields = {"models": MODELS, "answer": "json"}
    run = await run_node(fallback, fields, INPUTS, models=ScriptedModels(["well", '{"a": 1}']))
    assert (run.outputs["answer"], run.outputs["tier"]) == ({"a": 1}, 2)

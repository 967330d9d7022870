from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from app.document.workflow import Json
from app.events.run_events import Message, NodeSettled
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL, STRONG
from app.sdk.gateway import ChatRequest
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import ScriptedModels, run_node
from tests import flows


def judged(answer: str, *, settled: bool) -> str:
    return json.dumps({"reason": "So it stands.", "settled": settled, "answer": answer})


@pytest.fixture
def roles(node) -> AnyNodeType:
    return node("model.roles")


async def test_each_role_speaks_and_hears_the_others_until_the_judge_ends_it(roles: AnyNodeType) -> None:
    script = [
        "Take it.",
        "Too dear.",
        judged("Wait.", settled=False),
        "For 5?",
        "Fine.",
        judged("For 5.", settled=True),
    ]
    models = ScriptedModels(script)
    fields = {"roles": [{"name": "Buyer", "model": {"role": "small"}}, {"name": "Lawyer"}], "max_rounds": 9}
    ran = await run_node(roles, fields, {"question": "Shall we?"}, models=models)
    assert (ran.outputs["answer"], ran.outputs["settled"], ran.outputs["rounds"]) == ("For 5.", True, 2)
    rows: Any = ran.outputs["transcript"]
    assert [(row["round"], row["role"]) for row in rows] == [
        (1, "Buyer"),
        (1, "Lawyer"),
        (1, "judge"),
        (2, "Buyer"),
        (2, "Lawyer"),
        (2, "judge"),
    ]
    requests = [request for request in models.requests if isinstance(request, ChatRequest)]
    assert [request.model for request in requests[:3]] == [SMALL, STRONG, STRONG]
    assert "Take it." in requests[1].messages[-1].content
    assert requests[2].schema
    assert len(ran.shown) == 6
    assert ran.told == []


async def test_rounds_end_it_and_it_says_that_nothing_was_settled(roles: AnyNodeType) -> None:
    models = ScriptedModels(["a", "b", judged("Perhaps.", settled=False)] * 2)
    ran = await run_node(roles, {"max_rounds": 2}, {"question": "?"}, models=models)
    assert (ran.outputs["answer"], ran.outputs["settled"]) == ("Perhaps.", False)
    assert ran.told == [("roles.ended_by_rounds", {"n": 2})]


async def test_money_ends_it_between_two_rounds() -> None:
    models = flows.ScriptedModels(
        lambda text: judged("So.", settled=False) if text.endswith("Judge now.") else "I think so."
    )
    workflow = flows.flow(
        {
            "in": "test.source",
            "talk": ("model.roles", {"max_rounds": 9, "max_usd": 0.08}),
            "out": "test.result",
        },
        ["in.value>talk.question", "talk.answer>out.value"],
    )
    execution, events = await flows.run(workflow, through=flows.doors(models, price="0.001"))
    assert execution.outputs == {"result": "So."}
    settled = next(e for e in events if isinstance(e, NodeSettled) and e.node == "talk")
    assert settled.calls == 6, "a round costs 0.045"
    assert settled.cost.known == Decimal("0.09")


async def test_money_ends_it_within_a_round() -> None:
    models = flows.ScriptedModels(lambda _: "I think so.")
    roles: list[Json] = [{"name": name, "model": {"role": "small"}} for name in "abcdef"]
    workflow = flows.flow(
        {
            "in": "test.source",
            "talk": ("model.roles", {"roles": roles, "max_usd": 0.02}),
            "out": "test.result",
        },
        ["in.value>talk.question", "talk.answer>out.value"],
    )
    execution, events = await flows.run(workflow, through=flows.doors(models, price="0.001"))
    assert execution.outputs == {"result": "I think so."}
    settled = next(e for e in events if isinstance(e, NodeSettled) and e.node == "talk")
    assert (settled.calls, settled.cost.known) == (2, Decimal("0.03")), (
        "a call costs 0.015, and nobody judged"
    )
    told = [event.code for event in events if isinstance(event, Message)]
    assert told == ["roles.ended_by_money"]


async def test_a_judge_that_nobody_understands_fails(roles: AnyNodeType) -> None:
    models = ScriptedModels(["a", "b", "Well.", "Well.", "Well."])
    with pytest.raises(NodeError, match=r"roles\.judge_unreadable"):
        await run_node(roles, {}, {"question": "?"}, models=models)


def test_its_models_are_known_before(roles: AnyNodeType) -> None:
    spec = spec_of(roles)
    fields = spec.decode({"roles": [{"name": "a", "model": {"role": "small"}}, {"name": "a"}, {"name": " "}]})
    assert roles.models(fields) == (SMALL, STRONG)
    assert [fault[1] for fault in roles.check(fields)] == ["roles.blank_name", "roles.same_name"]

from __future__ import annotations

import pytest

from app.sdk.context import Answer, Question
from app.sdk.errors import NodeError
from app.sdk.testing import run_node

DRAFT = {"reply": "Dear Ada"}


async def test_approved_goes_on_as_it_is(node) -> None:
    run = await run_node(
        node("human.ask_person"), {}, {"value": DRAFT}, answer=lambda q: Answer("approved", q.value, "fine")
    )
    assert run.outputs == {"approved": DRAFT, "comment": "fine"}


async def test_edited_goes_on_as_edited(node) -> None:
    run = await run_node(
        node("human.ask_person"), {}, {"value": DRAFT}, answer=lambda _: Answer("edited", {"reply": "Hi"})
    )
    assert run.outputs["approved"] == {"reply": "Hi"}


async def test_rejected_leaves_by_its_own_port_with_the_first_value(node) -> None:
    run = await run_node(
        node("human.ask_person"), {}, {"value": DRAFT}, answer=lambda _: Answer("rejected", None, "too curt")
    )
    assert run.outputs == {"rejected": DRAFT, "comment": "too curt"}


async def test_the_question_is_the_authors_own_words(node) -> None:
    fields = {
        "question": "Send this to {{name}}?",
        "instructions": "Prices!",
        "may_edit": False,
        "timeout": 1.5,
    }
    run = await run_node(
        node("human.ask_person"),
        fields,
        {"value": DRAFT, "name": "Ada"},
        answer=lambda q: Answer("approved", q.value),
    )
    assert run.asked == [Question("Send this to Ada?", DRAFT, "Prices!", may_edit=False, timeout=90.0)]


def nobody(_: Question) -> Answer:
    raise NodeError("person.no_answer", seconds=90)


@pytest.mark.parametrize(("on_timeout", "port"), [("reject", "rejected"), ("approve", "approved")])
async def test_nobody_in_time_counts_as_the_person_chose_and_is_said(
    node, on_timeout: str, port: str
) -> None:
    run = await run_node(
        node("human.ask_person"), {"on_timeout": on_timeout}, {"value": DRAFT}, answer=nobody
    )
    assert run.outputs[port] == DRAFT
    assert run.told == [(f"person.nobody_in_time.{on_timeout}", {})]


async def test_nobody_in_time_stops_by_default(node) -> None:
    with pytest.raises(NodeError, match=r"person.no_answer"):
        await run_node(node("human.ask_person"), {}, {"value": DRAFT}, answer=nobody)

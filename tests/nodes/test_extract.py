"""Extract fields: shape, repairs and the check against the source, on models that say what a test tells them to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.document.workflow import JsonObject
from app.sdk.errors import NodeError
from app.sdk.gateway import ChatRequest
from app.sdk.spec import AnyNodeType, spec_of
from app.sdk.testing import NodeRun, ScriptedModels, run_node

TEXT = "Invoice from ACME GmbH, total € 1.234,50, due 12 March 2026. Lamp, Desk."
WANTED = [
    {"name": "vendor"},
    {"name": "total", "type": "number", "description": "with tax"},
    {"name": "due", "type": "date"},
    {"name": "items", "type": "list"},
    {"name": "order", "required": False},
]
FIELDS: JsonObject = {"wanted": WANTED}
RIGHT = {
    "vendor": "Acme GmbH",
    "total": 1234.5,
    "due": "2026-03-12",
    "items": ["Lamp", "Desk"],
    "order": None,
}


@pytest.fixture
def extract(node) -> AnyNodeType:
    return node("intent.extract")


def verdict(run: NodeRun) -> Any:
    return run.outputs["verdict"]


async def ask(extract: AnyNodeType, *answers: object, **fields: Any) -> tuple[NodeRun, ScriptedModels]:
    models = ScriptedModels([a if isinstance(a, str) else json.dumps(a) for a in answers])
    run = await run_node(extract, {**FIELDS, **fields}, {"text": TEXT}, models=models)
    return run, models


async def test_a_right_answer_passes_with_quotes(extract: AnyNodeType) -> None:
    run, models = await ask(extract, RIGHT)
    assert run.outputs["record"] == RIGHT
    assert run.outputs["unsupported"] == []
    assert verdict(run)["verdict"] == "passed"
    quotes = {reason["args"]["field"]: reason["args"]["quote"] for reason in verdict(run)["reasons"]}
    assert quotes == {"vendor": "ACME GmbH", "total": "1.234,50", "due": "12 March 2026", "items": ""}
    assert len(models.requests) == 1


async def test_the_model_is_held_to_the_shape(extract: AnyNodeType) -> None:
    _, models = await ask(extract, RIGHT, instruction="These are invoices.")
    (request,) = models.requests
    assert isinstance(request, ChatRequest)
    schema: Any = request.schema
    assert schema["required"] == [wanted["name"] for wanted in WANTED]
    assert schema["properties"]["total"] == {"type": "number"}
    assert schema["properties"]["order"] == {"type": ["string", "null"]}
    assert schema["additionalProperties"] is False
    assert request.messages[0].content.startswith("These are invoices.")
    assert "- total (a plain number): with tax" in request.messages[0].content
    assert "null where the text doesn't say: order" in request.messages[0].content
    assert request.messages[-1].content == TEXT


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("Sorry, I can't.", "isn't valid JSON"),
        ([1], "isn't a JSON object"),
        ({**RIGHT, "total": "a lot"}, '"total" must be a plain number'),
        ({**RIGHT, "due": "soon"}, '"due" must be a date'),
        ({**RIGHT, "vendor": ""}, '"vendor" must be copied word for word'),
        ({**RIGHT, "vendor": "Apex Ltd"}, "'Apex Ltd' does not occur in the text"),
        ({**RIGHT, "items": ["Lamp", "Chair"]}, "'Chair' does not occur in the text"),
    ],
)
async def test_a_wrong_answer_is_asked_for_again_with_the_reason(
    extract: AnyNodeType, wrong: object, told: str
) -> None:
    run, models = await ask(extract, wrong, RIGHT)
    assert run.outputs["record"] == RIGHT
    assert verdict(run)["verdict"] == "passed"
    again = models.requests[1]
    assert isinstance(again, ChatRequest)
    assert told in again.messages[-1].content


async def test_at_most_two_repairs_and_the_best_answer_stays(extract: AnyNodeType) -> None:
    worse = {**RIGHT, "vendor": "Apex", "total": 99}
    run, models = await ask(extract, worse, {**RIGHT, "vendor": "Apex"}, "no idea")
    assert len(models.requests) == 3
    assert run.outputs["record"] == {**RIGHT, "vendor": "Apex"}
    assert verdict(run)["verdict"] == "failed"
    assert run.outputs["unsupported"] == [
        {"field": "vendor", "value": "Apex", "why": "extract.not_in_source"}
    ]


async def test_without_repairs_it_is_asked_once(extract: AnyNodeType) -> None:
    run, models = await ask(extract, {**RIGHT, "vendor": "Apex"}, repairs=0)
    assert len(models.requests) == 1
    assert verdict(run)["verdict"] == "failed"


async def test_what_is_missing_is_named_and_stays_a_column(extract: AnyNodeType) -> None:
    run, _ = await ask(extract, {"total": 1234.5}, repairs=0)
    assert run.outputs["record"] == {
        "vendor": None,
        "total": 1234.5,
        "due": None,
        "items": [],
        "order": None,
    }
    missing = [reason for reason in verdict(run)["reasons"] if reason["code"] == "extract.missing"]
    assert [reason["args"]["field"] for reason in missing] == ["vendor", "due", "items"]


async def test_what_the_text_does_not_hold_may_be_left_out(extract: AnyNodeType) -> None:
    run, _ = await ask(extract, {**RIGHT, "vendor": "Apex"}, repairs=0, drop_unsupported=True)
    assert run.outputs["record"] == {**RIGHT, "vendor": None}
    assert run.outputs["unsupported"] == [
        {"field": "vendor", "value": "Apex", "why": "extract.not_in_source"}
    ]


async def test_unchecked_values_are_no_pass(extract: AnyNodeType) -> None:
    run, _ = await ask(extract, {**RIGHT, "vendor": "Apex"}, check_source=False)
    assert run.outputs["record"] == {**RIGHT, "vendor": "Apex"}
    assert verdict(run)["verdict"] == "not_checked"


async def test_dates_come_out_in_one_form(extract: AnyNodeType) -> None:
    run, _ = await ask(extract, {**RIGHT, "due": "12 March 2026"})
    assert run.outputs["record"] == RIGHT


async def test_yes_and_no_are_taken_but_cannot_be_looked_up(extract: AnyNodeType) -> None:
    run, _ = await ask(extract, {"paid": True}, wanted=[{"name": "paid", "type": "yesno"}])
    assert run.outputs["record"] == {"paid": True}
    assert verdict(run)["verdict"] == "not_checked"


async def test_no_answer_at_all_is_an_error(extract: AnyNodeType) -> None:
    with pytest.raises(NodeError, match=r"extract.no_answer"):
        await ask(extract, "no", "no", "no")


async def test_an_answer_without_end_says_so(extract: AnyNodeType) -> None:
    models = ScriptedModels(['{"vendor": "ACME ACME'] * 3, finish="length")
    with pytest.raises(NodeError) as raised:
        await run_node(extract, FIELDS, {"text": TEXT}, models=models)
    assert (raised.value.code, raised.value.field) == ("extract.cut_off", "max_tokens")


async def test_an_empty_text_is_not_guessed_at(extract: AnyNodeType) -> None:
    with pytest.raises(NodeError, match=r"extract.empty_text"):
        await run_node(extract, FIELDS, {"text": " "}, models=ScriptedModels())


def test_faults_are_found_before_the_run(extract: AnyNodeType) -> None:
    spec = spec_of(extract)
    faults = spec.type.check(spec.decode({"wanted": [{"name": "a"}, {"name": ""}, {"name": "a"}]}))
    assert [code for _, code, _ in faults] == ["extract.blank_name", "extract.same_name"]

"""The steps that use a model, on the real one of this computer, through the real gateway.

Only what has a wide margin is asked for: a model of 135 million parameters is no oracle, and other machines round
differently.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.adapters.outside import Outside
from app.document.workflow import JsonObject
from app.processes import children
from app.sdk.errors import NodeError
from app.sdk.fields import SMALL
from app.sdk.gateway import Models
from app.sdk.source_check import Source
from app.sdk.testing import run_node
from app.settings import Folders, Preferences

pytestmark = [pytest.mark.xdist_group("embedded"), pytest.mark.asyncio(loop_scope="module")]

ORDERS: JsonObject = {
    "labels": [{"name": "Order status"}, {"name": "Order change"}, {"name": "Order return"}],
    "examples": [
        {"text": "Where is my parcel?", "label": "Order status"},
        {"text": "Please send it to another address.", "label": "Order change"},
        {"text": "I want to send the shoes back.", "label": "Order return"},
    ],
    "threshold": 0,
}
CHINESE: JsonObject = {
    "labels": [{"name": "退款"}, {"name": "物流"}, {"name": "登录"}],
    "examples": [
        {"text": "我要退货，请把钱退给我", "label": "退款"},
        {"text": "我的包裹到哪里了", "label": "物流"},
        {"text": "忘记密码，登录不了", "label": "登录"},
    ],
    "threshold": 0,
}
THINGS = [
    "apple",
    "banana",
    "bread",
    "bus",
    "car",
    "cat",
    "chair",
    "coffee",
    "dog",
    "hammer",
    "horse",
    "lamp",
    "milk",
    "piano",
    "rain",
    "river",
    "ship",
    "snow",
    "train",
    "violin",
]
TWENTY: JsonObject = {
    "labels": [{"name": name} for name in THINGS],
    "examples": [
        {"text": "It barks", "label": "dog"},
        {"text": "A yellow fruit that monkeys like", "label": "banana"},
        {"text": "It rides on rails", "label": "train"},
        {"text": "White flakes from the sky", "label": "snow"},
        {"text": "You sit on it", "label": "chair"},
        {"text": "You drink it black in the morning", "label": "coffee"},
    ],
    "threshold": 0,
}
INVOICE = (
    "INVOICE\nNorthwind Cleaning Services\nInvoice number NW-118\nDate: 2026-03-04\n"
    "Office cleaning, February\nTotal due: 480.00 EUR"
)
WANTED: JsonObject = {
    "wanted": [
        {"name": "vendor", "description": "the company that sends the invoice"},
        {"name": "number"},
        {"name": "date", "type": "date"},
        {"name": "total", "type": "number"},
    ]
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def models(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Models]:
    """The gateway of a fresh machine: no account, and the model that the program brings along."""
    root: Path = tmp_path_factory.mktemp("profile")
    where = Folders(*(root / name for name in ("config", "data", "cache", "state", "logs")))
    outside = Outside(where, Preferences(threads=1), children, children.own_command("model-host"), {})
    yield outside.models
    await outside.close()


async def classified(
    node: Any, models: Models, fields: JsonObject, text: str
) -> tuple[str, dict[str, float]]:
    outputs = (await run_node(node("intent.classify"), fields, {"text": text}, models=models)).outputs
    label, scores = outputs["label"], outputs["scores"]
    assert isinstance(label, str)
    assert isinstance(scores, dict)
    assert sum(scores.values()) == pytest.approx(1)
    assert outputs["confidence"] == scores[label] == max(scores.values())
    return label, scores


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Can I change the colour of my order?", "Order change"),
        ("I would like to return the lamp and get my money back.", "Order return"),
    ],
)
async def test_labels_of_several_words_with_a_common_beginning(
    node, models: Models, text: str, label: str
) -> None:
    assert (await classified(node, models, ORDERS, text))[0] == label


@pytest.mark.parametrize(("text", "label"), [("请退款给我", "退款"), ("密码不对，不能登录", "登录")])
async def test_chinese_labels(node, models: Models, text: str, label: str) -> None:
    assert (await classified(node, models, CHINESE, text))[0] == label


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("It meows and catches mice", "cat"),
        ("Water falls from the clouds", "rain"),
        ("You hit nails with it", "hammer"),
        ("It sails on the sea", "ship"),
    ],
)
async def test_twenty_labels(node, models: Models, text: str, label: str) -> None:
    found, scores = await classified(node, models, TWENTY, text)
    assert found == label
    assert set(scores) == set(THINGS)


async def test_labels_that_begin_with_another_label(node, models: Models) -> None:
    fields = {
        "labels": [{"name": "sun"}, {"name": "sunglasses"}],
        "examples": [
            {"text": "It shines in the sky", "label": "sun"},
            {"text": "You wear them", "label": "sunglasses"},
        ],
        "threshold": 0,
    }
    _, scores = await classified(node, models, fields, "It rises in the east")
    assert all(share > 0 for share in scores.values())


async def test_nothing_fits_where_the_model_is_unsure(node, models: Models) -> None:
    fields = {**TWENTY, "threshold": 0.9}
    run = await run_node(node("intent.classify"), fields, {"text": "Seven times eight"}, models=models)
    assert run.outputs["none"] == "Seven times eight"
    assert "label" not in run.outputs


async def test_by_schema_the_answer_is_a_label_without_confidence(node, models: Models) -> None:
    fields = {**ORDERS, "method": "schema"}
    run = await run_node(node("intent.classify"), fields, {"text": "Where is it?"}, models=models)
    assert run.outputs["label"] in ("Order status", "Order change", "Order return")
    assert run.outputs["confidence"] is None


async def test_a_plain_invoice_is_extracted_and_found_in_its_text(node, models: Models) -> None:
    run = await run_node(node("intent.extract"), WANTED, {"text": INVOICE}, models=models)
    assert run.outputs["record"] == {
        "vendor": "Northwind Cleaning Services",
        "number": "NW-118",
        "date": "2026-03-04",
        "total": 480,
    }
    verdict: Any = run.outputs["verdict"]
    assert verdict["verdict"] == "passed"


async def test_what_the_model_invents_never_passes(node, models: Models) -> None:
    """The shape is right, or there is none; the values are made up, and the check says which."""
    text = "Thanks for the lovely evening! See you on 3 May 2026."
    fields = {**WANTED, "repairs": 0, "max_tokens": 100}
    try:
        run = await run_node(node("intent.extract"), fields, {"text": text}, models=models)
    except NodeError as error:
        # A small model may find no end to what it makes up.
        assert error.code == "extract.cut_off"  # noqa: PT017
        return
    record: Any = run.outputs["record"]
    verdict: Any = run.outputs["verdict"]
    unsupported: Any = run.outputs["unsupported"]
    assert list(record) == ["vendor", "number", "date", "total"]
    assert verdict["verdict"] == "failed"
    source = Source(text)
    made_up = {name for name, value in record.items() if value is None or source.find(value) is None}
    assert {entry["field"] for entry in unsupported} == made_up != set()


async def test_a_text_is_written_and_shown_on_the_way(node, models: Models) -> None:
    fields = {"prompt": "Say hello to {{name}}.", "max_tokens": 12, "temperature": 0}
    run = await run_node(node("model.text"), fields, {"name": "Ada"}, models=models)
    assert run.outputs["text"]
    assert len(run.shown) > 3
    assert str(run.shown[-1]).strip() == run.outputs["text"]
    assert run.told == [("text.cut_short", {"tokens": 12})]


async def test_even_a_poor_judge_gives_a_verdict(node, models: Models) -> None:
    fields = {"rubric": "5: kind. 1: rude.", "model": {"role": "small"}}
    run = await run_node(node("verifier.judge"), fields, {"value": "You are an idiot."}, models=models)
    verdict: Any = run.outputs["verdict"]
    assert verdict["verdict"] in ("passed", "failed", "not_checked")
    assert ("passed" in run.outputs) == (verdict["verdict"] == "passed")


async def test_the_gateway_knows_what_the_model_can_do(models: Models) -> None:
    facts = models.facts(SMALL)
    assert facts is not None
    assert (facts.can_score, facts.can_schema, facts.local) == (True, True, True)

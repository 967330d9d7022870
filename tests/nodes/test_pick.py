"""Smart pick: rules, evidence, and a reason for each choice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sdk.picking import group_of, lower_bound, writing_of
from app.sdk.spec import AnyNodeType
from app.sdk.testing import ScriptedModels, run_node

SMALL, STRONG = {"role": "small"}, {"role": "strong"}


@pytest.fixture
def pick(node) -> AnyNodeType:
    return node("model.pick")


async def picked(pick: AnyNodeType, text: str, more: dict[str, Any] | None = None, **fields: Any) -> Any:
    models = ScriptedModels(["fine"])
    run = await run_node(pick, fields, {"text": text, **(more or {})}, models=models)
    (request,) = models.requests
    (turn,) = run.path
    reason: Any = turn["reasons"]
    return request.model.role, reason[0]["code"], reason[0]["args"]


@pytest.mark.parametrize(
    ("text", "role", "code"), [("short", "small", "pick.otherwise"), ("x" * 1000, "strong", "pick.rule")]
)
async def test_the_length_decides_by_default(pick: AnyNodeType, text: str, role: str, code: str) -> None:
    assert (await picked(pick, text))[:2] == (role, code)


async def test_the_first_rule_that_holds_decides(pick: AnyNodeType) -> None:
    rules = [
        {"look_at": "value", "what": "{{priority}}", "operator": "equals", "value": "high", "model": STRONG},
        {"look_at": "writing", "operator": "equals", "value": "Chinese", "model": {"role": "chinese"}},
        {"operator": "at_most", "value": "5", "model": {"role": "tiny"}},
    ]
    assert (await picked(pick, "hi", {"priority": "High"}, rules=rules))[0] == "strong"
    assert (await picked(pick, "你好，订单在哪里", {"priority": "low"}, rules=rules))[0] == "chinese"
    assert (await picked(pick, "hi", {"priority": "low"}, rules=rules))[0] == "tiny"
    role, code, args = await picked(pick, "hello there", {"priority": "low"}, rules=rules)
    assert (role, code, args) == ("small", "pick.otherwise", {"group": "short latin"})


def learned(*evidence: tuple[str, dict[str, str], int, int], **more: Any) -> dict[str, Any]:
    rows = [{"group": g, "model": m, "passed": p, "checked": c} for g, m, p, c in evidence]
    models = [{"model": SMALL}, {"model": STRONG}]
    return {"how": "learned", "models": models, "otherwise": STRONG, "evidence": rows, **more}


async def test_the_cheapest_that_surely_passes_often_enough_is_taken(pick: AnyNodeType) -> None:
    fields = learned(("short latin", SMALL, 38, 40), ("short latin", STRONG, 40, 40))
    role, code, args = await picked(pick, "hello", wanted=0.8, **fields)
    assert (role, code, args["passed"], args["checked"]) == ("small", "pick.learned", 38, 40)
    fields = learned(("short latin", SMALL, 30, 40), ("short latin", STRONG, 40, 40))
    assert (await picked(pick, "hello", **fields))[:2] == ("strong", "pick.learned")


async def test_too_little_evidence_is_said(pick: AnyNodeType) -> None:
    role, code, args = await picked(pick, "hello", **learned(("short latin", SMALL, 4, 4)))
    assert (role, code, args["checked"]) == ("strong", "pick.no_evidence", 4)
    role, code, _ = await picked(pick, "x" * 2000, **learned(("short latin", SMALL, 40, 40)))
    assert (role, code) == ("strong", "pick.no_evidence"), (
        "what was learned of short texts says nothing of long ones"
    )
    fields = learned(("short latin", SMALL, 20, 40), ("short latin", STRONG, 20, 40))
    assert (await picked(pick, "hello", **fields))[1] == "pick.none_reaches"


@given(st.integers(1, 500), st.data())
def test_the_bound_lies_below_the_share_and_grows_with_evidence(checked: int, data: st.DataObject) -> None:
    passed = data.draw(st.integers(0, checked))
    assert 0 <= lower_bound(passed, checked) <= passed / checked
    assert lower_bound(passed, checked) <= lower_bound(passed * 4, checked * 4) + 1e-12


def test_the_bound_is_wilsons() -> None:
    assert lower_bound(38, 40) == pytest.approx(0.88547, abs=1e-5)
    assert lower_bound(0, 0) == 0


@pytest.mark.parametrize(
    ("text", "writing"),
    [
        ("Hello", "latin"),
        ("你好", "chinese"),
        ("東京へ行きます", "japanese"),
        ("안녕", "korean"),
        ("Привет", "cyrillic"),
        ("مرحبا", "arabic"),
        ("12 €", "other"),
        ("", "other"),
        ("ok，请把 API key 发给我的同事", "chinese"),
    ],
)
def test_writings(text: str, writing: str) -> None:
    assert writing_of(text) == writing


def test_groups_are_plain_words() -> None:
    assert [group_of("a" * n) for n in (1, 199, 200, 999, 1000)] == [
        "short latin",
        "short latin",
        "medium latin",
        "medium latin",
        "long latin",
    ]

"""What was under way when a run's process went, by the events that it had written."""

from __future__ import annotations

from typing import Any

import pytest

from app.costs.cost import Cost
from app.costs.usage import Usage
from app.events.run_events import (
    Failure,
    ModelCalled,
    NodeSettled,
    NodeStarted,
    PersonAnswered,
    Preview,
    RunEvent,
    RunFinished,
    RunPaused,
    RunResumed,
    RunStarted,
    Source,
)
from app.hindsight.under_way import Begun, broken_off, lost, open_calls
from app.planner.plan import Plan
from tests.flows import flow
from tests.unit.forecast.test_forecast import MODEL, compiled

OTHER = {"connection": "D", "kind": "openai", "model": "m-2"}
PAIR = [{"model": MODEL}, {"model": OTHER}]
BEGUN = RunStarted("r", "w", "W", "d", "2026-11-20T10:00:00+00:00", ("m",))


def started(scope: str = "", node: str = "m", text: str = "") -> NodeStarted:
    return NodeStarted(1.0, node, scope, {"text": Preview(text, "text", len(text))} if text else {})


def called(scope: str = "", node: str = "m", source: Source = "", failure: str = "") -> ModelCalled:
    why = Failure(failure) if failure else None
    return ModelCalled(2.0, node, scope, "m-1", "C", Usage(1, 1), Cost(), 0.5, why, source)


def settled(scope: str = "", node: str = "m") -> NodeSettled:
    return NodeSettled(3.0, node, scope, "ok")


def places(*events: RunEvent) -> list[tuple[str, str, int]] | None:
    life = broken_off([BEGUN, *events])
    return life and [(one.node, one.scope, len(one.called)) for one in life.begun]


def test_what_has_not_settled_was_under_way_with_its_calls_that_ended() -> None:
    events = [started("#0"), started("#1"), called("#0"), called("#1", source="cache"), settled("#0")]
    assert places(*events) == [("m", "#1", 0)]
    assert places(*events, called("#1"), called("#1", failure="model.timeout")) == [("m", "#1", 2)]
    assert broken_off([]) is None


@pytest.mark.parametrize("rest", [RunPaused(4.0, "paused"), RunFinished(4.0, "cancelled")])
def test_a_run_at_rest_or_at_its_end_has_nothing_under_way(rest: RunEvent) -> None:
    assert places(started(), rest) is None


@pytest.mark.parametrize(
    "on", [RunResumed(5.0, None), PersonAnswered(5.0, "p", "", "Yes", "Ann", "2026-11-20T10:00:05+00:00")]
)
def test_a_run_that_went_on_after_a_pause_has(on: RunEvent) -> None:
    assert places(started(), RunPaused(4.0, "waiting"), on) == [("m", "", 0)]


def one_step(kind: str, **fields: Any) -> Plan:
    nodes = {"ask": ("intent.ask", {"asked": [{"name": "text"}]}), "m": (kind, fields)}
    return compiled(flow(nodes, ["ask.text>m.text"]))


def asked(plan: Plan, *calls: ModelCalled, booked: int | None = None) -> list[str]:
    """The connections whose calls may have been under way."""
    begun = Begun("m", "", 0.0, list(calls))
    known = len(calls) if booked is None else booked
    found = open_calls(plan, [begun], {("m", ""): known} if known else {})
    return ["/".join(choice.connection for choice in call.models) for call in found]


def test_what_was_awaited_comes_after_what_has_ended() -> None:
    text = one_step("model.text", prompt="{{text}}", model=MODEL)
    assert asked(text) == ["C"]
    assert asked(text, called()) == [], "only its record was missing"
    assert asked(text, called(failure="model.timeout")) == ["C"], "it was tried again"
    assert asked(text, booked=1) == [], "its call ended, and the events did not come to say so"
    fallback = one_step("model.fallback", prompt="{{text}}", models=PAIR)
    assert asked(fallback) == ["C"]
    assert asked(fallback, called(failure="model.timeout")) == ["D"]
    assert asked(one_step("model.balance", prompt="{{text}}", models=PAIR)) == ["C/D"]
    together = one_step("model.ensemble", prompt="{{text}}", models=PAIR)
    assert asked(together) == ["C", "D"]
    assert asked(together, called()) == ["D"]
    repairing = one_step("model.structured", prompt="{{text}}", model=MODEL, example='{"a": 1}')
    assert asked(repairing, called()) == ["C"], "its answer may have been asked for anew"


def test_what_asks_nobody_and_what_is_not_in_the_plan_has_no_calls() -> None:
    plan = one_step("model.text", prompt="{{text}}", model=MODEL)
    assert open_calls(plan, [Begun("ask", "", 0.0), Begun("gone", "", 0.0)], {}) == []


def test_what_a_call_may_have_used_grows_with_what_it_was_given() -> None:
    plan = one_step("model.text", prompt="{{text}}", model=MODEL, max_tokens=100)
    life = broken_off([BEGUN, started("#0", text="x" * 400), started("#1")])
    assert life is not None
    large, small = open_calls(plan, life.begun, {})
    assert large.about.input - small.about.input == 100
    assert large.about.output == small.about.output == 50


def test_calls_that_the_ledger_did_not_come_to_have_are_found() -> None:
    plan = one_step("model.text", prompt="{{text}}", model=MODEL)
    first, second = called(failure="model.timeout"), called()
    begun = [Begun("m", "", 0.0, [first, second])]
    assert [call for _, call in lost(plan, begun, {("m", ""): 1})] == [second]
    assert lost(plan, begun, {("m", ""): 2}) == []

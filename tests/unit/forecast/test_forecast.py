"""Laws of the forecast: deterministic, rising with rows, adding up, and never taking the unknown for nothing."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from app.costs.cost import UNKNOWN, Cost
from app.costs.ledger import Entry, Origin
from app.costs.price import Price
from app.costs.usage import Usage
from app.document.workflow import Workflow
from app.forecast.evidence import NO_EVIDENCE, Evidence, evidence_of
from app.forecast.forecast import Forecast
from app.forecast.simulation import Rate, Situation, forecast
from app.planner.plan import Plan
from app.planner.planner import make_plan
from app.registry.discovery import discover
from app.sdk.fields import ModelChoice
from app.sdk.gateway import ModelFacts
from tests.flows import flow

PRICE = Price(Decimal("0.000001"), Decimal("0.000004"))
MODEL = {"connection": "C", "kind": "openai", "model": "m-1"}


def compiled(workflow: Workflow) -> Plan:
    facts = ModelFacts("m-1", "C", "openai")
    planned = make_plan(workflow, "", discover().get, lambda _: facts)
    assert planned.plan is not None, planned.problems
    return planned.plan


def two_steps(prompt: str = "Say something about {{text}}") -> Plan:
    fields = {"prompt": prompt, "model": MODEL}
    nodes = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "a": ("model.text", fields),
        "b": ("model.text", fields),
    }
    return compiled(flow(nodes, ["ask.message>a.text", "a.text>b.text"]))


def situation(rows: int | None = None, price: Price | None = PRICE, *, free: bool = False) -> Situation:
    def rate(choice: ModelChoice) -> Rate | None:
        return Rate(choice.model, None if free else price, free)

    return Situation(rate, {"message": 20.0}, {}, rows)


def calls(run: str, node: str, output: int, scope: str = "", cost: Cost | None = None) -> Entry:
    usage = Usage(50, output)
    origin = Origin(run, "w", "W", node, "", "model.text", "C", "m-1", PRICE)
    priced = Cost(PRICE.of(usage), "priced")
    return Entry(origin, 0.0, "2026-11-01", scope, usage=usage, cost=cost or priced, seconds=output / 50)


def past(outputs: list[int]) -> Evidence:
    return evidence_of(calls(f"r{i}", node, n) for i, n in enumerate(outputs) for node in ("a", "b"))


def made(plan: Plan, evidence: Evidence = NO_EVIDENCE, rows: int | None = None) -> Forecast:
    return forecast(plan, situation(rows), evidence)


def test_the_same_question_gets_the_same_answer() -> None:
    assert made(two_steps()) == made(two_steps())
    assert made(two_steps(), past([10, 20, 30]), 7) == made(two_steps(), past([10, 20, 30]), 7)


@pytest.mark.parametrize("evidence", [NO_EVIDENCE, past([100, 120, 90, 400])])
def test_more_rows_take_more(evidence: Evidence) -> None:
    totals = [made(two_steps(), evidence, rows).total for rows in (1, 3, 20, 1000)]
    for less, more in pairwise(totals):
        assert less.tokens.mean < more.tokens.mean
        assert less.cost.median < more.cost.median
        assert less.cost.low < more.cost.low
    none = made(two_steps(), evidence, 0).total
    assert (none.tokens.high, none.cost.high) == (0, 0)


@pytest.mark.parametrize("evidence", [NO_EVIDENCE, past([100, 120, 90, 400])])
def test_expectations_of_the_steps_add_up(evidence: Evidence) -> None:
    whole = made(two_steps(), evidence, 5)
    steps = whole.steps.values()
    assert whole.total.tokens.mean == pytest.approx(sum(step.amounts.tokens.mean for step in steps))
    assert whole.total.calls.mean == pytest.approx(sum(step.amounts.calls.mean for step in steps))


def test_a_connection_that_takes_one_call_at_a_time_is_waited_for() -> None:
    def taking(at_once: int) -> Situation:
        return Situation(
            lambda _: Rate("m-1", None, free=True, connection="C", at_once=at_once), {"message": 20.0}, {}, 40
        )

    evidence = past([100, 120, 90, 110])
    free, alone = (forecast(two_steps(), taking(n), evidence).total.seconds for n in (0, 1))
    assert alone.median == pytest.approx(4 * free.median, rel=0.15), "40 rows, four at a time otherwise"
    assert forecast(two_steps(), taking(16), evidence).total.seconds == free


def test_an_interval_holds_its_middle() -> None:
    for amount in (made(two_steps()).total.tokens, made(two_steps()).total.seconds):
        assert 0 < amount.low < amount.median < amount.high


def test_what_nobody_can_price_is_unknown_and_named_and_never_nothing() -> None:
    whole = forecast(two_steps(), situation(price=None))
    assert whole.total.cost.state == "unknown"
    assert whole.unknown == ("a", "b")
    assert whole.total.tokens.low > 0
    learned = evidence_of(calls(f"r{i}", "a", 50, cost=UNKNOWN) for i in range(5))
    assert forecast(two_steps(), situation(), learned).total.cost.state == "unknown"


def test_models_on_this_computer_are_free() -> None:
    whole = forecast(two_steps(), situation(free=True))
    assert (whole.total.cost.state, whole.total.cost.high, whole.unknown) == ("free", 0, ())


def test_past_runs_outweigh_what_is_typical() -> None:
    learned = made(two_steps(), past([1000, 990, 1010] * 12)).total
    assert 1900 < learned.output.median < 2100
    assert made(two_steps(), past([1000])).runs == 1
    assert learned.output.high / learned.output.low < 2


def test_rows_of_past_runs_are_runs_of_their_own() -> None:
    rows = evidence_of(calls("r", "a", 40, f"#{number}") for number in range(30))
    assert len(rows.units) == 30


def test_another_model_is_another_step() -> None:
    entries = [calls(f"r{i}", "a", 1000) for i in range(30)]
    others = Evidence(evidence_of(entries).units, {"a": frozenset({"another"})})
    assert made(two_steps(), others) == made(two_steps())


def test_a_longer_prompt_reads_more() -> None:
    longer = made(two_steps("Mind the following. " * 200 + "{{text}}")).total
    assert longer.input.median > made(two_steps()).total.input.median + 1000


def test_a_workflow_that_asks_no_model_takes_nothing() -> None:
    plan = compiled(flow({"ask": ("intent.ask", {"asked": [{"name": "message"}]})}, []))
    whole = made(plan)
    assert (whole.steps, whole.total.cost.state, whole.total.tokens.high) == ({}, "free", 0)


def test_only_one_way_behind_a_branch_is_taken() -> None:
    fields = {"prompt": "{{text}}", "model": MODEL}
    nodes = {
        "ask": ("intent.ask", {"asked": [{"name": "message"}]}),
        "if": "flow.if",
        "a": ("model.text", fields),
        "b": ("model.text", fields),
    }
    whole = made(compiled(flow(nodes, ["ask.message>if.value", "if.yes>a.text", "if.no>b.text"])))
    assert whole.total.calls.low == whole.total.calls.high == 1
    assert 0.2 < whole.steps["a"].amounts.calls.mean < 0.8
